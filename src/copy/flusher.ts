// Flushes what was written, while more is being written. What a server lost before a flush is written once more.
import { NBDError } from '../base/errors.js';
import { RangeSet } from '../disk/range_set.js';
import type { Range } from '../disk/ranges.js';

/** So much is written at most before a flush begins, in bytes; another such amount may be written until it has ended. */
const mostUnflushed = 2n ** 28n;

/** A server that dies in each of so many flushes, one after another, is given up. */
const mostFailures = 10;

export interface FlushActions {
  flush(): Promise<void>;
  /** Writes ranges once more. Undefined where they cannot be had again. */
  rewrite: ((ranges: Iterable<Range>) => Promise<void>) | undefined;
  /** Called with what a flush has covered. */
  flushed(ranges: RangeSet): Promise<void>;
}

export class Flusher {
  readonly #actions: FlushActions;
  #unflushed = new RangeSet();
  /** All that this copy has written or begun to write. */
  readonly #ours = new RangeSet();
  #bytes = 0n; // since the last flush began
  #failures = 0;
  #running: Promise<void> | undefined;

  constructor(actions: FlushActions) {
    this.#actions = actions;
  }

  /** A write begins. */
  begins(range: Range): void {
    this.#ours.add(range);
  }

  /** Takes note of what the destination has acknowledged. */
  written(start: bigint, count: number): void {
    this.#unflushed.add({ start, end: start + BigInt(count) });
    this.#bytes += BigInt(count);
  }

  /** Waits while too much is not flushed. Called before more is written. */
  async room(): Promise<void> {
    if (this.#bytes < mostUnflushed) return;
    await this.#running; // it has covered the amount before this one
    this.#running = this.#flush();
    this.#running.catch(() => {}); // whoever comes next sees it
  }

  /** Flushes the rest. Resolves when all is on stable storage. */
  async end(): Promise<void> {
    await this.#running;
    do await this.#flush();
    while (!this.#unflushed.isEmpty);
  }

  async #flush(): Promise<void> {
    const covered = this.#unflushed;
    this.#unflushed = new RangeSet();
    this.#bytes = 0n;
    try {
      await this.#actions.flush();
    } catch (error) {
      for (const range of covered) this.#unflushed.add(range);
      const lost = lostRanges(error);
      if (lost === undefined || this.#actions.rewrite === undefined || ++this.#failures >= mostFailures) throw error;
      if (lost.some((range) => !this.#ours.holds(range))) throw error; // somebody else wrote there, and is to hear of it
      await this.#actions.rewrite(lost);
      return;
    }
    this.#failures = 0;
    await this.#actions.flushed(covered);
  }
}

/** The ranges that an error says were acknowledged and then lost. */
function lostRanges(error: unknown): Range[] | undefined {
  if (!(error instanceof NBDError) || !('ranges' in error) || !Array.isArray(error.ranges)) return undefined;
  return (error.ranges as { offset: bigint; length: bigint }[]).map(({ offset, length }) => ({
    start: offset,
    end: offset + length,
  }));
}
