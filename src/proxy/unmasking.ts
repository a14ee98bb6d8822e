// A client masks what it sends: each byte of a frame is combined with one of the four of the frame's key. `ws` takes that back byte by byte,
// which is half of what a write costs the proxy. Here it is done by words, before `ws` sees the bytes: in their place, with a key of zeroes,
// for which `ws` has nothing to do. Only the lengths of frames are read here; `ws` judges all else that is in their headers.
import type { Duplex } from 'node:stream';

/** The longest header: two bytes, a length of eight, the key. */
const longestHeader = 14;
const keySize = 4;
/** For fewer bytes, words are not worth it. */
const leastByWords = 32;

export class Unmasking {
  readonly #header = new Uint8Array(longestHeader);
  #filled = 0;
  /** How many bytes of the frame's payload are still to come, and how many have come. */
  #left = 0;
  #done = 0;
  readonly #key = new Uint8Array(keySize);
  /** The key as it begins at the first word, as bytes and as a word. */
  readonly #turned = new Uint8Array(keySize);
  readonly #word = new Uint32Array(this.#turned.buffer);

  /** Does it to all that a socket receives. To be called when `ws` has the socket, and before the socket says anything. */
  static attach(socket: Duplex): void {
    const unmasking = new Unmasking();
    socket.prependListener('data', (bytes: Buffer) => unmasking.unmask(bytes));
    // `ws` would now read what has come since the socket was paused, past the listener above.
    socket.prependListener('close', () => {
      const rest: Buffer | null = socket.read(socket.readableLength);
      if (rest !== null) socket.emit('data', rest);
    });
  }

  unmask(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#left === 0) this.#readHeader(bytes, at++);
      else {
        const end = at + Math.min(this.#left, bytes.length - at);
        this.#combine(bytes, at, end);
        this.#done += end - at;
        this.#left -= end - at;
        at = end;
      }
    }
  }

  #readHeader(bytes: Buffer, at: number): void {
    const header = this.#header;
    header[this.#filled++] = bytes[at] as number;
    const second = this.#filled < 2 ? 0 : (header[1] as number);
    const short = second & 0x7f;
    const isMasked = second >= 0x80;
    const keyStart = short < 126 ? 2 : short === 126 ? 4 : 10;
    const size = isMasked ? keyStart + keySize : keyStart;
    if (isMasked && this.#filled > keyStart) bytes[at] = 0;
    if (this.#filled < Math.max(size, 2)) return;
    this.#filled = 0;
    this.#done = 0;
    this.#left = short;
    if (short > 125) this.#left = header.subarray(2, keyStart).reduce((length, byte) => length * 256 + byte, 0);
    for (let i = 0; i < keySize; i++) this.#key[i] = isMasked ? (header[keyStart + i] as number) : 0;
  }

  #combine(bytes: Buffer, start: number, end: number): void {
    const count = end - start;
    const wordStart = count < leastByWords ? end : start + (-(bytes.byteOffset + start) & 3);
    this.#combineBytes(bytes, start, wordStart, this.#done);
    if (wordStart === end) return;
    const wordCount = (end - wordStart) >> 2;
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + wordStart, wordCount);
    for (let i = 0; i < keySize; i++) this.#turned[i] = this.#key[(this.#done + wordStart - start + i) & 3] as number;
    const word = this.#word[0] as number;
    for (let i = 0; i < wordCount; i++) words[i] = (words[i] as number) ^ word;
    const wordEnd = wordStart + keySize * wordCount;
    this.#combineBytes(bytes, wordEnd, end, this.#done + wordEnd - start);
  }

  /** `done` is how many bytes of the payload lie before the first. */
  #combineBytes(bytes: Buffer, start: number, end: number, done: number): void {
    for (let i = start; i < end; i++) bytes[i] = (bytes[i] as number) ^ (this.#key[(done + i - start) & 3] as number);
  }
}
