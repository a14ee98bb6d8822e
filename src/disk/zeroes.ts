// Zeroes in what was read or is to be written.

/** A part of a buffer that is all zeroes, or that is not. */
export interface Run {
  readonly start: number;
  end: number;
  readonly isZero: boolean;
}

/** Node compares memory five times as fast as a loop does. A page has only the loop. */
const compare = (globalThis as { Buffer?: { compare(a: Uint8Array, b: Uint8Array): number } }).Buffer?.compare;

/** Divides a buffer into runs, whose ends are multiples of the granularity but for the last. */
export function zeroRuns(bytes: Uint8Array, granularity: number): Run[] {
  if (isAllZero(bytes)) return [{ start: 0, end: bytes.length, isZero: true }];
  const words = wordsOf(bytes);
  const runs: Run[] = [];
  let last: Run | undefined;
  for (let start = 0; start < bytes.length; start += granularity) {
    const end = Math.min(start + granularity, bytes.length);
    const found = bytes[start] === 0 && isRangeZero(bytes, words, start, end); // of 256 blocks of random bytes, one begins with 0
    if (last?.isZero === found) last.end = end;
    else {
      last = { start, end, isZero: found };
      runs.push(last);
    }
  }
  return runs;
}

/** Whether Node finds, at once, that there are only zeroes: the first byte is one, and each other is as the one before it. */
const isAllZero = (bytes: Uint8Array): boolean =>
  compare !== undefined && bytes[0] === 0 && compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;

/** Four bytes at a time, where they are aligned, which a disk's blocks are. One view for a whole buffer: it costs as much as a block. */
function wordsOf({ buffer, byteOffset, length }: Uint8Array): Uint32Array | undefined {
  return byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, Math.floor(length / 4)) : undefined;
}

function isRangeZero(bytes: Uint8Array, words: Uint32Array | undefined, start: number, end: number): boolean {
  let at = start;
  if (words !== undefined && start % 4 === 0) {
    let word = start >> 2;
    const last = end >> 2;
    // Eight at a time, by an index: what is not zero differs early, and what is zero has to be gone through.
    for (; word + 8 <= last; word += 8) {
      const first =
        (words[word] as number) | (words[word + 1] as number) | (words[word + 2] as number) | (words[word + 3] as number);
      const second =
        (words[word + 4] as number) | (words[word + 5] as number) | (words[word + 6] as number) | (words[word + 7] as number);
      if ((first | second) !== 0) return false;
    }
    for (; word < last; word++) if (words[word] !== 0) return false;
    at = word << 2;
  }
  for (; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
