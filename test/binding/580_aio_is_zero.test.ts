// Python's nbd.Buffer knows whether it is all zeroes. Here a buffer is any view of bytes, new ones are zeroes, and so are
// the bytes of a hole, whatever was in the buffer before.
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

const isZero = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

test('a hole is read as zeroes, over what was there', async () => {
  const nbd = await connected(await nbdkit('data', '0x1 @0x100000 0xff*1048576'));
  const buffer = new Uint8Array(2 ** 21).fill(0xff);
  await retired(nbd, nbd.aioPread(buffer, 0));
  expect(buffer[0]).toBe(1);
  expect(isZero(buffer)).toBe(false);
  expect(isZero(buffer.subarray(1, 2 ** 20))).toBe(true);
  expect(buffer.subarray(2 ** 20).every((byte) => byte === 0xff)).toBe(true);
});

test('each read of the same handle has bytes of its own', async () => {
  const nbd = await connected(await nbdkit('null', '1M'));
  const first = await nbd.pread(65536, 0);
  first.fill(0xff);
  expect(isZero(await nbd.pread(65536, 0))).toBe(true);
});
