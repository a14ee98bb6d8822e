// Reading.
import { expect, test } from 'vitest';
import { pattern } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('pread returns the bytes at an offset', async () => {
  const nbd = await connected(await nbdkit('pattern', '1024'));
  expect(await nbd.pread(512, 0)).toEqual(pattern(0, 512));
  expect(await nbd.pread(512, 512n)).toEqual(pattern(512, 512));
  const bytes = await nbd.pread(5, 1019);
  expect(bytes).toEqual(pattern(1019, 5));
  expect(bytes.buffer.byteLength).toBe(5); // an array of its own, not a view of anything
});
