// One direction of a connection: no more is read from its source while too much waits in its sink.

/** Where bytes come from. */
interface Source {
  pause(): unknown;
  resume(): unknown;
}

/** A write costs memory whatever its size: a flood of tiny ones must not pass under the bound. */
const maxWrites = 1024;

export class Valve {
  /** Bytes that have come through. */
  bytes = 0;
  readonly #source: Source;
  readonly #buffered: () => number;
  readonly #bound: number;
  readonly #onprogress: () => void;
  #writes = 0;
  #isShut = false;

  /**
   * @param buffered How many bytes wait in the sink.
   * @param onprogress Called when bytes have come in or have gone out.
   */
  constructor(source: Source, buffered: () => number, bound: number, onprogress: () => void) {
    this.#source = source;
    this.#buffered = buffered;
    this.#bound = bound;
    this.#onprogress = onprogress;
  }

  get isShut(): boolean {
    return this.#isShut;
  }

  /** Bytes were written to the sink. */
  wrote(count: number): void {
    this.bytes += count;
    this.#writes++;
    this.#onprogress();
    if (!this.#isShut && (this.#buffered() > this.#bound || this.#writes > maxWrites)) {
      this.#isShut = true;
      this.#source.pause();
    }
  }

  /** The sink has passed on a write; the callback to give to it. */
  readonly passed = (error?: Error | null): void => {
    if (error) return; // the sink reports it as well
    this.#writes--;
    this.#onprogress();
    if (this.#isShut && this.#buffered() <= this.#bound / 2 && this.#writes <= maxWrites / 2) {
      this.#isShut = false;
      this.#source.resume();
    }
  };
}
