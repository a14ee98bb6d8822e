// connectSocket takes whatever carries bytes: the same work over each kind of socket.
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { CMD_FLAG_FUA, type NBD, openConnection, type SocketLike } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise } from '../../support/bytes.js';
import { newHandle } from '../../support/handles.js';
import { peer } from '../../support/peer.js';
import { temporaryFolder } from '../../support/processes.js';
import { handshake } from '../../support/protocol.js';
import { listen, nbdkit, nbdkitOnTcp } from '../../support/servers.js';
import { connectedSocket, join2, socketKinds } from '../../support/socket_kinds.js';
import { nbdkitOnStdio } from '../../support/stdio_server.js';

const MiB = 2 ** 20;

/** Small and large requests, one at a time and many, up to a shutdown. */
async function work(nbd: NBD): Promise<void> {
  expect(nbd.getSize()).toBe(64n * 2n ** 20n);
  const large = noise(20 * MiB + 3);
  await nbd.pwrite(large, 1, { flags: CMD_FLAG_FUA });
  const small = Array.from({ length: 200 }, (_, i) => nbd.pwrite(noise(100, i + 1), 32 * MiB + i * 100));
  await Promise.all(small);
  expect(firstDifference(await nbd.pread(large.length, 1), large)).toBe(-1);
  const reads = await Promise.all(small.map((_, i) => nbd.pread(100, 32 * MiB + i * 100)));
  for (const [i, bytes] of reads.entries()) expect(bytes).toEqual(noise(100, i + 1));
  await nbd.flush();
  await nbd.shutdown();
  expect(nbd.aioIsClosed()).toBe(true);
}

test.for(Object.entries(socketKinds))('%s', async ([, open]) => {
  const nbd = await newHandle();
  await nbd.connectSocket(await open(await nbdkit('memory', '64M')));
  await work(nbd);
});

test('a descriptor of openSocket', async () => {
  const server = await nbdkit('memory', '64M');
  const nbd = await newHandle();
  const fd = nbd.lib.openSocket(server.socket());
  expect(fd).toBeGreaterThanOrEqual(3);
  await nbd.connectSocket(fd);
  expect(nbd.aioGetFd()).toBe(fd);
  await work(nbd);
});

test('aioConnectSocket, and polling until the handle is ready', async () => {
  const server = await nbdkit('memory', '64M');
  const nbd = await newHandle();
  nbd.aioConnectSocket(server.socket());
  expect(nbd.aioIsConnecting()).toBe(true);
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  await work(nbd);
});

test('a TCP socket straight to the server', async () => {
  const nbd = await newHandle();
  await nbd.connectSocket((await nbdkitOnTcp('memory', '64M')).socket());
  await work(nbd);
});

test('a child process’s standard input and output, joined', async () => {
  const nbd = await newHandle();
  const server = nbdkitOnStdio('memory', '64M');
  await nbd.connectSocket(server.socket());
  await work(nbd);
  expect(await server.exited()).toBe(0);
});

test('a socket that somebody read from before, and put the rest back', async () => {
  const nbd = await newHandle();
  // A proxy that first says something of its own, as some do.
  const server = await nbdkit('memory', '64M');
  const path = join(await temporaryFolder(), 'proxy');
  const proxy = createServer((socket) => {
    socket.write('hello\n');
    join2(socket, server.socket());
  });
  await listen(proxy, { path });
  const socket = await connectedSocket(connect(path));
  const spoken = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  socket.pause();
  expect(spoken.subarray(0, 6).toString()).toBe('hello\n');
  if (spoken.length > 6) socket.unshift(spoken.subarray(6));
  await nbd.connectSocket(socket);
  await work(nbd);
});

test.for<[string, (path: string) => SocketLike]>([
  ['a socket', (path) => connect(path)],
  ['a connection that the library opens', (path) => openConnection({ path })],
])('%s that is handed over long after the server’s greeting came', async ([, open]) => {
  const server = await peer(handshake('simple', 4096n)); // in this process: what it sends is here some turns later
  const socket = open(server.path);
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
  const nbd = await newHandle();
  await nbd.connectSocket(socket);
  expect(nbd.getSize()).toBe(4096n);
});
