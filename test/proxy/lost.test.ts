// A server or a client that goes, at the worst moment. The other side learns of it, and the proxy goes on.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { ErrnoCode } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { pattern } from '../support/bytes.js';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { temporaryFolder } from '../support/processes.js';
import { greeting } from '../support/protocol.js';
import { listen, nbdkit, nbdkitOnTcp } from '../support/servers.js';
import { Program } from './cli.js';
import { client, proxyTo, received, type TestProxy } from './support.js';

test('a server that is not there', async () => {
  const missing = `nbd+unix:///?socket=${await temporaryFolder()}/socket`;
  const error = await nbdError((await newHandle()).connectSocket((await proxyTo(missing)).socket()));
  expect(error.code).toBe('ECONNREFUSED');
  expect(error.message).toContain('4502 the NBD server cannot be reached: ENOENT');
});

test('a server that refuses, of whose address the page learns nothing', async () => {
  const server = await nbdkitOnTcp('memory', '1M');
  const { uri } = server;
  await server.kill();
  const proxy = await proxyTo(uri);
  const error = await nbdError((await newHandle()).connectSocket(proxy.socket()));
  expect(error.code).toBe('ECONNREFUSED');
  expect(error.message).toContain('4502 the NBD server cannot be reached: ECONNREFUSED');
  expect(error.message).not.toContain(new URL(uri).port);
});

test('a server that hangs up at once', async () => {
  const path = `${await temporaryFolder()}/socket`;
  const server = createServer((socket) => void socket.end());
  await listen(server, { path });
  const proxy = await proxyTo(`nbd+unix:///?socket=${path}`);
  await nbdError((await newHandle()).connectSocket(proxy.socket()));
  expect(await proxy.logOf(1)).toMatchObject([{ code: 1000, reason: 'the NBD server closed the connection' }]);
});

const servers: [string, typeof nbdkit][] = [
  ['a Unix socket', nbdkit],
  ['TCP', nbdkitOnTcp],
];

test.for(servers)('a server on %s that is killed while it is read', async ([, start]) => {
  const server = await start('--filter=delay', 'pattern', 'size=64M', 'rdelay=100ms');
  const proxy = await proxyTo(server);
  const nbd = await connected(proxy);
  const reads = Promise.allSettled(Array.from({ length: 64 }, (_, i) => nbd.pread(2 ** 20, i * 2 ** 20)));
  await server.kill();
  const reason = { name: 'NBDError', code: expect.stringMatching(/^E(CONNRESET|NOTCONN|PIPE)$/) };
  for (const read of await reads) expect(read).toMatchObject({ status: 'rejected', reason });
  await proxy.logOf(1);
  expect(proxy.proxy.connections).toBe(0);
});

test('a server that resets the connection', async () => {
  const server = createServer((socket) => {
    socket.write(greeting());
    socket.once('data', () => void socket.resetAndDestroy());
  });
  await listen(server, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as { port: number };
  const error = await nbdError((await newHandle()).connectSocket((await proxyTo(`nbd://127.0.0.1:${port}`)).socket()));
  expect(error.code).toBe('ECONNRESET');
  expect(error.message).toContain('4503 the connection to the NBD server broke: ECONNRESET');
});

test('a client that breaks off: its connection to the server ends, and others go on', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', 'size=64M'));
  const other = await connected(proxy);
  const socket = client(proxy.url());
  await received(socket).atLeast(18);
  expect(proxy.proxy.connections).toBe(2);
  socket.terminate();
  expect(await proxy.logOf(1)).toMatchObject([{ code: 1006, reason: 'the client closed the connection' }]);
  expect(proxy.proxy.connections).toBe(1);
  expect(await other.pread(8, 8)).toEqual(pattern(8, 8));
});

