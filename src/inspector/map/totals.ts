// How many bytes of a disk are of each kind, kept up to date with every change of its map.
import { half, highOf, lowOf } from './columns.js';
import { unknown } from './kinds.js';
import type { Leaf } from './leaf.js';

export class Totals {
  /** In halves: a sum is `high * 2^32 + low`, where `low` may be negative, or more than 32 bits, but never more than a number keeps. */
  readonly #high: number[];
  readonly #low: number[];

  constructor(size: bigint) {
    this.#high = [highOf(size)];
    this.#low = [lowOf(size)];
  }

  of(kind: number): bigint {
    return (BigInt(this.#high[kind] ?? 0) << 32n) + BigInt(this.#low[kind] ?? 0);
  }

  /** Adds the runs of leaves that follow one another, the last of which ends at a position. */
  add(leaves: readonly Leaf[], endHigh: number, endLow: number): void {
    this.#count(leaves, endHigh, endLow, 1);
  }

  subtract(leaves: readonly Leaf[], endHigh: number, endLow: number): void {
    this.#count(leaves, endHigh, endLow, -1);
  }

  #count(leaves: readonly Leaf[], endHigh: number, endLow: number, sign: 1 | -1): void {
    let [nextHigh, nextLow] = [endHigh, endLow];
    for (let l = leaves.length - 1; l >= 0; l--) {
      const { high, low, kinds } = leaves[l] as Leaf;
      for (let i = kinds.length - 1; i >= 0; i--) {
        const [ownHigh, ownLow, kind] = [high[i] as number, low[i] as number, kinds[i] as number];
        this.#high[kind] = (this.#high[kind] ?? 0) + sign * (nextHigh - ownHigh);
        this.#low[kind] = (this.#low[kind] ?? 0) + sign * (nextLow - ownLow);
        [nextHigh, nextLow] = [ownHigh, ownLow];
      }
    }
    for (let kind = unknown; kind < this.#low.length; kind++) {
      const carried = Math.floor((this.#low[kind] ?? 0) / half);
      this.#high[kind] = (this.#high[kind] ?? 0) + carried;
      this.#low[kind] = (this.#low[kind] ?? 0) - carried * half;
    }
  }
}
