// Reading with a callback for each chunk of the reply.
import { CMD_FLAG_DF, READ_DATA } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { pattern } from '../support/bytes.js';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

const expected = pattern(0, 512);

test.for([{ flags: undefined }, { flags: CMD_FLAG_DF }])('the chunk of a read, with %o', async (options) => {
  const nbd = await connected(await nbdkit('pattern', '512'));
  const chunks: unknown[] = [];
  const bytes = await nbd.preadStructured(
    512,
    0,
    (subbuf, offset, status, error) => void chunks.push([subbuf.slice(), offset, status, error.code]),
    options,
  );
  expect(bytes).toEqual(expected);
  expect(chunks).toEqual([[expected, 0n, READ_DATA, null]]);
});

test('a chunk callback that reports an error makes the read fail with it', async () => {
  const nbd = await connected(await nbdkit('pattern', '512'));
  const error = await nbdError(
    nbd.preadStructured(512, 0, (_subbuf, _offset, _status, error) => {
      error.code = 'ECONNREFUSED'; // no server can send this one
      return -1;
    }),
  );
  expect(error.message).toBe('nbd_pread_structured: read: command failed: Connection refused (512 bytes at offset 0)');
  expect([error.code, error.errno]).toEqual(['ECONNREFUSED', 111]);
});

test('one that returns -1 and no error reports EPROTO', async () => {
  const nbd = await connected(await nbdkit('pattern', '512'));
  expect(await nbdError(nbd.preadStructured(512, 0, () => -1))).toMatchObject({ code: 'EPROTO', errno: 71 });
});

test('an error that is set without returning -1 is no error', async () => {
  const nbd = await connected(await nbdkit('pattern', '512'));
  const bytes = await nbd.preadStructured(512, 0, (_subbuf, _offset, _status, error) => {
    error.code = 'EIO';
  });
  expect(bytes).toEqual(expected);
});

test('one that throws makes the read fail, with the exception as its cause', async () => {
  const nbd = await connected(await nbdkit('pattern', '512'));
  const thrown = new Error('from the callback');
  const error = await nbdError(
    nbd.preadStructured(512, 0, () => {
      throw thrown;
    }),
  );
  expect(error.message).toBe('nbd_pread_structured: read: command failed: Protocol error (512 bytes at offset 0)');
  expect(error.code).toBe('EPROTO');
  expect(error.cause).toBe(thrown);
});

test('the DF flag is refused where the server does not have it', async () => {
  const nbd = await connected(await nbdkit('--no-sr', 'pattern', '512'));
  const error = await nbdError(nbd.preadStructured(512, 0, () => {}, { flags: CMD_FLAG_DF }));
  expect(error.message).toBe('nbd_pread_structured: server does not support the DF flag: Invalid argument');
  expect(await nbd.preadStructured(512, 0, () => {})).toEqual(expected);
});
