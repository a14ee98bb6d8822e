// Bytes that have come and that nobody has taken yet, as one piece: many tiny ones take no more room than few large ones.

export class Backlog {
  #bytes: Buffer = Buffer.alloc(0);
  /** What was taken lies before it; it is not written to any more. */
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds bytes, which are kept as they are if there were none. */
  push(bytes: Buffer): void {
    if (this.length === 0) {
      this.#bytes = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      return;
    }
    if (this.#end + bytes.length > this.#bytes.length) {
      const roomier = Buffer.allocUnsafeSlow(2 * (this.length + bytes.length));
      this.#bytes.copy(roomier, 0, this.#start, this.#end);
      this.#bytes = roomier;
      this.#end = this.length;
      this.#start = 0;
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** All that is there; it stays. */
  peek(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Takes the first bytes, of which there are as many. */
  take(count: number): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#start + count);
    this.#start += count;
    return taken;
  }
}
