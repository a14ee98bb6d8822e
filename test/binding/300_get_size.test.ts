// The size of the export, which every handshake must bring.
import { expect, test } from 'vitest';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test.for([0n, 1n, 1048576n, 123456789n, 2n ** 40n])('%d bytes', async (size) => {
  const nbd = await connected(await nbdkit('null', String(size)));
  expect(nbd.getProtocol()).toBe('newstyle-fixed');
  expect(nbd.getSize()).toBe(size);
  await nbd.shutdown();
});
