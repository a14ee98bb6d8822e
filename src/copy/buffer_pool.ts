// Buffers of one size, used again and again: a new one for each request would keep the garbage collector busy.

export class BufferPool {
  readonly #size: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(this.#size);
  }

  /** Gives one back once nobody reads or writes it any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (buffer.length > 0) this.#free.push(buffer); // one that was moved to a worker is gone
  }
}
