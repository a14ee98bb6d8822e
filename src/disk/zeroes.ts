// Zeroes in what was read or is to be written.

/** Whether all bytes are zero. */
export function isZero(bytes: Uint8Array): boolean {
  let at = 0;
  const { buffer, byteOffset, length } = bytes;
  // Four bytes at a time where they are aligned, which a disk's blocks are.
  if (byteOffset % 4 === 0) {
    const words = new Uint32Array(buffer, byteOffset, Math.floor(length / 4));
    for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false; // an index: four times as fast as an iterator
    at = 4 * words.length;
  }
  for (; at < length; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** A part of a buffer that is all zeroes, or that is not. */
export interface Run {
  readonly start: number;
  end: number;
  readonly isZero: boolean;
}

/** Divides a buffer into runs, whose ends are multiples of the granularity but for the last. */
export function zeroRuns(bytes: Uint8Array, granularity: number): Run[] {
  const runs: Run[] = [];
  for (let start = 0; start < bytes.length; start += granularity) {
    const end = Math.min(start + granularity, bytes.length);
    const found = isZero(bytes.subarray(start, end));
    const last = runs.at(-1);
    if (last?.isZero === found) last.end = end;
    else runs.push({ start, end, isZero: found });
  }
  return runs;
}
