// How the bytes of a line of a hex dump look. They are written as ASCII to where they are wanted: a disk has lines by the million,
// and a string for each of their bytes would take gigabytes.

/** Bytes on a line. */
export const lineSize = 16;

const space = 0x20;
const dot = 0x2e;
const zero = 0x30;
const letterA = 0x61;

const digit = (value: number): number => (value < 10 ? zero + value : letterA - 10 + value);

/**
 * Writes `00 7f …`, with a gap in the middle, into `text` from `at` on: the bytes from `start` to `end`, a line at most, and as wide
 * where they are fewer. Returns where it ends.
 */
export function hexadecimal(bytes: Uint8Array, start: number, end: number, text: Uint8Array, at: number): number {
  let to = at;
  for (let i = start; i < start + lineSize; i++) {
    const byte = i < end ? bytes[i] : undefined;
    text[to] = byte === undefined ? space : digit(byte >> 4);
    text[to + 1] = byte === undefined ? space : digit(byte & 15);
    text[to + 2] = space;
    to += 3;
    if (i === start + 7) text[to++] = space;
  }
  return to;
}

/** Writes the characters of ASCII, and a dot for what is none, in the same way. */
export function printable(bytes: Uint8Array, start: number, end: number, text: Uint8Array, at: number): number {
  for (let i = 0; i < lineSize; i++) {
    const byte = start + i < end ? bytes[start + i] : space;
    text[at + i] = byte !== undefined && byte >= space && byte < 0x7f ? byte : dot;
  }
  return at + lineSize;
}