const reader = `
  import { connectWebSocket, NBD } from 'libnbd-wasm';
  const nbd = await NBD.create();
  await nbd.connectSocket(connectWebSocket(process.argv[1]));
  for (;;) {
    await Promise.all(Array.from({ length: 16 }, (_, i) => nbd.pread(2 ** 20, i * 2 ** 20)));
    console.log('going');
  }
`;

test('a client that is killed while it reads', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', 'size=64M'));
  const program = new Program('--input-type=module', '--eval', reader, proxy.url());
  expect(await program.firstLine).toBe('going');
  program.signal('SIGKILL');
  expect(await program.exit).toBe('SIGKILL');
  const [entry] = await proxy.logOf(1);
  expect(entry?.code).toBe(1006);
  expect(entry?.bytesToClient).toBeGreaterThan(2 ** 24);
  expect(proxy.proxy.connections).toBe(0);
});

test('a client that goes leaves a server that does not read, after a while', async () => {
  const stuck = createServer((socket) => {
    socket.pause();
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(greeting());
  });
  const path = `${await temporaryFolder()}/socket`;
  await listen(stuck, { path });
  const proxy = await proxyTo(`nbd+unix:///?socket=${path}`);
  const socket = client(proxy.url());
  await received(socket).atLeast(18);
  socket.send(new Uint8Array(2 ** 20));
  socket.close();
  await once(socket, 'close');
  await proxy.logOf(1);
  expect(proxy.proxy.connections).toBe(0);
});

describe('an idle client learns from nbd.lost why the proxy has ended its connection, and from its next call', () => {
  const ends: [string, (proxy: TestProxy) => unknown, string, ErrnoCode][] = [
    ['it was idle for too long', () => {}, 'the WebSocket was closed: 4408 ', 'ETIMEDOUT'],
    ['the proxy is shut down', (proxy) => proxy.proxy.close(), 'the WebSocket was closed: 1001 ', 'ECONNRESET'],
  ];
  test.for(ends)('%s', async ([, end, text, code]) => {
    const proxy = await proxyTo(await nbdkit('memory', '1M'), end.length === 0 ? { idleTimeout: 300 } : {});
    const nbd = await connected(proxy);
    expect(nbd.connected).toBe(true);
    void end(proxy);
    const lost = await nbd.lost;
    expect(lost).toMatchObject({ code, isFatal: true });
    expect(lost.message).toContain(text);
    expect(nbd.connected).toBe(false);
    const error = await nbdError(nbd.pread(512, 0));
    expect(error).toMatchObject({ code: 'ENOTCONN', isFatal: true, cause: lost });
    expect(error.message).toMatch(/^nbd_pread: the connection was lost: /);
    expect(error.message).toContain(text);
  });
});

const goings: [string, (socket: WebSocket) => void][] = [
  ['is reset', (socket) => void tcp(socket).resetAndDestroy()],
  ['is closed', (socket) => void tcp(socket).destroy()],
];

test.for(goings)('a client that %s while it is not read, since the server takes nothing, gives its place up', async ([, go]) => {
  const path = `${await temporaryFolder()}/socket`;
  const stuck = createServer((socket) => {
    socket.pause();
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(greeting());
  });
  await listen(stuck, { path });
  const proxy = await proxyTo(`nbd+unix:///?socket=${path}`, { pingInterval: 300, maxBuffered: 2 ** 16, maxConnections: 1 });
  const socket = client(proxy.url());
  await received(socket).atLeast(18);
  // More than all buffers between here and the server take, so that the proxy has stopped to read it.
  while (socket.bufferedAmount < 2 ** 20) {
    socket.send(new Uint8Array(2 ** 18));
    await new Promise((resolve) => setImmediate(resolve));
  }
  go(socket);
  expect(await proxy.logOf(1)).toMatchObject([{ code: 1006, reason: 'the client closed the connection' }]);
  await received(client(proxy.url())).atLeast(18);
});

/** The connection under a WebSocket, of which `ws` has no public name. */
function tcp(socket: WebSocket): Socket {
  return (socket as unknown as { _socket: Socket })._socket;
}
