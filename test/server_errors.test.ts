// Errors that the server reports for a request: their codes and texts, and that the connection goes on.
import { describe, expect, test } from 'vitest';
import { concat, pattern, text, u16, u32, u64 } from './support/bytes.js';
import { connected, nbdError } from './support/handles.js';
import { nbdkit, peer } from './support/platform.js';
import {
  chunk,
  handshake,
  NBD_REPLY_FLAG_DONE,
  NBD_REPLY_TYPE_ERROR_OFFSET,
  NBD_REPLY_TYPE_NONE,
  NBD_REPLY_TYPE_OFFSET_DATA,
  request,
  simpleReply,
} from './support/protocol.js';

const errnos = { EPERM: 1, EIO: 5, ENOMEM: 12, EINVAL: 22, ENOSPC: 28, ESHUTDOWN: 108 };

test.for(Object.entries(errnos))('nbdkit --filter=error error=%s', async ([code, errno]) => {
  const server = await nbdkit('--filter=error', 'memory', '1M', `error=${code}`, 'error-rate=100%');
  const nbd = await connected(server);
  const calls: [string, () => Promise<unknown>][] = [
    ['nbd_pread', () => nbd.pread(512, 0)],
    ['nbd_pwrite', () => nbd.pwrite(new Uint8Array(512), 0)],
    ['nbd_zero', () => nbd.zero(512, 0)],
    ['nbd_trim', () => nbd.trim(512, 0)],
  ];
  for (const [name, call] of calls) {
    const error = await nbdError(call());
    expect(error.name).toBe('NBDError');
    expect(error.message).toMatch(new RegExp(`^${name}: .*command failed: `));
    expect([error.code, error.errno], name).toEqual([code, errno]);
  }
  expect(nbd.aioIsReady()).toBe(true);
});

test.for(['simple', 'structured'])('of 300 reads, those fail that the server says, %s replies', async (replies) => {
  // Every read of an odd page fails.
  const script = 'if [ $(( $4 / 4096 % 2 )) = 1 ]; then echo EIO odd >&2; exit 1; fi; printf "%0$3d" 0 | tr 0 x';
  const server = await nbdkit('eval', 'get_size=echo 1M', `pread=${script}`, 'thread_model=echo parallel');
  const nbd = await connected(server, (nbd) => nbd.setRequestStructuredReplies(replies === 'structured'));
  const reads = await Promise.allSettled(Array.from({ length: 300 }, (_, i) => nbd.pread(16, (i % 256) * 4096)));
  for (const [i, read] of reads.entries()) {
    if (i % 2 === 0) expect(read).toEqual({ status: 'fulfilled', value: text('x'.repeat(16)) });
    else expect(read).toMatchObject({ status: 'rejected', reason: { name: 'NBDError', code: 'EIO' } });
  }
});

describe('what nbdkit never sends', () => {
  test('EOVERFLOW and ENOTSUP', async () => {
    const replies = [{ receive: request }, { send: simpleReply(1, 75) }, { receive: request }, { send: simpleReply(2, 95) }];
    const nbd = await connected(await peer([...handshake('simple', 512n), ...replies]));
    expect(await nbdError(nbd.pread(1, 0))).toMatchObject({ code: 'EOVERFLOW', errno: 75 });
    expect(await nbdError(nbd.pread(1, 0))).toMatchObject({ code: 'ENOTSUP', errno: 95 });
  });

  test('a number that the protocol does not have is EINVAL', async () => {
    const nbd = await connected(await peer([...handshake('simple', 512n), { receive: request }, { send: simpleReply(1, 9999) }]));
    expect((await nbdError(nbd.pread(1, 0))).code).toBe('EINVAL');
  });

  test('an error in the middle of a structured read: its offset reaches the chunk callback, and the read fails', async () => {
    const message = text('bad sector');
    const error = concat(u32(5), u16(message.length), message, u64(600));
    const server = await peer([
      ...handshake('structured', 4096n),
      { receive: request },
      { send: chunk(1, 0, NBD_REPLY_TYPE_OFFSET_DATA, concat(u64(0), pattern(0, 512))) },
      { send: chunk(1, 0, NBD_REPLY_TYPE_ERROR_OFFSET, error) },
      { send: chunk(1, NBD_REPLY_FLAG_DONE, NBD_REPLY_TYPE_NONE) },
    ]);
    const nbd = await connected(server);
    const chunks: [bigint, number, number, string | null][] = [];
    const failed = await nbdError(
      nbd.preadStructured(
        1024,
        0,
        (subbuf, offset, status, error) => void chunks.push([offset, subbuf.length, status, error.code]),
      ),
    );
    expect(failed).toMatchObject({ code: 'EIO', errno: 5 });
    expect(chunks).toEqual([
      [0n, 512, 1, null],
      [600n, 0, 3, 'EIO'],
    ]);
  });
});
