// What upstream's tests of the older protocols do with a connection, once they have one.
import { type NBD, READ_DATA } from 'libnbd-wasm';
import { expect } from 'vitest';
import { nbdError } from './handles.js';

/** Writes a block, and reads it back: as it is, with a chunk callback, and with one that fails. */
export async function expectWrittenBlockIsReadBack(nbd: NBD): Promise<void> {
  const block = new Uint8Array(512);
  block.set([1, 2, 3, 4]);
  await nbd.pwrite(block, 1024);
  expect(await nbd.pread(512, 1024)).toEqual(block);

  const chunks: unknown[] = [];
  const bytes = await nbd.preadStructured(
    512,
    1024,
    (subbuf, offset, status, error) => void chunks.push([subbuf.slice(), offset, status, error.code]),
  );
  expect(bytes).toEqual(block);
  expect(chunks).toEqual([[block, 1024n, READ_DATA, null]]);

  const failing = nbd.preadStructured(512, 1024, (_subbuf, _offset, _status, error) => {
    error.code = 'ECONNREFUSED'; // no server can send this one
    return -1;
  });
  expect((await nbdError(failing)).code).toBe('ECONNREFUSED');
}
