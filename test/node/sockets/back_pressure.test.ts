// Back-pressure through a socket of Node's: a slow peer on either side keeps memory bounded.
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { newHandle } from '../../support/handles.js';
import { temporaryFolder } from '../../support/processes.js';
import { clientFlags, handshake, optionGo, optionHeader, request, simpleReply } from '../../support/protocol.js';
import { listen } from '../../support/servers.js';
import { connectedSocket } from '../../support/socket_kinds.js';

const MiB = 2 ** 20;
const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** A server that does with its one connection what the test does, and the client's end of that connection. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const path = join(await temporaryFolder(), 'socket');
  const server = createServer();
  await listen(server, { path });
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const near = await connectedSocket(connect(path));
  const far = await accepted;
  far.on('error', () => {});
  return { near, far };
}

const greet = (far: Socket) => {
  for (const step of handshake('simple', 2n ** 40n)) if ('send' in step) far.write(step.send);
};

test('a server that does not read: the socket buffers a few megabytes, the rest waits', async () => {
  const { near, far } = await pair();
  greet(far);
  const nbd = await newHandle();
  await nbd.connectSocket(near);
  const count = 64;
  const bytes = new Uint8Array(8 * MiB);
  const writes = Array.from({ length: count }, (_, i) => nbd.pwrite(bytes, i * 8 * MiB));
  await turns(50);
  expect(near.writableLength).toBeGreaterThan(0);
  expect(near.writableLength).toBeLessThan(8 * MiB);
  expect(nbd.aioInFlight()).toBe(count);

  let received = 0;
  let most = 0;
  far.on('data', (chunk) => {
    received += chunk.length;
    most = Math.max(most, near.writableLength);
  });
  const all = clientFlags + 2 * optionHeader + optionGo + count * (request + 8 * MiB);
  while (received < all) await turns(1);
  expect(received).toBe(all);
  expect(most).toBeLessThan(8 * MiB);
  for (let cookie = 1; cookie <= count; cookie++) far.write(simpleReply(cookie));
  await Promise.all(writes);
});

test('a descriptor that nobody reads yet: the socket is paused, and the server has to wait', async () => {
  const { near, far } = await pair();
  const lib = await load();
  const fd = lib.openSocket(near);
  let accepted = 0;
  let blocked = false;
  const push = () => {
    while (!blocked && accepted < 256 * MiB) {
      accepted += MiB;
      blocked = !far.write(new Uint8Array(MiB));
    }
  };
  far.on('drain', () => {
    blocked = false;
    push();
  });
  push();
  await turns(100);
  expect(near.bytesRead).toBeGreaterThan(0);
  expect(near.bytesRead).toBeLessThan(8 * MiB);
  expect(accepted).toBeLessThan(16 * MiB);
  lib.closeSocket(fd);
});

test('a reply that comes slowly fills the read as it comes', async () => {
  const { near, far } = await pair();
  greet(far);
  const nbd = await newHandle();
  await nbd.connectSocket(near);
  const buffer = new Uint8Array(4 * MiB);
  const read = nbd.preadInto(buffer, 0);
  const reply = simpleReply(1, 0, new Uint8Array(buffer.length).fill(9));
  for (let at = 0; at < reply.length; at += 100_000) {
    far.write(reply.subarray(at, at + 100_000));
    await turns(1);
  }
  await read;
  expect(buffer.every((byte) => byte === 9)).toBe(true);
});
