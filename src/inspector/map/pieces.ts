// How a part of a disk is cut into requests for block status.
import type { Window } from './columns.js';

interface PieceOptions {
  /** About how long a piece is to be, in bytes. */
  readonly step: bigint;
  /** The longest that a request can ask about, in bytes. */
  readonly longest: bigint;
  /** A request begins and ends at a multiple of this, or at the end of the disk. */
  readonly block: bigint;
  /** Of the disk, in bytes. */
  readonly size: bigint;
}

/** Small disks are not cut into smaller pieces than this. */
const least = 2n ** 20n;

/**
 * The first piece of a gap, in whole blocks. Pieces end at multiples of a power of two, so that those of a window that has moved a
 * little are the same.
 */
export function pieceOf(gap: Window, { step, longest, block, size }: PieceOptions): Window {
  const wanted = step < least ? least : step;
  const even = 1n << BigInt(wanted.toString(2).length - 1);
  const from = gap.offset - (gap.offset % block);
  const end = gap.offset + gap.length;
  let to = (from / even + 1n) * even;
  if (to > end) to = end;
  to += (block - (to % block)) % block;
  if (to > from + longest) to = from + longest;
  if (to > size) to = size;
  return { offset: from, length: to - from };
}

/** Places that are spread evenly over a large window, at even offsets: each next one halves what is left between the others. */
export function spreadPlaces({ offset, length }: Window, count: number): bigint[] {
  const bits = Math.log2(count);
  return Array.from({ length: count }, (_, i) => {
    const within = (length * BigInt(reversed(i, bits))) / BigInt(count);
    return offset + within - (within % least);
  });
}

function reversed(value: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((value >> bit) & 1) << (bits - 1 - bit);
  return result;
}
