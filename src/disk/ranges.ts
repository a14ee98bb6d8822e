// A range of a disk, and the requests that it is made of.
import { checkedSignal, type WaitOptions } from '../base/abort.js';
import { bigInteger, integer, uint64Max } from '../base/integers.js';
import { type Disk, type Geometry, maxRequestSize } from './disk.js';

export interface TransferOptions extends WaitOptions {
  /**
   * The size of a request in bytes, 256 KiB unless told otherwise. It is rounded to the server's preferred block size and
   * held below the largest payload that the server takes.
   */
  requestSize?: number | undefined;
  /** How many requests are in flight at most; 16 unless told otherwise. */
  inFlight?: number | undefined;
}

const defaultRequestSize = 2 ** 18;

export interface Range {
  start: bigint;
  end: bigint;
}

/**
 * The range that options name; all the rest of the disk where they name no length.
 *
 * @throws TypeError for options that are none; RangeError for a range that is not inside the disk.
 */
export function checkedRange(
  call: string,
  size: bigint,
  options: { offset?: number | bigint | undefined; length?: number | bigint | undefined },
): Range {
  checkedSignal(call, options);
  const start = bigInteger(call, 'offset', options.offset === undefined ? 0n : options.offset, 0n, uint64Max);
  const length = options.length === undefined ? undefined : bigInteger(call, 'length', options.length, 0n, uint64Max);
  const end = length === undefined ? size : start + length;
  if (start > size || end > size) {
    const bytes = length === undefined ? 'the bytes' : `${length} bytes`;
    throw new RangeError(`${call}: ${bytes} from ${start} on are not inside the disk, which has ${size} bytes`);
  }
  return { start, end };
}

/** What a request may hold: a multiple of the preferred block size, or of the minimum, within what the server takes. */
export function requestSize(call: string, geometry: Geometry, options: TransferOptions): number {
  const { requestSize = defaultRequestSize } = options;
  const wanted = integer(call, 'requestSize', requestSize, 1, Number.MAX_SAFE_INTEGER);
  const minimum = Number(geometry.minimum) || 1;
  const preferred = Number(geometry.preferred) || minimum;
  const maximum = Number(geometry.maximum) || maxRequestSize;
  const most = Math.min(maximum, Number(geometry.payload) || maxRequestSize, maxRequestSize);
  const block = preferred <= most ? preferred : minimum;
  return Math.floor(Math.min(Math.max(wanted, block), most) / block) * block;
}

/**
 * The size of the blocks that a server handles best, in bytes: a smaller or crooked write may cost it a read. Undefined where it names none, or
 * one that no request could have.
 */
export function preferredBlock(geometry: Geometry): number | undefined {
  const preferred = Number(geometry.preferred);
  const isPowerOf2 = Number.isInteger(Math.log2(preferred));
  return isPowerOf2 && preferred >= geometry.minimum && preferred <= requestSize('copy', geometry, {}) ? preferred : undefined;
}

export interface Piece {
  at: bigint;
  count: number;
}

/** The requests that cover a range, their ends at multiples of their size. */
export function* pieces({ start, end }: Range, size: number): Generator<Piece, undefined> {
  const step = BigInt(size);
  for (let at = start; at < end; ) {
    const next = at + step - (at % step);
    const stop = next < end ? next : end;
    yield { at, count: Number(stop - at) };
    at = stop;
  }
}

/** A piece of whole blocks of the server's, which another piece lies in; `before` is how much comes before that. */
export interface AlignedPiece extends Piece {
  before: number;
}

/** The piece with what is around it, so that it is aligned to the server's blocks. */
export function aligned({ minimum }: Geometry, { at, count }: Piece): AlignedPiece {
  const block = minimum || 1n;
  const before = Number(at % block);
  const after = Number((block - ((at + BigInt(count)) % block)) % block);
  return { at: at - BigInt(before), count: before + count + after, before };
}

/** Reads a piece; one that is not aligned to the server's blocks is read with what is around it. */
export async function readPiece(
  disk: Pick<Disk, 'pread'>,
  geometry: Geometry,
  piece: Piece,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { at, count, before } = aligned(geometry, piece);
  const bytes = await disk.pread(count, at, { signal });
  return count === piece.count ? bytes : bytes.subarray(before, before + piece.count);
}
