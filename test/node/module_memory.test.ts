// Payload never enters the module's memory.
import { load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, pattern } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

const MiB = 2 ** 20;

test('16 reads of 64 MiB in flight', async () => {
  const lib = await load();
  const nbd = await connected(await nbdkit('pattern', '2G'), () => {}, lib);
  const sizes = [lib.memorySize];
  const reads = Array.from({ length: 16 }, async (_, i) => {
    const bytes = await nbd.pread(64 * MiB, i * 64 * MiB);
    sizes.push(lib.memorySize);
    for (const at of [0, 31 * MiB - 4, 64 * MiB - 16]) {
      expect(bytes.subarray(at, at + 16)).toEqual(pattern(i * 64 * MiB + at, 16));
    }
  });
  expect(nbd.aioInFlight()).toBe(16);
  sizes.push(lib.memorySize);
  await Promise.all(reads);
  expect(sizes.length).toBe(18);
  expect(Math.max(...sizes)).toBeLessThan(4 * MiB);
});

test('32 writes of 32 MiB in flight', async () => {
  const lib = await load();
  const nbd = await connected(await nbdkit('memory', '2G'), () => {}, lib);
  const bytes = pattern(0, 32 * MiB);
  const writes = Array.from({ length: 32 }, (_, i) => nbd.pwrite(bytes, i * 32 * MiB));
  expect(nbd.aioInFlight()).toBe(32);
  await Promise.all(writes);
  expect(lib.memorySize).toBeLessThan(4 * MiB);
  expect(firstDifference(await nbd.pread(32 * MiB, 31 * 32 * MiB), bytes)).toBe(-1);
});

test('2 GiB in flight are the limit, which is told; what is in flight goes on', async () => {
  const lib = await load();
  const nbd = await connected(await nbdkit('null', '1T'), () => {}, lib);
  const buffer = new Uint8Array(64 * MiB); // for all of them: this is about addresses, not about data
  const reads = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => nbd.preadInto(buffer, i * 64 * MiB)));
  const errors = reads.flatMap((read) => (read.status === 'rejected' ? [read.reason] : []));
  expect(errors.length).toBe(40 - 32);
  for (const error of errors) expect(error).toMatchObject({ name: 'NBDError', code: 'ENOMEM', errno: 12 });
  await nbd.preadInto(buffer, 0);
  expect(lib.memorySize).toBeLessThan(4 * MiB);
});
