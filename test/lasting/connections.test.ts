// How many connections a disk has, where they lead to, and what becomes of them.
import { connect } from 'node:net';
import { type DiskEvent, type LastingDisk, type OpenOptions, openDisk } from 'libnbd-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { proxyTo } from '../proxy/support.js';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { deferred } from '../support/deferred.js';
import { failure, nbdError } from '../support/handles.js';
import { nbdkit, nbdkitOnTcp, qemuNbd } from '../support/servers.js';
import { closedPort } from '../support/tcp.js';
import { ForgetfulServer } from './forgetful_server.js';
import { restartable } from './restartable.js';

async function open(where: Parameters<typeof openDisk>[0], options: OpenOptions = {}): Promise<LastingDisk> {
  const disk = await openDisk(where, { retry: { maxDelay: 20, attempts: 100 }, ...options });
  onTestFinished(() => disk.close());
  return disk;
}

/** The next event of a kind. */
function next(disk: LastingDisk, type: 'reconnecting' | 'connected' | 'lost'): Promise<DiskEvent> {
  const { promise, resolve } = deferred<DiskEvent>();
  disk.addEventListener(type, resolve, { once: true });
  return promise;
}

test('four where the server allows several, one where not', async () => {
  expect((await open((await nbdkit('memory', '1M')).uri)).connections).toBe(4);
  expect((await open((await nbdkit('memory', '1M')).uri, { connections: 2 })).connections).toBe(2);
  const qemu = await qemuNbd({ format: 'raw', size: 2 ** 20, options: ['--shared=1'] });
  expect((await open(qemu.uri)).connections).toBe(1);
});

test('requests go to the connection with the least to do', async () => {
  const server = await ForgetfulServer.start(2 ** 16);
  const disk = await open(server.uri);
  const before = server.asked.length; // the first connection was asked whether it lives
  await Promise.all(Array.from({ length: 40 }, (_, i) => disk.pread(512, i * 512)));
  const counts = countsOf(server.asked.slice(before).map(({ connection }) => connection));
  expect(counts).toEqual([10, 10, 10, 10]);
});

const countsOf = (numbers: number[]): number[] =>
  [...new Set(numbers)].map((one) => numbers.filter((other) => other === one).length);

test('one of four is lost: nothing is in doubt, and there are four again', async () => {
  const server = await ForgetfulServer.start(2 ** 16);
  const disk = await open(server.uri);
  await disk.pwrite(noise(512), 0);
  const connected = next(disk, 'connected');
  server.dropOne();
  expect(await disk.pread(512, 0)).toEqual(noise(512));
  expect(await connected).toMatchObject({ connections: 4, ranges: [] });
  await disk.flush();
  expect(server.durable.subarray(0, 512)).toEqual(noise(512));
  expect(server.connections).toBe(5);
});

test('a new connection joins the others only when they answer: a server that has come back has another’s connections no more', async () => {
  const server = await ForgetfulServer.start(2 ** 16);
  const disk = await open(server.uri, { timeout: 200 });
  await disk.pwrite(noise(512), 0);
  // The others are still open, as after a power failure, and nobody is behind them any more.
  const before = server.connections;
  server.fate = ({ connection }) => (connection <= before ? 'ignore' : 'answer');
  server.current.fill(0);
  const connected = next(disk, 'connected');
  server.dropOne();
  expect(await connected).toMatchObject({ connections: 1, ranges: [{ offset: 0n, length: 512n }] });
  expect(await failure(disk.flush())).toMatchObject({ code: 'EIO', ranges: [{ offset: 0n, length: 512n }] });
});

test('two addresses, of which one is dead', async () => {
  const server = await nbdkitOnTcp('pattern', '1M');
  const dead = `nbd://127.0.0.1:${await closedPort()}`;
  for (const where of [
    [dead, server.uri],
    [server.uri, dead],
  ]) {
    const disk = await open(where);
    expect(await disk.pread(512, 512)).toEqual(pattern(512, 512));
  }
  const error = await nbdError(openDisk([dead, dead]));
  expect(error).toMatchObject({
    code: 'ECONNREFUSED',
    message: expect.stringContaining('none of 2 addresses could be connected to'),
  });
});

