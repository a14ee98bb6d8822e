// The library in Node, through the proxy, to real servers.
import { createServer } from 'node:http';
import { connectWebSocket } from 'libnbd-wasm';
import { createProxy } from 'libnbd-wasm/proxy';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { listen, nbdkit, nbdkitOnTcp, qemuNbd } from '../support/servers.js';
import { client, endOf, proxyTo, TestProxy } from './support.js';

const targets: [string, () => Promise<{ uri: string }>][] = [
  ['a Unix socket', () => nbdkit('pattern', 'size=64M')],
  ['TCP', () => nbdkitOnTcp('pattern', 'size=64M')],
];

test.for(targets)('reads from a server on %s', async ([, start]) => {
  const nbd = await connected(await proxyTo(await start()));
  expect(nbd.getSize()).toBe(64n * 2n ** 20n);
  const bytes = await nbd.readFully(64 * 2 ** 20, 0);
  expect(firstDifference(bytes, pattern(0, bytes.length))).toBe(-1);
  const small = Array.from({ length: 1000 }, (_, i) => nbd.pread(512, i * 4096));
  for (const [i, read] of (await Promise.all(small)).entries()) expect(firstDifference(read, pattern(i * 4096, 512))).toBe(-1);
  await nbd.shutdown();
});

test('writes of any size arrive as they are', async () => {
  const nbd = await connected(await proxyTo(await nbdkit('memory', '64M')));
  for (const size of [1, 125, 126, 65_535, 65_536, 2 ** 18 + 1, 5_000_001, 32 * 2 ** 20]) {
    const bytes = noise(size, size);
    await nbd.pwrite(bytes, 4096);
    expect(firstDifference(await nbd.pread(size, 4096), bytes)).toBe(-1);
  }
});

test('many writes and reads at a time', async () => {
  const nbd = await connected(await proxyTo(await qemuNbd({ format: 'raw', size: 32 * 2 ** 20 })));
  const disk = noise(32 * 2 ** 20);
  const size = 2 ** 17;
  const offsets = Array.from({ length: disk.length / size }, (_, i) => i * size);
  await Promise.all(offsets.map((offset) => nbd.pwrite(disk.subarray(offset, offset + size), offset)));
  const reads = await Promise.all(offsets.map((offset) => nbd.pread(size, offset)));
  for (const [i, read] of reads.entries()) {
    expect(firstDifference(read, disk.subarray(i * size, (i + 1) * size))).toBe(-1);
  }
});

test('the client names the export, where the target’s URI names none', async () => {
  const { uri } = await nbdkit('info', 'mode=exportname');
  const nbd = await connected(await proxyTo(uri), (nbd) => nbd.setExportName('mine'));
  expect(String.fromCharCode(...(await nbd.pread(4, 0)))).toBe('mine');
});

test('a disconnect reaches the server, and the connection ends in good order', async () => {
  const proxy = await proxyTo(await nbdkit('memory', '1M'));
  const nbd = await connected(proxy);
  await nbd.shutdown();
  const [entry] = await proxy.logOf(1);
  expect(entry).toMatchObject({ target: 'disk', code: 1000, reason: 'the NBD server closed the connection' });
  expect(entry?.peer).toMatch(/^127\.0\.0\.1 \d+$/);
  expect(entry?.bytesToServer).toBeGreaterThan(50);
  expect(entry?.bytesToClient).toBeGreaterThan(50);
});

test.for([{}, { protocols: 'binary' }, { protocols: ['other', 'binary'] }])('with %j', async (options) => {
  const proxy = await proxyTo(await nbdkit('pattern', 'size=1M'));
  const nbd = await newHandle();
  await nbd.connectSocket(connectWebSocket(proxy.url(), options));
  expect(await nbd.pread(512, 0)).toEqual(pattern(0, 512));
});

test('a subprotocol that the proxy does not know is not selected', async () => {
  const proxy = await proxyTo(await nbdkit('memory', '1M'));
  const nbd = await newHandle();
  const error = await nbdError(nbd.connectSocket(connectWebSocket(proxy.url(), { protocols: 'base64' })));
  expect(error).toMatchObject({ code: 'ECONNREFUSED', message: expect.stringContaining('Server sent no subprotocol') });
});

describe('on a server of somebody else’s', () => {
  test('other upgrades and requests are left alone, and closing leaves the server open', async () => {
    const server = createServer((_, response) => response.end('mine'));
    server.on('upgrade', (request, socket) => {
      if (!request.url?.startsWith('/disks/')) socket.end('HTTP/1.1 418 Teapot\r\nConnection: close\r\n\r\n');
    });
    await listen(server, { host: '127.0.0.1', port: 0 });
    const { uri } = await nbdkit('pattern', 'size=1M');
    const proxy = new TestProxy(server, { targets: { 'a b/c': uri }, path: '/disks/' });
    const base = `ws://127.0.0.1:${proxy.port}`;

    const nbd = await newHandle();
    await nbd.connectSocket(connectWebSocket(`${base}/disks/a%20b%2Fc`));
    expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
    const other = await nbdError((await newHandle()).connectSocket(connectWebSocket(`${base}/nbd/disk`)));
    expect(other.message).toContain('418');
    expect(await (await fetch(`http://127.0.0.1:${proxy.port}/disks/`)).text()).toBe('mine');

    await proxy.proxy.close();
    expect(server.listening).toBe(true);
    await nbdError(nbd.pread(8, 16));
  });

  test('a program can take the upgrades itself; then a token is demanded unless it says otherwise', async () => {
    const { uri } = await nbdkit('pattern', 'size=1M');
    const open = createProxy({ targets: { disk: uri }, token: false });
    const closed = createProxy({ targets: { disk: uri } });
    const server = createServer();
    server.on('upgrade', (request, socket, head) => {
      const proxy = request.headers.authorization === 'Bearer me' ? open : closed;
      proxy.handleUpgrade(request, socket, head);
    });
    await listen(server, { host: '127.0.0.1', port: 0 });
    const { port } = server.address() as { port: number };
    const url = `ws://127.0.0.1:${port}/nbd/disk`;

    const nbd = await newHandle();
    await nbd.connectSocket(new WebSocket(url, { headers: { authorization: 'Bearer me' } }));
    expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
    expect(await endOf(client(url))).toBe('4401 a token is needed: add ?token= to the URL');
    const withToken = await newHandle();
    await withToken.connectSocket(connectWebSocket(`${url}?token=${closed.token}`));
    expect(open.token).toBeUndefined();
    nbd.close();
    withToken.close();
    await Promise.all([open.close(), closed.close()]);
  });
});
