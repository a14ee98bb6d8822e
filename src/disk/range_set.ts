// A set of bytes of a disk, as sorted ranges that neither overlap nor touch.
import type { Range } from './ranges.js';

export interface RangeSetOptions {
  /** With more ranges than this, the nearest ones become one: the set then says too much, and takes a bounded memory. */
  most?: number | undefined;
}

export class RangeSet implements Iterable<Readonly<Range>> {
  #ranges: Range[] = [];
  readonly #most: number;

  constructor(ranges: Iterable<Readonly<Range>> = [], { most = Number.POSITIVE_INFINITY }: RangeSetOptions = {}) {
    this.#most = most;
    this.addAll(ranges);
  }

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  /** How many bytes are in the set. */
  get bytes(): bigint {
    return this.#ranges.reduce((sum, { start, end }) => sum + end - start, 0n);
  }

  [Symbol.iterator](): IterableIterator<Readonly<Range>> {
    return this.#ranges.values();
  }

  add({ start, end }: Readonly<Range>): void {
    if (start >= end) return;
    const first = this.#firstThatEndsFrom(start);
    let after = first;
    let whole = { start, end };
    for (let next = this.#ranges[after]; next !== undefined && next.start <= end; next = this.#ranges[++after]) {
      whole = { start: lesser(next.start, whole.start), end: greater(next.end, whole.end) };
    }
    this.#ranges.splice(first, after - first, whole);
    if (this.#ranges.length > this.#most) this.#coarsen();
  }

  addAll(ranges: Iterable<Readonly<Range>>): void {
    for (const range of ranges) this.add(range);
  }

  subtract({ start, end }: Readonly<Range>): void {
    if (start >= end) return;
    const first = this.#firstThatEndsFrom(start + 1n);
    let after = first;
    const rest: Range[] = [];
    for (let next = this.#ranges[after]; next !== undefined && next.start < end; next = this.#ranges[++after]) {
      if (next.start < start) rest.push({ start: next.start, end: start });
      if (next.end > end) rest.push({ start: end, end: next.end });
    }
    if (after > first) this.#ranges.splice(first, after - first, ...rest);
  }

  /** What of a range is in the set. */
  within({ start, end }: Readonly<Range>): Range[] {
    const found: Range[] = [];
    if (start >= end) return found;
    for (let i = this.#firstThatEndsFrom(start + 1n), next = this.#ranges[i]; next !== undefined && next.start < end; ) {
      found.push({ start: greater(next.start, start), end: lesser(next.end, end) });
      next = this.#ranges[++i];
    }
    return found;
  }

  /** Whether all of a range is in the set. */
  holds(range: Readonly<Range>): boolean {
    return this.gaps(range).next().done === true;
  }

  /** What of a range is not in the set. */
  *gaps({ start, end }: Readonly<Range>): Generator<Range, undefined> {
    let at = start;
    for (const found of this.within({ start, end })) {
      if (found.start > at) yield { start: at, end: found.start };
      at = found.end;
    }
    if (at < end) yield { start: at, end };
  }

  /** The index of the first range whose end is at a position or behind it. */
  #firstThatEndsFrom(position: bigint): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as Range).end < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #coarsen(): void {
    for (let gap = 2n ** 12n; this.#ranges.length > this.#most / 2; gap *= 2n) {
      const joined: Range[] = [];
      for (const next of this.#ranges) {
        const last = joined.at(-1);
        if (last !== undefined && next.start - last.end <= gap) last.end = next.end;
        else joined.push({ ...next });
      }
      this.#ranges = joined;
    }
  }
}

const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b);
