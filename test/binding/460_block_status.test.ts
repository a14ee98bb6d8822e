// Block status with 32-bit extents, a flat list of lengths and flags.
import { CMD_FLAG_REQ_ONE, CONTEXT_BASE_ALLOCATION, STATE_HOLE, STATE_ZERO } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { serverWithExtents } from '../support/block_status.js';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('blockStatus (also tests/meta-base-allocation.c)', async () => {
  const nbd = await connected(await serverWithExtents(), (nbd) => {
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    nbd.addMetaContext('x-libnbd:nosuch'); // neither fails nor gets in the way
  });
  expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(true);
  expect(nbd.canMetaContext('x-libnbd:nosuch')).toBe(false);
  const calls: unknown[] = [];
  const note = (metacontext: string, offset: bigint, entries: number[], error: { code: string | null }) =>
    void calls.push([metacontext, offset, entries, error.code]);
  const both = STATE_HOLE | STATE_ZERO;

  await nbd.blockStatus(65536, 0, note);
  const entries = [8192, 0, 8192, STATE_HOLE, 16384, both, 16384, STATE_ZERO, 16384, 0];
  expect(calls).toEqual([[CONTEXT_BASE_ALLOCATION, 0n, entries, null]]);

  calls.length = 0;
  await nbd.blockStatus(1024, 32256, note);
  expect(calls).toEqual([[CONTEXT_BASE_ALLOCATION, 32256n, [512, both, 16384, STATE_ZERO], null]]);

  calls.length = 0;
  await nbd.blockStatus(1024n, 32256n, note, { flags: CMD_FLAG_REQ_ONE });
  expect(calls).toEqual([[CONTEXT_BASE_ALLOCATION, 32256n, [512, both], null]]);
  await nbd.shutdown();
});

test('an extent callback that reports an error makes the command fail with it', async () => {
  const nbd = await connected(await serverWithExtents(), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
  const error = await nbdError(
    nbd.blockStatus(1024, 0, (_metacontext, _offset, _entries, error) => {
      error.code = 'ENOMEM';
      return -1;
    }),
  );
  expect(error.message).toBe('nbd_block_status: block-status: command failed: Out of memory (1024 bytes at offset 0)');
  expect(error.code).toBe('ENOMEM');
});

test('nothing was negotiated to be asked for', async () => {
  const without = await connected(await nbdkit('memory', '1M'));
  const error = await nbdError(without.blockStatus(512, 0, () => {}));
  expect(error.message).toBe(
    'nbd_block_status: did not negotiate any metadata contexts, either you did not call nbd_add_meta_context before ' +
      'connecting or the server does not support it: Not supported',
  );
  expect(error.code).toBe('ENOTSUP');

  const simple = await connected(await nbdkit('--no-sr', 'memory', '1M'), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
  expect((await nbdError(simple.blockStatus(512, 0, () => {}))).message).toBe(
    'nbd_block_status: server does not support structured replies: Not supported',
  );
});
