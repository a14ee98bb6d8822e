// A WebSocket that does not get rid of its bytes holds back the library.
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createNbdServer } from 'node:net';
import { connectWebSocket } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { concat, noise } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { temporaryFolder } from '../support/processes.js';
import { greeting, NBD_OPT_EXTENDED_HEADERS, NBD_REP_ACK, optionReply, request, simpleReply } from '../support/protocol.js';
import { Player } from '../support/script.js';
import { listen } from '../support/servers.js';
import { connectedTo, FakeWebSocket, ready } from './fake_web_socket.js';
import { client, proxyTo } from './support.js';

test('a WebSocket that does not get rid of its bytes is given no more than a few megabytes', async () => {
  const size = 2 ** 25;
  const { nbd, socket } = await connectedTo(ready());
  const bytes = noise(size);
  socket.onsend = ({ length }) => {
    socket.bufferedAmount += length;
  };
  const before = socket.sent.length;
  const write = nbd.pwrite(bytes, 0);
  await untilStill(() => socket.bufferedAmount);
  expect(socket.bufferedAmount).toBeGreaterThan(2 ** 20);
  expect(socket.bufferedAmount).toBeLessThan(6 * 2 ** 20);

  const all = () => socket.sent.slice(before).reduce((sum, { length }) => sum + length, 0);
  while (all() < request + size) {
    socket.bufferedAmount = 0;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  socket.deliver(simpleReply(1).slice().buffer);
  await write;
  const sent = concat(...socket.sent.slice(before)).subarray(request);
  expect(Buffer.compare(sent, bytes)).toBe(0);
  for (const { length } of socket.sent) expect(length).toBeLessThanOrEqual(2 ** 18);
});

test('a page in the background, whose timers are a second apart, still sends megabytes a second', async () => {
  const size = 2 ** 25;
  const { nbd, socket } = await connectedTo(ready());
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  socket.onsend = ({ length }) => {
    socket.bufferedAmount += length;
  };
  const before = socket.sent.length;
  const writes = [nbd.pwrite(new Uint8Array(size), 0), nbd.pwrite(new Uint8Array(size), size)];
  const all = () => socket.sent.slice(before).reduce((sum, { length }) => sum + length, 0);
  let seconds = 0;
  for (; all() < 2 * (request + size); seconds++) {
    socket.bufferedAmount = 0; // the network was quicker than that
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(seconds).toBeLessThan(10);
  for (const cookie of [1, 2]) socket.deliver(simpleReply(cookie).slice().buffer);
  await Promise.all(writes);
});

test('a peer that does not read holds back the `ws` package’s as well', async () => {
  const listener = createServer();
  await listen(listener, { host: '127.0.0.1', port: 0 });
  const server = new WebSocketServer({ server: listener });
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
  });
  let peer: WebSocket | undefined;
  let count = 0;
  server.on('connection', (socket) => {
    peer = socket;
    const stage = { send: (bytes: Uint8Array) => socket.send(bytes), close: () => socket.close(), pause: async () => {} };
    const player = new Player(stage);
    socket.on('message', (data: Buffer) => {
      count += data.length;
      player.received(data.length);
    });
    void player.play(ready());
  });
  const socket = new WebSocket(`ws://127.0.0.1:${(listener.address() as AddressInfo).port}`, { perMessageDeflate: false });
  const nbd = await newHandle();
  await nbd.connectSocket(socket);
  peer?.pause();
  const before = count;
  const writes = [0, 1, 2, 3].map((i) => nbd.pwrite(new Uint8Array(2 ** 25), i * 2 ** 25)); // more than the kernel takes
  await untilStill(() => socket.bufferedAmount);
  expect(socket.bufferedAmount).toBeGreaterThan(0);
  expect(socket.bufferedAmount).toBeLessThan(5 * 2 ** 20);
  peer?.resume();
  while (count - before < 4 * (request + 2 ** 25)) await new Promise((resolve) => setImmediate(resolve));
  for (let cookie = 1; cookie <= 4; cookie++) peer?.send(simpleReply(cookie));
  await Promise.all(writes);
});

describe('before a handle has it', () => {
  const MiB = 2 ** 20;
  const opened = () => {
    const transport = connectWebSocket('ws://localhost/', { WebSocket: FakeWebSocket });
    const socket = FakeWebSocket.last as FakeWebSocket;
    socket.open();
    return { transport, socket };
  };

  test('2 MiB may wait in one that cannot pause; with more it is closed, and the call that takes it fails', async () => {
    const { transport, socket } = opened();
    for (let sent = 0; sent < 2 * MiB; sent += 65536) socket.deliver(new ArrayBuffer(65536));
    expect(socket.closedWith).toBeUndefined();
    socket.deliver(new ArrayBuffer(1));
    expect(socket.closedWith).toBe(1005);
    const error = await nbdError((await newHandle()).connectSocket(transport));
    expect(error.code).toBe('ENOBUFS');
    expect(error.message).toContain('the server sent more than 2097152 bytes that nobody had asked for');
  });

  test('one that can pause is paused, and goes on when a handle has it', async () => {
    const path = await floodingServer();
    const proxy = await proxyTo(`nbd+unix:///?socket=${path}`);
    const socket = client(proxy.url());
    let count = 0;
    socket.on('message', (data: ArrayBuffer) => {
      count += data.byteLength;
    });
    const transport = connectWebSocket(proxy.url(), {
      WebSocket: new Proxy(FakeWebSocket, { construct: () => socket }), // the one that the test looks at
    });
    await untilStill(() => count);
    expect(socket.isPaused).toBe(true);
    expect(count).toBeGreaterThan(MiB);
    expect(count).toBeLessThan(4 * MiB);
    const nbd = await newHandle();
    nbd.setOptMode(true);
    await nbd.connectSocket(transport);
    expect(nbd.connected).toBe(true);
  });
});

/** Sends a greeting, the answer to the first option and 32 MiB more; the path of its socket. */
async function floodingServer(): Promise<string> {
  const path = `${await temporaryFolder()}/socket`;
  const server = createNbdServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(greeting());
    socket.write(optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ACK));
    socket.write(new Uint8Array(2 ** 25));
  });
  await listen(server, { path });
  return path;
}

/** Waits until a number has not changed for a while. */
async function untilStill(value: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 10; ) {
    same = value() === last ? same + 1 : 0;
    last = value();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
