// Names of files, as bytes and as keys: a string whose characters are the bytes of the name.

/** Bytes as characters, one each. */
export function latin(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The names in a path, up to a NUL. */
export function names(path: Uint8Array): string[] {
  const end = path.indexOf(0);
  return latin(end === -1 ? path : path.subarray(0, end))
    .split('/')
    .filter((name) => name !== '');
}

const firstChunk = 2 ** 10;
const longestChunk = 2 ** 16;

/** Keeps names as views of a few buffers. A buffer of its own for each of 100,000 takes more memory than all the rest, and long to send. */
export class NameStore {
  #chunk = new Uint8Array(0);
  #used = 0;

  /** A copy of the name. */
  add(name: ArrayLike<number>): Uint8Array {
    if (this.#used + name.length > this.#chunk.length) this.#begin(name.length);
    const kept = this.#chunk.subarray(this.#used, this.#used + name.length);
    kept.set(name);
    this.#used += name.length;
    return kept;
  }

  /** Chunks become longer, so that a few names do not take a long one. */
  #begin(least: number): void {
    this.#chunk = new Uint8Array(Math.max(least, Math.min(longestChunk, Math.max(firstChunk, 2 * this.#chunk.length))));
    this.#used = 0;
  }
}
