// Ranges of bytes, in their order; those that touch are one.
import type { Range } from '../disk/ranges.js';

export class RangeSet implements Iterable<Readonly<Range>> {
  /** Sorted, with gaps between them. */
  readonly #ranges: Range[] = [];

  constructor(ranges: Iterable<Readonly<Range>> = []) {
    for (const range of ranges) this.add(range);
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** How many bytes they hold. */
  get bytes(): bigint {
    return this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0n);
  }

  add({ start, end }: Readonly<Range>): void {
    if (end <= start) return;
    const first = this.#firstEndingAt(start);
    let last = first;
    let joined: Range = { start, end };
    for (let next = this.#ranges[last]; next !== undefined && next.start <= end; next = this.#ranges[++last]) {
      joined = { start: least(joined.start, next.start), end: most(joined.end, next.end) };
    }
    this.#ranges.splice(first, last - first, joined);
  }

  /** What of a range is not in the set. */
  *gaps({ start, end }: Readonly<Range>): Generator<Range, undefined> {
    let at = start;
    for (let i = this.#firstEndingAt(start); at < end; i++) {
      const next = this.#ranges[i];
      if (next === undefined || next.start >= end) break;
      if (next.start > at) yield { start: at, end: next.start };
      at = most(at, next.end);
    }
    if (at < end) yield { start: at, end };
  }

  [Symbol.iterator](): IterableIterator<Readonly<Range>> {
    return this.#ranges.values();
  }

  /** The index of the first range that ends at a position or behind it. */
  #firstEndingAt(position: bigint): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as Range).end < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
