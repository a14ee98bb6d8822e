// Exports from nothing to the largest that there is, and offsets that no number holds exactly.
import { expect, test } from 'vitest';
import { firstDifference, pattern } from './support/bytes.js';
import { connected, nbdError } from './support/handles.js';
import { nbdkit, peer } from './support/platform.js';
import { handshake } from './support/protocol.js';

const largest = 2n ** 63n - 1n;

test.for([0n, 1n, 511n, 65537n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, largest - 511n, largest])(
  'an export of %d bytes',
  async (size) => {
    const nbd = await connected(await nbdkit('pattern', String(size)));
    expect(nbd.getSize()).toBe(size);
    const count = size < 16n ? Number(size) : 16;
    if (count > 0) {
      const end = size - BigInt(count);
      expect(await nbd.pread(count, end)).toEqual(pattern(end, count));
    }
    const error = await nbdError(nbd.pread(1, size));
    expect(error.message).toMatch(/^nbd_pread: /);
    expect(error.code).toBe('EINVAL');
  },
);

test.for(['memory', 'null', 'pattern'])('nbdkit %s of 2^63-1 bytes, at its very end', async (plugin) => {
  const nbd = await connected(await nbdkit(plugin, String(largest)));
  expect(nbd.getSize()).toBe(largest);
  const bytes = await nbd.pread(65536, largest - 65536n);
  const expected = plugin === 'pattern' ? pattern(largest - 65536n, 65536) : new Uint8Array(65536);
  expect(firstDifference(bytes, expected)).toBe(-1);
});

test('what is written near the end of 2^63-1 bytes is read back', async () => {
  const nbd = await connected(await nbdkit('memory', String(largest)));
  const bytes = pattern(0, 1000);
  await nbd.pwrite(bytes, largest - 1000n);
  expect(firstDifference(await nbd.pread(2000, largest - 2000n), new Uint8Array([...new Uint8Array(1000), ...bytes]))).toBe(-1);
});

test('a size of 2^63 is more than libnbd can tell', async () => {
  const nbd = await connected(await peer(handshake('simple', 2n ** 63n)));
  const error = await nbdError(() => nbd.getSize());
  expect(error.message).toMatch(/^nbd_get_size: /);
  expect(error.code).toBe('EOVERFLOW');
});
