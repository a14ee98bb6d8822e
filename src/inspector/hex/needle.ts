// What is searched for: bytes, each with a mask of the bits that count.

export interface Needle {
  /** With the bits that do not count cleared. */
  readonly bytes: Uint8Array;
  readonly mask: Uint8Array;
}

export type NeedleKind = 'hex' | 'text' | 'text-any-case' | 'utf-16le';

/** Why something cannot be searched for; the message is for the person who typed it. */
export class NeedleError extends Error {
  override readonly name = 'NeedleError';
}

/** In bytes. */
export const longestNeedle = 1024;

/** Reads what somebody typed. */
export function parseNeedle(text: string, kind: NeedleKind): Needle {
  const needle = kind === 'hex' ? fromHex(text) : fromText(text, kind);
  if (needle.bytes.length === 0) throw new NeedleError('Type what to search for.');
  if (needle.bytes.length > longestNeedle) {
    throw new NeedleError(`${needle.bytes.length} bytes are too many: search for ${longestNeedle} at most.`);
  }
  if (needle.mask.every((bits) => bits === 0))
    throw new NeedleError('Every byte would fit: type at least one digit that is not “?”.');
  return needle;
}

/** True if a run of zeroes has it. */
export const fitsZeroes = ({ bytes }: Needle): boolean => bytes.every((byte) => byte === 0);

/** `55 aa`, `55aa`, `55 ?? a?`: a question mark stands for any digit. */
function fromHex(text: string): Needle {
  const digits = text.replaceAll(/0x|[\s,:_-]/gi, '');
  const wrong = /[^0-9a-f?]/i.exec(digits);
  if (wrong !== null)
    throw new NeedleError(`“${wrong[0]}” is no hexadecimal digit: type bytes such as 55 aa, with ? for any digit.`);
  if (digits.length % 2 !== 0) throw new NeedleError('The last byte has one digit: type two for each byte.');
  const pairs = digits.match(/../g) ?? [];
  const read = (digit: (char: string) => string) =>
    Uint8Array.from(pairs, (pair) => Number.parseInt(pair.replaceAll(/./g, digit), 16));
  return { bytes: read((char) => (char === '?' ? '0' : char)), mask: read((char) => (char === '?' ? '0' : 'f')) };
}

function fromText(text: string, kind: NeedleKind): Needle {
  const bytes = kind === 'utf-16le' ? utf16le(text) : new TextEncoder().encode(text);
  const mask = new Uint8Array(bytes.length).fill(0xff);
  if (kind !== 'text-any-case') return { bytes, mask };
  for (const [index, byte] of bytes.entries()) {
    // The letters of ASCII differ in this bit alone.
    if (/[a-z]/i.test(String.fromCharCode(byte))) mask[index] = 0xdf;
  }
  return { bytes: bytes.map((byte, index) => byte & (mask[index] ?? 0)), mask };
}

function utf16le(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), true);
  return bytes;
}

/** Finds a needle in bytes, wherever it begins: Horspool's algorithm, with masks. */
export class Finder {
  readonly #bytes: Uint8Array;
  readonly #mask: Uint8Array;
  /** How far to go on, by the byte under the needle's last. */
  readonly #shift: Uint16Array;

  constructor({ bytes, mask }: Needle) {
    this.#bytes = bytes;
    this.#mask = mask;
    const last = bytes.length - 1;
    this.#shift = new Uint16Array(256).fill(bytes.length);
    for (let at = 0; at < last; at++) {
      for (let byte = 0; byte < 256; byte++) {
        if ((byte & (mask[at] ?? 0)) === bytes[at]) this.#shift[byte] = last - at;
      }
    }
  }

  /** The indexes at which it begins; hits may overlap. */
  *in(haystack: Uint8Array): Generator<number, undefined> {
    const length = this.#bytes.length;
    for (let at = 0; at + length <= haystack.length; ) {
      if (this.#isAt(haystack, at)) yield at;
      at += this.#shift[haystack[at + length - 1] as number] as number;
    }
  }

  #isAt(haystack: Uint8Array, at: number): boolean {
    for (let i = this.#bytes.length - 1; i >= 0; i--) {
      if (((haystack[at + i] as number) & (this.#mask[i] as number)) !== this.#bytes[i]) return false;
    }
    return true;
  }
}
