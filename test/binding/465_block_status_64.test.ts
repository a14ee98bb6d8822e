// Block status with 64-bit extents, which libnbd makes of 32-bit ones where the server has no others.
import { CMD_FLAG_REQ_ONE, CONTEXT_BASE_ALLOCATION, type Extent64, STATE_HOLE, STATE_ZERO } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { serverWithExtents } from '../support/block_status.js';
import { connected, nbdError } from '../support/handles.js';

const hole = BigInt(STATE_HOLE);
const zero = BigInt(STATE_ZERO);

test('blockStatus64', async () => {
  const nbd = await connected(await serverWithExtents(), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
  const calls: unknown[] = [];
  const note = (metacontext: string, offset: bigint, entries: Extent64[], error: { code: string | null }) =>
    void calls.push([metacontext, offset, entries, error.code]);

  await nbd.blockStatus64(65536, 0, note);
  expect(calls).toEqual([
    [
      CONTEXT_BASE_ALLOCATION,
      0n,
      [
        { length: 8192n, flags: 0n },
        { length: 8192n, flags: hole },
        { length: 16384n, flags: hole | zero },
        { length: 16384n, flags: zero },
        { length: 16384n, flags: 0n },
      ],
      null,
    ],
  ]);

  calls.length = 0;
  await nbd.blockStatus64(1024, 32256, note);
  const first = { length: 512n, flags: hole | zero };
  expect(calls).toEqual([[CONTEXT_BASE_ALLOCATION, 32256n, [first, { length: 16384n, flags: zero }], null]]);

  calls.length = 0;
  await nbd.blockStatus64(1024, 32256, note, { flags: CMD_FLAG_REQ_ONE });
  expect(calls).toEqual([[CONTEXT_BASE_ALLOCATION, 32256n, [first], null]]);
});

test('aioBlockStatus64', async () => {
  const nbd = await connected(await serverWithExtents(), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
  const events: unknown[] = [];
  const cookie = nbd.aioBlockStatus64(1024, 0, (_metacontext, offset, entries) => void events.push(offset, ...entries), {
    flags: CMD_FLAG_REQ_ONE,
    completion: (error) => void events.push(error.code),
  });
  await retired(nbd, cookie);
  expect(events).toEqual([0n, { length: 1024n, flags: 0n }, null]);
});

test('blockStatusFilter needs a server with extended headers', async () => {
  const nbd = await connected(await serverWithExtents(), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
  expect(nbd.getExtendedHeadersNegotiated()).toBe(false);
  expect(nbd.canBlockStatusPayload()).toBe(false);
  const error = await nbdError(nbd.blockStatusFilter(1024, 0, [CONTEXT_BASE_ALLOCATION], () => {}));
  expect(error.message).toBe('nbd_block_status_filter: server does not support extended headers: Not supported');
  expect(error.code).toBe('ENOTSUP');
  expect((await nbdError(() => nbd.aioBlockStatusFilter(1024, 0, [CONTEXT_BASE_ALLOCATION], () => {}))).message).toBe(
    'nbd_aio_block_status_filter: server does not support extended headers: Not supported',
  );
});
