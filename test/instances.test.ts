// Several instances of libnbd side by side, each with a memory of its own.
import { load, NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { pattern } from './support/bytes.js';
import { connected, nbdError, newHandle } from './support/handles.js';
import { nbdkit } from './support/platform.js';

test('NBD.create() makes all handles on one shared instance, load() makes another each time', async () => {
  const [a, b] = [await newHandle(), await newHandle()];
  expect(a.lib).toBe(b.lib);
  const [c, d] = [await load(), await load()];
  expect(new Set([a.lib, c, d]).size).toBe(3);
  expect((await newHandle(c)).lib).toBe(c);
  expect(await newHandle(d)).toBeInstanceOf(NBD);
});

test('ten instances in use at the same time', async () => {
  const server = await nbdkit('pattern', '1M');
  const libs = await Promise.all(Array.from({ length: 10 }, () => load()));
  const handles = await Promise.all(libs.map((lib) => connected(server, () => {}, lib)));
  const reads = handles.map((nbd, i) => Promise.all(Array.from({ length: 20 }, (_, j) => nbd.pread(8, i * 4096 + j * 8))));
  for (const [i, bytes] of (await Promise.all(reads)).entries()) {
    expect(bytes).toEqual(bytes.map((_, j) => pattern(i * 4096 + j * 8, 8)));
  }
});

test('a descriptor belongs to the instance that opened it', async () => {
  const server = await nbdkit('memory', '1M');
  const [one, other] = [await load(), await load()];
  const fd = one.openSocket(server.socket());
  const stranger = await newHandle(other);
  expect((await nbdError(stranger.connectSocket(fd))).code).toBe('EBADF');
  const nbd = await newHandle(one);
  await nbd.connectSocket(fd);
  expect(nbd.aioGetFd()).toBe(fd);
  expect(nbd.getSize()).toBe(2n ** 20n);
});
