// A copy from one server to another, many requests in flight, the writes issued as the reads complete.
import type { ErrorRef, NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, pattern } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

const size = 64 * 2 ** 20;
const blockSize = 65536;
const maxReadsInFlight = 16;

/** Copies by polling alone, as a program with a main loop does. Returns the bytes read and written. */
async function copy(source: NBD, target: NBD): Promise<[read: number, written: number]> {
  let [read, written] = [0, 0];
  let next = 0;
  const toWrite: [buffer: Uint8Array, offset: number][] = [];
  const end = Number(source.getSize());
  const expectNoError = (error: ErrorRef) => expect(error.code).toBe(null);
  while (next < end || source.aioInFlight() > 0 || target.aioInFlight() > 0 || toWrite.length > 0) {
    while (next < end && source.aioInFlight() < maxReadsInFlight) {
      const buffer = new Uint8Array(Math.min(blockSize, end - next));
      const offset = next;
      const completion = (error: ErrorRef) => {
        expectNoError(error);
        read += buffer.length;
        toWrite.push([buffer, offset]); // no call may be made from in here
        return 1;
      };
      source.aioPread(buffer, offset, { completion });
      next += buffer.length;
    }
    for (const [buffer, offset] of toWrite.splice(0)) {
      const completion = (error: ErrorRef) => {
        expectNoError(error);
        written += buffer.length;
        return 1;
      };
      target.aioPwrite(buffer, offset, { completion });
    }
    if (source.aioInFlight() + target.aioInFlight() > 0) await Promise.race([source.poll(-1), target.poll(-1)]);
  }
  return [read, written];
}

test('all of it arrives', async () => {
  const [from, to] = [await nbdkit('--readonly', 'pattern', String(size)), await nbdkit('memory', String(size))];
  const [source, target] = [await connected(from), await connected(to)];
  expect(await copy(source, target)).toEqual([size, size]);
  const check = await connected(to);
  for (let offset = 0; offset < size; offset += 2 ** 24) {
    expect(firstDifference(await check.pread(2 ** 24, offset), pattern(offset, 2 ** 24))).toBe(-1);
  }
});
