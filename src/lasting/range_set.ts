// A set of bytes of a disk, as sorted ranges that neither overlap nor touch.
import type { Range } from '../disk/ranges.js';

/** With more ranges than this, the nearest ones become one: a set may say too much of a disk, and takes a bounded memory. */
const most = 2 ** 16;

export class RangeSet {
  #ranges: Range[] = [];

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  [Symbol.iterator](): Iterator<Range> {
    return this.#ranges.values();
  }

  add({ start, end }: Range): void {
    if (start >= end) return;
    const first = this.#firstThatEndsFrom(start);
    let after = first;
    let whole = { start, end };
    for (let next = this.#ranges[after]; next !== undefined && next.start <= end; next = this.#ranges[++after]) {
      whole = { start: next.start < whole.start ? next.start : whole.start, end: next.end > whole.end ? next.end : whole.end };
    }
    this.#ranges.splice(first, after - first, whole);
    if (this.#ranges.length > most) this.#coarsen();
  }

  addAll(ranges: Iterable<Range>): void {
    for (const range of ranges) this.add(range);
  }

  subtract({ start, end }: Range): void {
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
  within({ start, end }: Range): Range[] {
    const found: Range[] = [];
    for (let i = this.#firstThatEndsFrom(start + 1n), next = this.#ranges[i]; next !== undefined && next.start < end; ) {
      found.push({ start: next.start > start ? next.start : start, end: next.end < end ? next.end : end });
      next = this.#ranges[++i];
    }
    return found;
  }

  /** The index of the first range whose end is at a position or behind it. */
  #firstThatEndsFrom(position: bigint): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle] as Range).end < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #coarsen(): void {
    for (let gap = 2n ** 12n; this.#ranges.length > most / 2; gap *= 2n) {
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
