// What a connection may not do, or not for so long. Each limit is reached.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connectWebSocket } from 'libnbd-wasm';
import type { ProxyOptions } from 'libnbd-wasm/proxy';
import { describe, expect, onTestFinished, test } from 'vitest';
import { concat, pattern, u32 } from '../support/bytes.js';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { temporaryFolder } from '../support/processes.js';
import { greeting } from '../support/protocol.js';
import { listen, nbdkit } from '../support/servers.js';
import { client, endOf, proxyTo, received, type TestProxy, upgradeRequest } from './support.js';

/** A proxy to a server that does with a connection what the test says, and nothing of its own. */
async function proxyToServer(serve: (socket: Socket) => void, options: Omit<ProxyOptions, 'targets'> = {}): Promise<TestProxy> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    serve(socket);
  });
  const path = `${await temporaryFolder()}/socket`;
  await listen(server, { path });
  return proxyTo(`nbd+unix:///?socket=${path}`, options);
}

/** A server that takes its time. */
const slow = () => nbdkit('--filter=delay', 'pattern', 'size=1M', 'rdelay=60');

describe('the handshake', () => {
  test('a server that sends no greeting', async () => {
    const proxy = await proxyToServer(() => {}, { handshakeTimeout: 20 });
    const error = await nbdError((await newHandle()).connectSocket(proxy.socket()));
    expect(error.code).toBe('ETIMEDOUT');
    expect(error.message).toContain('4504 the NBD server sent no greeting in time');
  });

  test('a client that does not answer the greeting', async () => {
    const proxy = await proxyToServer((socket) => socket.write(greeting()), { handshakeTimeout: 20 });
    expect(await endOf(client(proxy.url()))).toBe('4408 the client did not answer the greeting in time');
  });

  test('a client that is at work is left alone', async () => {
    const proxy = await proxyTo(await nbdkit('--filter=delay', 'pattern', 'size=1M', 'rdelay=500ms'), {
      handshakeTimeout: 1_000,
    });
    const nbd = await connected(proxy);
    for (let i = 0; i < 3; i++) expect(await nbd.pread(8, i * 8)).toEqual(pattern(i * 8, 8));
  });
});

describe('an idle connection', () => {
  test('is closed, also while the client waits for an answer', async () => {
    const proxy = await proxyTo(await slow(), { idleTimeout: 100 });
    const nbd = await connected(proxy);
    const error = await nbdError(nbd.pread(8, 0));
    expect(error.code).toBe('ETIMEDOUT');
    expect(error.message).toContain('4408 idle for 0.1 s');
  });

  test('is not one in which bytes move', async () => {
    const proxy = await proxyToServer(
      (socket) => {
        socket.write(greeting());
        socket.on('data', (bytes) => socket.write(bytes));
      },
      { idleTimeout: 200 },
    );
    const socket = client(proxy.url());
    const { atLeast } = received(socket);
    await atLeast(18);
    for (let i = 1; i <= 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.send(u32(i));
      await atLeast(18 + 4 * i);
    }
    expect(socket.readyState).toBe(socket.OPEN);
  });
});

describe('a silent client', () => {
  test('that answers no ping is given up', async () => {
    const proxy = await proxyTo(await nbdkit('memory', '1M'), { pingInterval: 20 });
    const socket = client(proxy.url(), { autoPong: false });
    expect(await endOf(socket)).toBe('1006');
    expect(await proxy.logOf(1)).toMatchObject([{ code: 1006, reason: 'the client no longer answers' }]);
  });

  test('that answers pings is kept', async () => {
    const proxy = await proxyTo(await nbdkit('memory', '1M'), { pingInterval: 20 });
    const socket = client(proxy.url());
    for (let i = 0; i < 5; i++) await once(socket, 'ping');
    expect(socket.readyState).toBe(socket.OPEN);
  });
});

