// A hex dump as nbddump makes it, of bytes that come piece by piece. A line equal to the one before becomes a `*`, and those that
// follow it nothing; the first line is always there, and so is the last of the disk.
import { lineSize } from '../../text/hex.js';
import type { Look } from './dump_look.js';

/** So much is compared at once where lines are squashed: line by line, 256 MiB of zeroes take a second more. */
const block = 256 * lineSize;

/** Its calls yield the text as it is made, in pieces that are good until the next is asked for. */
export class HexDump {
  readonly #size: bigint;
  readonly #look: Look;
  /** Where the next line begins. */
  #at: bigint;
  /** A line that has begun: its other bytes have not come yet, and are zeroes until then. */
  #begun = new Uint8Array(lineSize);
  #begunLength = 0;
  /** The bytes among which the line before is, and where. */
  #before: Uint8Array | undefined;
  #beforeStart = 0;
  #isSquashing = false;
  readonly #text = new Uint8Array(2 ** 16);
  #textLength = 0;

  /** Of a disk of `size` bytes, from the offset `at` on. */
  constructor(size: bigint, at: bigint, look: Look) {
    this.#size = size;
    this.#at = at;
    this.#look = look;
  }

  /** The bytes that come next. */
  *add(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
    let start = this.#begunLength === 0 ? 0 : this.#completeLine(bytes);
    const end = bytes.length - ((bytes.length - start) % lineSize);
    do {
      start = this.#addLines(bytes, start, end);
      if (this.#textLength > 0) yield this.#takeText();
    } while (start < end);
    this.#begun.set(bytes.subarray(end), this.#begunLength);
    this.#begunLength += bytes.length - end;
  }

  /** Zeroes that come next, however many: between the first two lines and the last, nothing is shown. */
  *addZeroes(count: bigint): Generator<Uint8Array, void, undefined> {
    const first = 3 * lineSize; // two lines, and the end of one that has begun
    const lines = (count - BigInt(first) - 1n) / BigInt(lineSize);
    const skipped = lines > 0n ? lines * BigInt(lineSize) : 0n;
    const zeroes = new Uint8Array(Number(count - skipped));
    yield* this.add(zeroes.subarray(0, first));
    this.#at += skipped;
    yield* this.add(zeroes.subarray(first));
  }

  /** The end: what has begun is a short line. */
  *end(): Generator<Uint8Array, void, undefined> {
    this.#addLines(this.#begun, 0, this.#begunLength);
    if (this.#textLength > 0) yield this.#takeText();
  }

  /** Returns how many of the bytes belong to the line that has begun. */
  #completeLine(bytes: Uint8Array): number {
    const count = Math.min(lineSize - this.#begunLength, bytes.length);
    this.#begun.set(bytes.subarray(0, count), this.#begunLength);
    this.#begunLength += count;
    if (this.#begunLength === lineSize) {
      this.#addLines(this.#begun, 0, lineSize);
      this.#begun = new Uint8Array(lineSize); // the other is the line before
      this.#begunLength = 0;
    }
    return count;
  }

  /** As many lines as the text has room for. Returns where the next begins. */
  #addLines(bytes: Uint8Array, start: number, end: number): number {
    const toEnd = Number(this.#size - this.#at); // a bigint for each line would take longer than the line
    let i = start;
    while (i < end && this.#textLength + this.#look.longest <= this.#text.length) {
      const toLast = toEnd - (i - start) - 1; // what of the bytes from here on can be squashed
      if (toLast >= block && end - i >= block && (i - start) % block === 0 && this.#isRepeatedBlock(bytes, i)) {
        i += block;
      } else {
        if (toLast >= lineSize && this.#isRepeated(bytes, i)) this.#squash();
        else this.#show(bytes, i, Math.min(i + lineSize, end), this.#at + BigInt(i - start));
        i += lineSize;
      }
      this.#before = bytes;
      this.#beforeStart = i - lineSize;
    }
    this.#at += BigInt(i - start);
    return i;
  }

  /** Whether all lines of a block are as the one before, and have their `*` already. Empty disks are compared this way. */
  #isRepeatedBlock(bytes: Uint8Array, start: number): boolean {
    if (!this.#isSquashing || this.#before !== bytes || this.#beforeStart !== start - lineSize) return false;
    const before = bytes.subarray(start - lineSize, start - lineSize + block);
    return Buffer.compare(bytes.subarray(start, start + block), before) === 0;
  }

  #isRepeated(bytes: Uint8Array, start: number): boolean {
    const before = this.#before;
    if (before === undefined) return false;
    const beforeStart = this.#beforeStart;
    for (let i = 0; i < lineSize; i++) if (bytes[start + i] !== before[beforeStart + i]) return false;
    return true;
  }

  #squash(): void {
    if (this.#isSquashing) return;
    this.#isSquashing = true;
    this.#text.set(this.#look.repeated, this.#textLength);
    this.#textLength += this.#look.repeated.length;
  }

  #show(bytes: Uint8Array, start: number, end: number, at: bigint): void {
    this.#isSquashing = false;
    this.#textLength = this.#look.write(bytes, start, end, at, this.#text, this.#textLength);
  }

  #takeText(): Uint8Array {
    const text = this.#text.subarray(0, this.#textLength);
    this.#textLength = 0;
    return text;
  }
}
