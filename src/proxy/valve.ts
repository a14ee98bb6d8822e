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
  #isHeld = false;

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
    this.#turn();
  }

  /** The sink has passed on a write; the callback to give to it. */
  readonly passed = (error?: Error | null): void => {
    if (error) return; // the sink reports it as well
    this.#writes--;
    this.#onprogress();
    this.#turn();
  };

  /** Keeps it shut, whatever waits in the sink, or no longer. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#turn();
  }

  // Once shut, it opens when half of the bound is free.
  #turn(): void {
    const share = this.#isShut ? 0.5 : 1;
    const isFull = this.#buffered() > this.#bound * share || this.#writes > maxWrites * share;
    if (this.#isShut === (isFull || this.#isHeld)) return;
    this.#isShut = !this.#isShut;
    if (this.#isShut) this.#source.pause();
    else this.#source.resume();
  }
}