describe('what a client sends', () => {
  const server = (options: Omit<ProxyOptions, 'targets'> = {}) =>
    proxyToServer((socket) => void socket.resume().write(greeting()), options);

  async function open(proxy: TestProxy) {
    const socket = client(proxy.url());
    await received(socket).atLeast(18);
    return socket;
  }

  test('a text message', async () => {
    const proxy = await server();
    const socket = await open(proxy);
    socket.send('IHAVEOPT');
    expect(await endOf(socket)).toBe('4400 a text message: NBD is binary');
    expect(await proxy.logOf(1)).toMatchObject([{ code: 4400, bytesToServer: 0 }]);
  });

  test('a message that is too long', async () => {
    const proxy = await server({ maxPayload: 1000 });
    const socket = await open(proxy);
    socket.send(new Uint8Array(1000));
    socket.send(new Uint8Array(1001));
    expect(await endOf(socket)).toMatch(/^1009/);
    expect(await proxy.logOf(1)).toMatchObject([{ code: 1009, bytesToServer: 1000 }]);
  });

  test('a message that is too long, in fragments', async () => {
    const socket = await open(await server({ maxPayload: 1000 }));
    for (let i = 0; i < 11; i++) socket.send(new Uint8Array(100), { fin: i === 10 });
    expect(await endOf(socket)).toMatch(/^1009/);
  });

  const malformed: [string, Uint8Array][] = [
    ['a frame without a mask', Uint8Array.of(0x82, 0x01, 0x00)],
    ['a reserved bit', Uint8Array.of(0xc2, 0x80, 0, 0, 0, 0)],
    ['an unknown opcode', Uint8Array.of(0x83, 0x80, 0, 0, 0, 0)],
    ['a continuation of nothing', Uint8Array.of(0x80, 0x80, 0, 0, 0, 0)],
    ['a fragmented ping', Uint8Array.of(0x09, 0x80, 0, 0, 0, 0)],
    ['a length of 2^63', concat(Uint8Array.of(0x82, 0xff), u32(2 ** 31), u32(0), u32(0))],
    ['another request', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
  ];
  test.for(malformed)('%s', async ([, frame]) => {
    const proxy = await server();
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume().write(upgradeRequest('/nbd/disk'));
    socket.write(frame);
    await once(socket, 'end');
    socket.destroy();
    const [entry] = await proxy.logOf(1);
    expect([1002, 1009]).toContain(entry?.code);
    expect(entry?.bytesToServer).toBe(0);
    expect((await open(proxy)).readyState).toBe(1); // others are not touched
  });
});

describe('too many connections', () => {
  test('are told so, and a place that is free again is taken', async () => {
    const proxy = await proxyTo(await nbdkit('pattern', 'size=1M'), { maxConnections: 2 });
    const first = await connected(proxy);
    await connected(proxy);
    const error = await nbdError((await newHandle()).connectSocket(proxy.socket()));
    expect(error.code).toBe('EBUSY');
    expect(error.message).toContain('4429 all 2 connections are in use');
    await first.shutdown();
    await proxy.logOf(2);
    expect(await (await connected(proxy)).pread(8, 0)).toEqual(pattern(0, 8));
  });
});

describe('clients that are refused and do not go when they are told', () => {
  /** They do not answer the close frame. */
  async function deafClients(proxy: TestProxy): Promise<void> {
    const deaf = Array.from({ length: 64 }, () => {
      const socket = connect(proxy.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.write(upgradeRequest('/nbd/other'));
      return once(socket, 'readable');
    });
    await Promise.all(deaf);
  }

  test('keep no allowed client out', async () => {
    const proxy = await proxyTo(await nbdkit('pattern', 'size=1M'), { maxConnections: 64 });
    await deafClients(proxy);
    const handles = await Promise.all(Array.from({ length: 64 }, () => connected(proxy)));
    for (const nbd of handles) expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
  });

  test('are cut off before they are any, beyond their number', async () => {
    const proxy = await proxyTo(await nbdkit('memory', '1M'), { maxConnections: 1 });
    await deafClients(proxy);
    const stranger = await nbdError((await newHandle()).connectSocket(connectWebSocket(proxy.url('other'))));
    expect(stranger.message).toContain('Unexpected server response: 503');
    await connected(proxy);
    const tooMany = await nbdError((await newHandle()).connectSocket(connectWebSocket(proxy.url())));
    expect(tooMany.message).toContain('Unexpected server response: 503');
  });
});

test('the proxy closes: what is under way ends with 1001, and newcomers are told', async () => {
  const proxy = await proxyTo(await slow());
  const nbd = await connected(proxy);
  const closing = proxy.proxy.close(100);
  expect(proxy.proxy.closing).toBe(true);
  const reading = nbdError(nbd.pread(8, 8));
  expect(await endOf(client(proxy.url()))).toBe('1001 the proxy is shutting down');
  await closing;
  const error = await reading;
  expect(error.message).toContain('1001 the proxy is shutting down');
  expect(error.code).toBe('ECONNRESET');
  expect(proxy.proxy.connections).toBe(0);
});
