// A test that runs in a browser and reads a disk of a real NBD server: npx vitest run
import { NBD } from 'libnbd-wasm';
import { expect, inject, test } from 'vitest';

test('the first block of the disk', async () => {
  const nbd = await NBD.create();
  await nbd.connectUri(inject('disk'));
  await nbd.pwrite(new TextEncoder().encode('hello'), 0);
  expect(new TextDecoder().decode(await nbd.pread(5, 0))).toBe('hello');
  expect(nbd.getSize()).toBe(1048576n);
  await nbd.shutdown();
  nbd.close();
});

test('a read beyond the end of the disk', async () => {
  const nbd = await NBD.create();
  await nbd.connectUri(inject('disk'));
  await expect(nbd.pread(512, 1048576)).rejects.toMatchObject({ code: 'EINVAL' });
  nbd.close();
});