test('two servers of the same storage: the other one goes on, and what was not flushed is named', async () => {
  const one = await ForgetfulServer.start(2 ** 16);
  const other = await ForgetfulServer.start(2 ** 16);
  const disk = await open([one.uri, other.uri]);
  await disk.pwrite(noise(512), 0);
  await one.die();
  expect(await disk.pread(512, 0)).toEqual(new Uint8Array(512));
  expect(await failure(disk.flush())).toMatchObject({ ranges: [{ offset: 0n, length: 512n }] });
  await disk.pwrite(noise(512), 0);
  await disk.flush();
  expect(other.durable.subarray(0, 512)).toEqual(noise(512));
  expect(one.durable.subarray(0, 512)).toEqual(new Uint8Array(512));
});

test('a function that opens each connection', async () => {
  const server = await restartable('nbdkit file', 2 ** 20);
  let opened = 0;
  const disk = await open(async () => {
    opened++;
    return connect(server.path);
  });
  expect(opened).toBe(4);
  await disk.pwrite(noise(512), 0);
  await disk.flush();
  await server.restart();
  expect(await disk.pread(512, 0)).toEqual(noise(512));
  expect(opened).toBeGreaterThan(4);
});

test('through a proxy that goes away and comes back', async () => {
  const server = await nbdkit('memory', '1M');
  const proxy = await proxyTo(server);
  const { port } = proxy;
  const disk = await open(proxy.url());
  await disk.pwrite(noise(65536), 0);
  await disk.flush();
  const lost = next(disk, 'reconnecting');
  await proxy.kill();
  proxy.server.close();
  const { address } = await lost;
  expect(address).toBe(`ws://127.0.0.1:${port}/nbd/disk`);
  const { createServer } = await import('node:http');
  const { createProxy } = await import('libnbd-wasm/proxy');
  const http = createServer();
  const again = createProxy({ server: http, targets: { disk: server.uri } });
  onTestFinished(async () => {
    http.closeAllConnections();
    http.close();
    await again.close();
  });
  await new Promise<void>((resolve, reject) => void http.once('error', reject).listen(port, '127.0.0.1', resolve));
  expect(firstDifference(await disk.pread(65536, 0), noise(65536))).toBe(-1);
});

test('the disk has what a handle has', async () => {
  const server = await nbdkit('--filter=cow', 'sparse-random', 'size=8M', 'seed=7', 'percent=30');
  const disk = await open(server.uri);
  expect(disk.getSize()).toBe(8n * 2n ** 20n);
  let covered = 0n;
  for await (const { length } of disk.extents()) covered += length;
  expect(covered).toBe(disk.getSize());
  const writer = disk.writable({ offset: 1000 }).getWriter();
  await writer.write(noise(300_000));
  await writer.close();
  expect(firstDifference(await disk.readFully(300_000, 1000), noise(300_000))).toBe(-1);
  const chunks: Uint8Array[] = [];
  for await (const chunk of disk.readable({ offset: 1000, length: 300_000 }) as unknown as AsyncIterable<Uint8Array>)
    chunks.push(chunk);
  expect(firstDifference(Buffer.concat(chunks), noise(300_000))).toBe(-1);
  expect(await disk.canMetaContext('base:allocation')).toBe(true);
  expect(await disk.canMetaContext('qemu:dirty-bitmap:none')).toBe(false);
  await disk.shutdown();
  expect(disk.connections).toBe(0);
});

test('wrong options', async () => {
  expect(await failure(openDisk([]))).toBeInstanceOf(TypeError);
  expect(await failure(openDisk(5 as never))).toBeInstanceOf(TypeError);
  expect(await failure(openDisk('nbd://localhost', { timeout: 0 }))).toBeInstanceOf(RangeError);
  expect(await failure(openDisk('nbd://localhost', { retry: { keep: -1 } }))).toBeInstanceOf(RangeError);
  expect(await failure(openDisk('nbd://localhost', { signal: AbortSignal.abort('never') }))).toBe('never');
});
