// Writes to a destination at random: zeroes as holes, and flushes in between.
import type { Range } from '../disk/ranges.js';
import { zeroRuns } from '../disk/zeroes.js';
import type { RandomDestination } from './ends.js';
import { type FlushActions, Flusher } from './flusher.js';
import type { Settings } from './options.js';

export interface OutputOptions extends Pick<Settings, 'allocated' | 'flush' | 'sparse'> {
  /** Whether what is not written reads as zeroes. */
  readonly isZero: boolean;
  readonly signal: AbortSignal;
  readonly rewrite: FlushActions['rewrite'];
  readonly flushed: FlushActions['flushed'];
}

export class Output {
  readonly #destination: RandomDestination;
  readonly #options: OutputOptions;
  readonly #flusher: Flusher;
  /** How much was sent as data, in bytes. */
  written = 0n;

  constructor(destination: RandomDestination, options: OutputOptions) {
    this.#destination = destination;
    this.#options = options;
    const { rewrite, flushed, signal } = options;
    this.#flusher = new Flusher({ flush: () => destination.flush(signal), rewrite, flushed });
  }

  /** Whether ranges of zeroes can be left out. */
  get skipsZeroes(): boolean {
    return this.#options.isZero && !this.#options.allocated;
  }

  async put(bytes: Uint8Array<ArrayBuffer>, at: bigint): Promise<void> {
    await this.#put(bytes, at, this.skipsZeroes);
  }

  /** What was written before, and is perhaps not there. */
  async putAgain(bytes: Uint8Array<ArrayBuffer>, at: bigint): Promise<void> {
    await this.#put(bytes, at, false);
  }

  async zero({ start, end }: Range): Promise<void> {
    const count = Number(end - start);
    if (!this.skipsZeroes) {
      this.#begins(start, count);
      await this.#destination.zero(count, start, this.#options.signal);
    }
    this.#flusher.written(start, count);
  }

  /** To be awaited before each piece. */
  async room(): Promise<void> {
    if (this.#options.flush) await this.#flusher.room();
  }

  async end(): Promise<void> {
    if (this.#options.flush) await this.#flusher.end();
  }

  async #put(bytes: Uint8Array<ArrayBuffer>, at: bigint, skipsZeroes: boolean): Promise<void> {
    const count = bytes.length; // of a buffer that may be moved to a worker
    const { sparse, signal } = this.#options;
    this.#begins(at, count);
    if (sparse === 0 || !(skipsZeroes || this.#destination.canZero)) {
      await this.#write(bytes, at);
    } else {
      const work: Promise<void>[] = [];
      for (const { start, end, isZero } of zeroRuns(
        bytes,
        roundedUp(sparse, this.#destination.preferred ?? this.#destination.block),
      )) {
        const offset = at + BigInt(start);
        if (!isZero) work.push(this.#write(start === 0 && end === count ? bytes : bytes.subarray(start, end), offset));
        else if (!skipsZeroes) work.push(this.#destination.zero(end - start, offset, signal));
      }
      await allDone(work);
    }
    this.#flusher.written(at, count);
  }

  /** Blocks are written whole. */
  #begins(at: bigint, count: number): void {
    const block = BigInt(this.#destination.block);
    const end = at + BigInt(count) + block - 1n;
    this.#flusher.begins({ start: at - (at % block), end: end - (end % block) });
  }

  async #write(bytes: Uint8Array<ArrayBuffer>, at: bigint): Promise<void> {
    this.written += BigInt(bytes.length);
    await this.#destination.write(bytes, at, this.#options.signal);
  }
}

const roundedUp = (value: number, block: number): number => Math.ceil(value / block) * block;

/** Waits for all of them, even when one fails: the buffer is theirs until then. */
async function allDone(work: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}
