// Long reads: a range as one buffer or as a stream, split into requests of which several are in flight.
import { checkedSignal } from '../base/abort.js';
import { bigInteger, integer, uint64Max } from '../base/integers.js';
import { CONTEXT_BASE_ALLOCATION, STATE_ZERO } from '../generated/constants.js';
import type { Disk, Geometry } from './disk.js';
import { extentsAsTold } from './extents.js';
import { checkedInFlight, InFlight } from './in_flight.js';
import { aligned, checkedRange, type Piece, pieces, type Range, readPiece, requestSize, type TransferOptions } from './ranges.js';

export interface ReadableOptions extends TransferOptions {
  /** Where to start, in bytes. */
  offset?: number | bigint | undefined;
  /** How many bytes to read; all the rest of the disk unless told otherwise. */
  length?: number | bigint | undefined;
  /**
   * Ranges of which the server says that they read as zeroes are not asked for, where `base:allocation` was negotiated; the stream has
   * zeroes there all the same.
   */
  skipZeroes?: boolean | undefined;
}

/** Reads `length` bytes into one buffer, however long. */
export async function readFully(
  disk: Disk,
  geometry: Geometry,
  length: number,
  offset: number | bigint,
  options: TransferOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const call = 'readFully';
  checkedSignal(call, options);
  const count = integer(call, 'length', length, 0, Number.MAX_SAFE_INTEGER);
  const range = checkedRange(call, geometry.size, { offset: bigInteger(call, 'offset', offset, 0n, uint64Max), length: count });
  const window = new InFlight(checkedInFlight(call, options));
  const size = requestSize(call, geometry, options);
  const bytes = newBytes(call, count);
  for (const piece of pieces(range, size)) {
    const index = Number(piece.at - range.start);
    const target = bytes.subarray(index, index + piece.count);
    const read =
      aligned(geometry, piece).count === piece.count
        ? disk.preadInto(target, piece.at, { signal: options.signal })
        : readPiece(disk, geometry, piece, options.signal).then((found) => target.set(found));
    await window.add(read);
  }
  await window.end();
  return bytes;
}

function newBytes(call: string, count: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(count);
  } catch (cause) {
    throw new RangeError(`${call}: there is no room for a buffer of ${count} bytes`, { cause });
  }
}

/** A range of the disk as a stream of chunks, each of a request's size. */
export function readable(disk: Disk, geometry: Geometry, options: ReadableOptions): ReadableStream<Uint8Array> {
  const range = checkedRange('readable', geometry.size, options);
  const inFlight = checkedInFlight('readable', options);
  const size = requestSize('readable', geometry, options);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const rest = options.skipZeroes ? withoutZeroes(disk, range, size, signal) : pieces(range, size);
  const reads: Promise<Uint8Array<ArrayBuffer>>[] = [];
  const readAhead = async () => {
    while (reads.length < inFlight) {
      const { value: piece } = await rest.next();
      if (piece === undefined) return;
      const read = 'isZero' in piece ? Promise.resolve(new Uint8Array(piece.count)) : readPiece(disk, geometry, piece, signal);
      read.catch(() => {}); // whoever takes it from the queue sees it; a cancelled stream takes no more
      reads.push(read);
    }
  };
  return new ReadableStream({
    type: 'bytes', // so that a reader may bring its own buffer
    async pull(controller) {
      await readAhead();
      const next = reads.shift();
      if (next !== undefined) {
        controller.enqueue(await next);
        return;
      }
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel(reason) {
      stop.abort(reason);
    },
  });
}

/** The requests that cover a range; a piece of which the server says that it is all zeroes is not to be read. */
async function* withoutZeroes(
  disk: Disk,
  range: Range,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Piece | (Piece & { isZero: true }), undefined> {
  if (!(await disk.canMetaContext(CONTEXT_BASE_ALLOCATION))) {
    yield* pieces(range, size);
    return;
  }
  const { start, end } = range;
  const found = extentsAsTold(disk, { contexts: [CONTEXT_BASE_ALLOCATION], offset: start, length: end - start, signal });
  for await (const { offset, length, flags } of found) {
    const isZero = ((flags[0] ?? 0n) & BigInt(STATE_ZERO)) !== 0n;
    for (const piece of pieces({ start: offset, end: offset + length }, size)) yield isZero ? { ...piece, isZero } : piece;
  }
}
