// A buffer is shared with the library and not copied: it reads into and writes from the memory of the caller.
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { noise, pattern } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('a read fills the part of memory that the view is of, and no more', async () => {
  const nbd = await connected(await nbdkit('pattern', '1M'));
  const memory = new ArrayBuffer(1024);
  const around = new Uint8Array(memory).fill(0xaa);
  await retired(nbd, nbd.aioPread(new DataView(memory, 256, 512), 4096));
  expect(around.subarray(0, 256)).toEqual(new Uint8Array(256).fill(0xaa));
  expect(around.subarray(256, 768)).toEqual(pattern(4096, 512));
  expect(around.subarray(768)).toEqual(new Uint8Array(256).fill(0xaa));
});

test('a write sends the part of memory that the view is of', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const bytes = noise(4096);
  await retired(nbd, nbd.aioPwrite(new Uint16Array(bytes.buffer, 1024, 256), 0));
  expect(await nbd.pread(1024, 0)).toEqual(new Uint8Array([...bytes.subarray(1024, 1536), ...new Uint8Array(512)]));
});

test('two reads can fill two parts of one buffer', async () => {
  const nbd = await connected(await nbdkit('pattern', '1M'));
  const buffer = new Uint8Array(1024);
  const cookies = [nbd.aioPread(buffer.subarray(512), 512), nbd.aioPread(buffer.subarray(0, 512), 0)];
  for (const cookie of cookies) await retired(nbd, cookie);
  expect(buffer).toEqual(pattern(0, 1024));
});
