// The extents of a disk, one after another. Block status requests bring them; neighbours that are alike become one.
import type { WaitOptions } from '../base/abort.js';
import type { Extent64 } from '../base/callback.js';
import { NBDError } from '../base/errors.js';
import { CONTEXT_BASE_ALLOCATION, SIZE_MINIMUM } from '../generated/constants.js';
import type { Disk } from './disk.js';

/** A run of bytes that the server says the same of. */
export interface Extent {
  /** Where it starts, in bytes. */
  offset: bigint;
  /** In bytes; never 0. */
  length: bigint;
  /** As the metadata context defines them: `STATE_HOLE` and `STATE_ZERO` for `base:allocation`. */
  flags: bigint;
}

export interface ExtentsOptions extends WaitOptions {
  /** The metadata context, as it was given to `addMetaContext` before connecting. `base:allocation` unless told otherwise. */
  context?: string | undefined;
  /** Where to start, in bytes. */
  offset?: number | bigint | undefined;
  /** How many bytes to cover; all the rest unless told otherwise. */
  length?: number | bigint | undefined;
}

/** The longest range that a request can ask about without extended headers, rounded down so that every block size divides it. */
const longestRange = 2n ** 32n - 2n ** 16n;

export async function* extents(
  nbd: Disk,
  { context = CONTEXT_BASE_ALLOCATION, offset = 0n, length, signal }: ExtentsOptions,
): AsyncGenerator<Extent, void, undefined> {
  if (!(await nbd.canMetaContext(context))) {
    throw new NBDError(
      `extents: the metadata context ${context} was not negotiated: call addMetaContext() before connecting; a server that ` +
        'does not have it cannot tell its extents',
      'ENOTSUP',
    );
  }
  const size = await nbd.getSize();
  let position = BigInt(offset);
  const end = length === undefined ? size : position + BigInt(length);
  if (position < 0n || end > size || end < position) {
    throw new RangeError(`extents: from ${position} to ${end} is not inside the disk, which has ${size} bytes`);
  }
  const longest = (await nbd.getExtendedHeadersNegotiated()) ? size : longestRange;
  const block = (await nbd.getBlockSize(SIZE_MINIMUM)) || 1n;
  let current: Extent | undefined;
  while (position < end) {
    // What is asked for is aligned, whatever the caller's range is.
    const start = position - (position % block);
    const rest = size - start;
    const wanted = end - start + ((block - (end % block)) % block);
    const count = [longest, rest, wanted].reduce((least, next) => (next < least ? next : least));
    const found = await ask(nbd, context, count, start, signal);
    let at = start;
    for (const { length: extentLength, flags } of found) {
      const from = at < position ? position : at;
      at += extentLength;
      const to = at < end ? at : end;
      if (to <= from) continue;
      position = to;
      if (current?.flags === flags) {
        current.length += to - from;
        continue;
      }
      if (current !== undefined) yield current;
      current = { offset: from, length: to - from, flags };
    }
    if (at <= start) throw new NBDError(`extents: the server told nothing of ${context} at offset ${start}`, 'EPROTO');
  }
  if (current !== undefined) yield current;
}

async function ask(nbd: Disk, context: string, count: bigint, offset: bigint, signal: AbortSignal | undefined) {
  let found: Extent64[] = [];
  await nbd.blockStatus64(
    count,
    offset,
    (name, _offset, entries) => {
      if (name === context) found = entries;
    },
    { signal },
  );
  return found;
}
