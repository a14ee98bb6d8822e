// The bytes that arrived on a virtual descriptor and that libnbd has not read yet: chunks in their order, each read where it is.
import { copy } from './copy.js';

export class ReceiveQueue {
  #chunks: Uint8Array[] = [];
  /** How much of the first chunk was read. */
  #head = 0;
  #length = 0;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  /** Copies the chunk that came last, if it is still here: its memory is about to be used again. */
  keep(bytes: Uint8Array): void {
    const last = this.#chunks.length - 1;
    if (this.#chunks[last] === bytes) this.#chunks[last] = bytes.slice();
  }

  /** The 32-bit number, in network order, that comes next; undefined while it is not whole. */
  peekUint32(): number | undefined {
    if (this.#length < 4) return undefined;
    let value = 0;
    let chunk = 0;
    let at = this.#head;
    for (let i = 0; i < 4; i++) {
      let bytes = this.#chunks[chunk];
      while (bytes !== undefined && at === bytes.length) {
        bytes = this.#chunks[++chunk];
        at = 0;
      }
      value = value * 256 + (bytes?.[at++] ?? 0);
    }
    return value;
  }

  /** Moves up to `length` bytes into `target`, from `start` on. Returns how many. */
  read(target: Uint8Array, start: number, length: number): number {
    let chunk = this.#chunks[0];
    let done = 0;
    while (chunk !== undefined && done < length) {
      const count = Math.min(chunk.length - this.#head, length - done);
      copy(chunk, this.#head, target, start + done, count);
      done += count;
      this.#head += count;
      if (this.#head === chunk.length) {
        this.#chunks.shift();
        this.#head = 0;
        chunk = this.#chunks[0];
      }
    }
    this.#length -= done;
    return done;
  }

  /** Empties the queue. Returns the chunks that were in it. */
  take(): Uint8Array[] {
    const chunks = this.#chunks;
    const first = chunks[0];
    if (first !== undefined) chunks[0] = first.subarray(this.#head);
    this.#chunks = [];
    this.#head = 0;
    this.#length = 0;
    return chunks;
  }
}
