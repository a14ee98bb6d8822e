// Leaving option mode without an export.
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('optAbort closes the connection, which never got as far as a size', async () => {
  const nbd = await connected(await nbdkit('null'), (nbd) => nbd.setOptMode(true));
  expect(nbd.aioIsNegotiating()).toBe(true);
  expect(nbd.getProtocol()).toBe('newstyle-fixed');
  expect(nbd.getStructuredRepliesNegotiated()).toBe(true);
  await nbd.optAbort();
  expect(nbd.aioIsClosed()).toBe(true);
  expect(await nbdError(() => nbd.getSize())).toMatchObject({
    message: 'nbd_get_size: server has not returned export size, you need to connect to the server first: Invalid argument',
    code: 'EINVAL',
  });
});

test('so does aioOptAbort, in its own time', async () => {
  const nbd = await connected(await nbdkit('null'), (nbd) => nbd.setOptMode(true));
  nbd.aioOptAbort();
  while (!nbd.aioIsClosed()) await nbd.poll(-1);
  expect(nbd.aioIsDead()).toBe(false);
});
