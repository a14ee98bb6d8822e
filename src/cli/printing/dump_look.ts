// How a line of a hex dump looks: as nbddump writes it, plain or in the colours of a terminal.
import { hexadecimal, lineSize, printable } from '../../text/hex.js';

export interface Look {
  /** What stands for the lines that are equal to the one before. */
  readonly repeated: Uint8Array;
  /** The most bytes that a line takes, and `repeated` before it. */
  readonly longest: number;
  /** Writes the line of the bytes from `start` to `end`, which are at `offset` of the disk, into `text` from `at` on. Returns where it ends. */
  write(bytes: Uint8Array, start: number, end: number, offset: bigint, text: Uint8Array, at: number): number;
}

/** What puts a terminal back to its own colours. */
export const restored = '\x1b[0m';

const encoder = new TextEncoder();

const offsetDigits = 10;
const colon = 0x3a;
const space = 0x20;
const bar = 0x7c;
const newline = 0x0a;

export const plain: Look = {
  repeated: encoder.encode('*\n'),
  longest: 128,
  write(bytes, start, end, offset, text, at) {
    let to = writeOffset(offset, text, at);
    text[to++] = colon;
    text[to++] = space;
    to = hexadecimal(bytes, start, end, text, to);
    text[to++] = bar;
    to = printable(bytes, start, end, text, to);
    text[to++] = bar;
    text[to++] = newline;
    return to;
  },
};

const painted = (sgr: string, text: string): string => `\x1b[${sgr}m${text}`;
const green = '22;32';
const grey = '22;90';
const brightBlue = '1;34';
const brightRed = '1;31';
const brightMagenta = '1;35';

const bytesOf = (pieces: string[]): Uint8Array[] => pieces.map((piece) => encoder.encode(piece));
const allBytes = Array.from({ length: 256 }, (_, byte) => byte);
const numbers = bytesOf(
  allBytes.map((byte) => painted(byte === 0 ? grey : brightBlue, `${byte.toString(16).padStart(2, '0')} `)),
);
const characters = bytesOf(allBytes.map(character));
const beforeOffset = encoder.encode(painted(green, ''));
const afterOffset = encoder.encode(painted(grey, ': '));
const inGrey = encoder.encode(painted(grey, ''));
const colouredBar = encoder.encode('│');
const lineEnd = encoder.encode(`│\n${restored}`);

function character(byte: number): string {
  const text = String.fromCharCode(byte);
  if (/^[0-9a-z]$/i.test(text)) return painted(brightRed, text);
  return byte >= space && byte < 0x7f ? painted(brightMagenta, text) : painted(grey, '·');
}

export const coloured: Look = {
  repeated: encoder.encode('☆\n'),
  longest: 512,
  write(bytes, start, end, offset, text, at) {
    let to = writeOffset(offset, text, copy(beforeOffset, text, at));
    to = copy(afterOffset, text, to);
    for (let i = start; i < end; i++) {
      to = copy(pieceOf(numbers, bytes, i), text, to);
      if (i === start + 7) text[to++] = space;
    }
    to = copy(inGrey, text, to);
    const missing = start + lineSize - end;
    const gap = missing > 8 ? 1 : 0;
    text.fill(space, to, to + 3 * missing + gap);
    to = copy(colouredBar, text, to + 3 * missing + gap);
    for (let i = start; i < end; i++) to = copy(pieceOf(characters, bytes, i), text, to);
    to = copy(inGrey, text, to);
    text.fill(space, to, to + missing);
    return copy(lineEnd, text, to + missing);
  },
};

const none = new Uint8Array();
const pieceOf = (pieces: Uint8Array[], bytes: Uint8Array, i: number): Uint8Array => pieces[bytes[i] ?? 0] ?? none;

/** Of a few bytes, in a loop: a call of `set` costs more. */
function copy(piece: Uint8Array, text: Uint8Array, at: number): number {
  for (let i = 0; i < piece.length; i++) text[at + i] = piece[i] ?? 0;
  return at + piece.length;
}

function writeOffset(offset: bigint, text: Uint8Array, at: number): number {
  const digits = offset.toString(16).padStart(offsetDigits, '0');
  for (let i = 0; i < digits.length; i++) text[at + i] = digits.charCodeAt(i);
  return at + digits.length;
}
