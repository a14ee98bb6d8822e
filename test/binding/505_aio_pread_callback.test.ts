// Callbacks of a read in the background: chunk, then completion; what they report, and what becomes of what they throw.
import { type ChunkCallback, type CompletionCallback, type NBD, READ_DATA } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { pattern } from '../support/bytes.js';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

const expected = pattern(0, 512);

const server = (): Promise<NBD> => nbdkit('pattern', '512').then((server) => connected(server));

/** Reads with callbacks; the result is the error that the command ended with, if it did. */
async function read(nbd: NBD, chunk: ChunkCallback, completion: CompletionCallback) {
  const buffer = new Uint8Array(512);
  const cookie = nbd.aioPreadStructured(buffer, 0, chunk, { completion });
  return { buffer, finish: () => retired(nbd, cookie) };
}

test('chunk comes before completion, and an error that is only set is none', async () => {
  const nbd = await server();
  const events: unknown[] = [];
  const { buffer, finish } = await read(
    nbd,
    (subbuf, offset, status, error) => {
      events.push(['chunk', subbuf.slice(), offset, status, error.code]);
      error.code = 'EPROTO';
    },
    (error) => {
      events.push(['completion', error.code]);
      error.code = 'ENOMEM';
    },
  );
  await finish();
  expect(buffer).toEqual(expected);
  expect(events).toEqual([
    ['chunk', expected, 0n, READ_DATA, null],
    ['completion', null],
  ]);
});

test('the chunk is a part of the buffer itself', async () => {
  const nbd = await server();
  let kept = new Uint8Array();
  const { buffer, finish } = await read(
    nbd,
    (subbuf) => {
      kept = subbuf as Uint8Array<ArrayBuffer>;
    },
    () => {},
  );
  await finish();
  expect(kept.buffer).toBe(buffer.buffer);
  buffer[0] = 255;
  expect(kept[0]).toBe(255);
});

test('a completion callback that fails with a code decides the error', async () => {
  const nbd = await server();
  const { finish } = await read(
    nbd,
    () => {},
    (error) => {
      expect(error.code).toBe(null);
      error.code = 'ENOMEM';
      return -1;
    },
  );
  expect(await nbdError(finish())).toMatchObject({
    message: 'nbd_aio_command_completed: read: command failed: Out of memory',
    code: 'ENOMEM',
  });
});

test('what the chunk callback reported is told to completion, which may replace it', async () => {
  const nbd = await server();
  const seen: (string | null)[] = [];
  const failing: ChunkCallback = (_subbuf, _offset, _status, error) => {
    error.code = 'EPROTO';
    return -1;
  };
  const keeping = await read(nbd, failing, (error) => void seen.push(error.code));
  expect((await nbdError(keeping.finish())).code).toBe('EPROTO');
  const replacing = await read(nbd, failing, (error) => {
    seen.push(error.code);
    error.code = 'ENOMEM';
    return -1;
  });
  expect((await nbdError(replacing.finish())).code).toBe('ENOMEM');
  expect(seen).toEqual(['EPROTO', 'EPROTO']);
});

test('what either of them throws is the cause of the error, the first one if both do', async () => {
  const nbd = await server();
  const [inChunk, inCompletion] = [new Error('in chunk'), new Error('in completion')];
  const throwing = (exception: Error) => () => {
    throw exception;
  };
  for (const [chunk, completion, cause] of [
    [throwing(inChunk), () => {}, inChunk],
    [() => {}, throwing(inCompletion), inCompletion],
    [throwing(inChunk), throwing(inCompletion), inChunk],
  ] as const) {
    const { finish } = await read(nbd, chunk, completion);
    const error = await nbdError(finish());
    expect(error.code).toBe('EPROTO');
    expect(error.cause).toBe(cause);
  }
});

test('a completion callback that returns 1 retires the command', async () => {
  const nbd = await server();
  let done = false;
  const cookie = nbd.aioPread(new Uint8Array(512), 0, {
    completion: () => {
      done = true;
      return 1;
    },
  });
  while (!done) await nbd.poll(-1);
  expect(nbd.aioInFlight()).toBe(0);
  expect(nbd.aioCommandCompleted(cookie)).toBe(false);
  expect((await nbdError(() => nbd.aioPeekCommandCompleted())).message).toBe(
    'nbd_aio_peek_command_completed: no commands are in flight: Invalid argument',
  );
});
