// Walks over the runs of an extent map, without an object for each.
import { positionOf, type Window } from './columns.js';
import { bitOf } from './kinds.js';
import type { Leaf } from './leaf.js';

/** A run of bytes of one kind, as long as it can be. */
export interface Run extends Window {
  readonly kind: number;
}

export class RunCursor {
  readonly #leaves: readonly Leaf[];
  #leaf: number;
  #index: number;
  readonly #sizeHigh: number;
  readonly #sizeLow: number;
  /** Where the run starts, and where it ends, in halves of 32 bits. */
  startHigh = 0;
  startLow = 0;
  endHigh = 0;
  endLow = 0;
  kind = 0;

  constructor(leaves: readonly Leaf[], leaf: number, index: number, sizeHigh: number, sizeLow: number) {
    this.#leaves = leaves;
    this.#leaf = leaf;
    this.#index = index;
    this.#sizeHigh = sizeHigh;
    this.#sizeLow = sizeLow;
    this.#enter();
  }

  get run(): Run {
    const offset = positionOf(this.startHigh, this.startLow);
    return { offset, length: positionOf(this.endHigh, this.endLow) - offset, kind: this.kind };
  }

  /** Goes to the next run; false if there is none. */
  next(): boolean {
    this.#index += 1;
    if (this.#index === this.#leaves[this.#leaf]?.count) {
      this.#leaf += 1;
      this.#index = 0;
    }
    return this.#enter();
  }

  /** Goes on to the first run of a kind, which may be the one that it stands on; false if there is none. */
  seek(kind: number): boolean {
    while (this.kind !== kind) {
      let next = this.#leaves[this.#leaf];
      const isLast = next !== undefined && this.#index === next.count - 1;
      if (!isLast) {
        if (!this.next()) return false;
        continue;
      }
      do next = this.#leaves[++this.#leaf];
      while (next !== undefined && (next.mask & bitOf(kind)) === 0);
      this.#index = 0;
      if (!this.#enter()) return false;
    }
    return this.#leaf < this.#leaves.length;
  }

  #enter(): boolean {
    const leaf = this.#leaves[this.#leaf];
    if (leaf === undefined) return false;
    this.startHigh = leaf.high[this.#index] as number;
    this.startLow = leaf.low[this.#index] as number;
    this.kind = leaf.kinds[this.#index] as number;
    const isLast = this.#index === leaf.count - 1;
    const next = isLast ? this.#leaves[this.#leaf + 1] : leaf;
    const index = isLast ? 0 : this.#index + 1;
    this.endHigh = next?.high[index] ?? this.#sizeHigh;
    this.endLow = next?.low[index] ?? this.#sizeLow;
    return true;
  }
}
