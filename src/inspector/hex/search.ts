// Searches a disk, or a range of it, for bytes.
//
// 1. Ask which ranges read as zeroes, where the server can tell. They are not read, unless zeroes are what is searched for.
// 2. Read the others in requests ahead of the search, and look through them in order.
// 3. Keep the last bytes of what was looked through, so that a hit may begin there and end in what comes next.
// 4. What cannot be read is told, and left out.
import { checkedSignal, type WaitOptions } from '../../base/abort.js';
import { NBDError } from '../../base/errors.js';
import { ahead } from '../../copy/ahead.js';
import { isAnswer } from '../../disk/block_cache.js';
import { askGeometry, type Disk } from '../../disk/disk.js';
import { extents } from '../../disk/extents.js';
import { checkedInFlight } from '../../disk/in_flight.js';
import { checkedRange, pieces, type Range, readPiece, requestSize } from '../../disk/ranges.js';
import { CONTEXT_BASE_ALLOCATION, STATE_ZERO } from '../../generated/constants.js';
import { Finder, fitsZeroes, type Needle } from './needle.js';
import { type ReadPart, readParts } from './read_parts.js';

export interface SearchOptions extends WaitOptions {
  /** Where to start, in bytes; 0 unless told otherwise. */
  offset?: number | bigint | undefined;
  /** How many bytes to search; all the rest unless told otherwise. A hit lies inside the range. */
  length?: number | bigint | undefined;
  /** The size of a request in bytes; 256 KiB unless told otherwise. */
  requestSize?: number | undefined;
  /** How many requests are in flight at most; 4 unless told otherwise. */
  inFlight?: number | undefined;
  /** Called as the search goes on. */
  progress?: ((progress: SearchProgress) => void) | undefined;
}

export interface SearchProgress {
  /** How much has been searched, what was skipped included, in bytes. */
  readonly bytes: bigint;
  /** How much there is to search, in bytes. */
  readonly total: bigint;
  /** How much of it was skipped since it reads as zeroes, in bytes. */
  readonly skipped: bigint;
}

/** A hit, or a range that could not be read and may have hits. Offsets and lengths are in bytes. */
export type Found =
  | { readonly kind: 'hit'; readonly offset: bigint; readonly length: bigint }
  | { readonly kind: 'unreadable'; readonly offset: bigint; readonly length: bigint; readonly error: NBDError };

/** The smallest range that is told as unreadable, in bytes, where the server takes as small requests. */
const unit = 4096;

/**
 * So much is asked about before the answer is acted on, in bytes: a server without extended headers needs a request for each 4 GiB, and a
 * search of nothing but holes is to tell how far it is.
 */
const longestQuestion = { short: 2n ** 37n, extended: 2n ** 56n };

/**
 * Searches a disk from its beginning to its end.
 *
 * @throws NBDError when the connection ends; RangeError for a range that is not inside the disk; with `signal`, its reason.
 */
export async function* search(disk: Disk, needle: Needle, options: SearchOptions = {}): AsyncGenerator<Found, void, undefined> {
  const signal = checkedSignal('search', options);
  signal?.throwIfAborted();
  const geometry = await askGeometry(disk);
  const range = checkedRange('search', geometry.size, options);
  const size = requestSize('search', geometry, options);
  const inFlight = checkedInFlight('search', { inFlight: options.inFlight ?? 4 });
  const smallest = Math.max(unit, Number(geometry.minimum));
  const read = (piece: { at: bigint; count: number }) => readPiece(disk, geometry, piece, signal);

  async function* work(): AsyncGenerator<() => Promise<Searched[]>> {
    for await (const { isZero, ...part } of plan(disk, range, needle, signal)) {
      if (isZero) yield async () => [{ at: part.start, count: part.end - part.start, zero: true }];
      else for (const piece of pieces(part, size)) yield () => readParts(read, piece, smallest);
    }
  }

  const scanner = new Scanner(needle);
  const meter = { bytes: 0n, total: range.end - range.start, skipped: 0n };
  for await (const parts of ahead(work(), inFlight)) {
    signal?.throwIfAborted();
    for (const part of parts) {
      if ('error' in part) {
        scanner.leaveOut();
        yield { kind: 'unreadable', offset: part.at, length: BigInt(part.count), error: part.error };
      } else if ('zero' in part) {
        yield* scanner.zeroes(part.at, part.count);
        meter.skipped += part.count;
      } else yield* scanner.bytes(part.at, part.bytes);
      meter.bytes += BigInt(part.count);
    }
    options.progress?.({ ...meter });
  }
}

type Searched = ReadPart | { readonly at: bigint; readonly count: bigint; readonly zero: true };

interface Planned extends Range {
  readonly isZero: boolean;
}

/** The ranges to read and those to skip. Where the server fails to tell what is zero, the rest is read. */
async function* plan(
  disk: Disk,
  range: Range,
  needle: Needle,
  signal: AbortSignal | undefined,
): AsyncGenerator<Planned, undefined> {
  let position = range.start;
  if (!fitsZeroes(needle) && (await disk.canMetaContext(CONTEXT_BASE_ALLOCATION))) {
    const step = (await disk.getExtendedHeadersNegotiated()) ? longestQuestion.extended : longestQuestion.short;
    try {
      while (position < range.end) {
        const left = range.end - position;
        for await (const extent of extents(disk, { offset: position, length: left < step ? left : step, signal })) {
          position = extent.offset + extent.length;
          yield { start: extent.offset, end: position, isZero: (extent.flags & BigInt(STATE_ZERO)) !== 0n };
        }
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isAnswer(error) && !(error instanceof NBDError && error.code === 'EPROTO' && !error.isFatal)) throw error;
    }
  }
  if (position < range.end) yield { start: position, end: range.end, isZero: false };
}

/** Looks through what comes, in order, and knows the last bytes of what was before. */
class Scanner {
  readonly #finder: Finder;
  readonly #length: number;
  #tail = new Uint8Array();

  constructor(needle: Needle) {
    this.#finder = new Finder(needle);
    this.#length = needle.bytes.length;
  }

  *bytes(at: bigint, bytes: Uint8Array): Generator<Found, undefined> {
    const overlap = this.#length - 1;
    // Across the border: what begins in the tail, and ends in the first bytes.
    const border = joined(this.#tail, bytes.subarray(0, overlap));
    const before = BigInt(this.#tail.length);
    for (const index of this.#finder.in(border)) yield this.#hit(at - before + BigInt(index));
    for (const index of this.#finder.in(bytes)) yield this.#hit(at + BigInt(index));
    this.#tail = last(bytes.length < overlap ? joined(this.#tail, bytes) : bytes, overlap);
  }

  /** Zeroes without a hit among them: as many as a hit can have at its end are as good as all. */
  *zeroes(at: bigint, count: bigint): Generator<Found, undefined> {
    const overlap = this.#length - 1;
    const zeroes = new Uint8Array(Math.min(overlap, Number(count)));
    yield* this.bytes(at, zeroes);
  }

  /** Nothing is known of what comes next. */
  leaveOut(): void {
    this.#tail = new Uint8Array();
  }

  #hit(offset: bigint): Found {
    return { kind: 'hit', offset, length: BigInt(this.#length) };
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

const last = (bytes: Uint8Array, count: number): Uint8Array<ArrayBuffer> => bytes.slice(Math.max(0, bytes.length - count));
