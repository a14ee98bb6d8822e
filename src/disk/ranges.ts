// A range of a disk, and the requests that it is made of.
import type { WaitOptions } from '../base/abort.js';
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

export function checkedRange({ size }: Geometry, name: string, start: bigint, length: bigint): Range {
  if (start < 0n || length < 0n || start + length > size) {
    throw new RangeError(`${name}: ${length} bytes from ${start} are not inside the disk, which has ${size} bytes`);
  }
  return { start, end: start + length };
}

/** What a request may hold: a multiple of the preferred block size, or of the minimum, within what the server takes. */
export function requestSize(geometry: Geometry, { requestSize: wanted = defaultRequestSize }: TransferOptions): number {
  if (!Number.isInteger(wanted) || wanted < 1) throw new RangeError(`requestSize must be a positive integer, not ${wanted}`);
  const minimum = Number(geometry.minimum) || 1;
  const preferred = Number(geometry.preferred) || minimum;
  const maximum = Number(geometry.maximum) || maxRequestSize;
  const most = Math.min(maximum, Number(geometry.payload), maxRequestSize);
  const block = preferred <= most ? preferred : minimum;
  return Math.floor(Math.min(Math.max(wanted, block), most) / block) * block;
}

export interface Piece {
  at: bigint;
  count: number;
}

/** The requests that cover a range, their ends at multiples of their size. */
export function* pieces(geometry: Geometry, { start, end }: Range, options: TransferOptions): Generator<Piece, undefined> {
  const size = BigInt(requestSize(geometry, options));
  for (let at = start; at < end; ) {
    const next = at + size - (at % size);
    const stop = next < end ? next : end;
    yield { at, count: Number(stop - at) };
    at = stop;
  }
}

export const isAligned = ({ minimum }: Geometry, { at, count }: Piece): boolean =>
  minimum <= 1n || (at % minimum === 0n && BigInt(count) % minimum === 0n);

/** Reads a piece; one that is not aligned to the server's blocks is read with what is around it. */
export async function readPiece(
  disk: Disk,
  { minimum }: Geometry,
  { at, count }: Piece,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const block = minimum || 1n;
  const before = Number(at % block);
  const after = Number((block - ((at + BigInt(count)) % block)) % block);
  const bytes = await disk.pread(before + count + after, at - BigInt(before), { signal });
  return before + after === 0 ? bytes : bytes.subarray(before, before + count);
}
