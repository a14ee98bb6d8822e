// The largest block status reply that libnbd takes, 64 MiB, does not end a process whose heap is small.
import { expect, test } from 'vitest';
import { runProgram } from '../support/programs.js';

/** An object for each extent of the reply would take 256 MiB and more. */
const heap = '--max-old-space-size=48';

test.for<[string, string, number, number]>([
  ['blockStatus', 'structured', 2 ** 23 - 1, 2 ** 17],
  ['blockStatus64', 'structured', 2 ** 23 - 1, 2 ** 17],
  ['blockStatusArrays', 'structured', 2 ** 23 - 1, 2 ** 23 - 1],
  ['extents', 'structured', 2 ** 23 - 1, 2 ** 19],
  ['blockStatus64', 'extended', 2 ** 22 - 1, 2 ** 17],
  ['blockStatusArrays', 'extended', 2 ** 22 - 1, 2 ** 22 - 1],
])('%s, %s replies: of %i extents it gives %i', async ([call, replies, sent, found]) => {
  const lines = await runProgram('large_reply', [call, replies], [heap]);
  expect(lines.map((line) => JSON.parse(line))).toEqual([{ sent, found }]);
});

test('blockStatusArrays ends a server that tells as much again of another context', async () => {
  const lines = await runProgram('large_reply', ['two contexts', 'structured'], [heap]);
  const found =
    'EPROTO nbd_block_status_64: block-status: command failed: Protocol error ' +
    '(4294966784 bytes at offset 0) (the server told of more than 8388608 extents in one reply)';
  expect(lines.map((line) => JSON.parse(line))).toEqual([{ sent: 2 ** 23 - 1, found }]);
});
