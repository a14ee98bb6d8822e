// A few neighbouring runs of an extent map. The map is an array of leaves: a change copies one leaf, and not a million runs.
import { bitOf } from './kinds.js';

/** A leaf that is made of more is cut into several. Measured: smaller ones make changes slower, larger ones pixels. */
const most = 256;
/** What a leaf has when it was cut: room for more, so that the next change does not cut again. */
const filled = 192;

/** Of so many runs a leaf knows the kinds together. */
const grouped = 16;

export const isBefore = (high: number, low: number, otherHigh: number, otherLow: number): boolean =>
  high < otherHigh || (high === otherHigh && low < otherLow);

/** Runs in their order. Each ends where the next one starts. */
export class Leaf {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  readonly kinds: Uint32Array;
  readonly count: number;
  /** The bits of all its kinds. */
  readonly mask: number;
  /** The bits of each group of runs. */
  readonly #groups: Uint32Array;

  constructor(high: Uint32Array, low: Uint32Array, kinds: Uint32Array) {
    this.high = high;
    this.low = low;
    this.kinds = kinds;
    this.count = kinds.length;
    this.#groups = new Uint32Array(Math.ceil(this.count / grouped));
    for (let i = 0; i < this.count; i++) {
      const group = Math.floor(i / grouped);
      this.#groups[group] = (this.#groups[group] as number) | bitOf(kinds[i] as number);
    }
    this.mask = this.#groups.reduce((mask, bits) => mask | bits, 0) >>> 0;
  }

  /** The bits of the runs that start before a position, from an index on. */
  maskBefore(high: number, low: number, from = 0): number {
    const { count, kinds } = this;
    let mask = 0;
    for (let i = from; i < count && isBefore(this.high[i] as number, this.low[i] as number, high, low); ) {
      const next = i + grouped;
      if (i % grouped === 0 && next < count && isBefore(this.high[next] as number, this.low[next] as number, high, low)) {
        mask |= this.#groups[i / grouped] as number;
        i = next;
      } else mask |= bitOf(kinds[i++] as number);
    }
    return mask;
  }

  /** True if the leaf starts at a position or before. */
  startsBy(high: number, low: number): boolean {
    const own = this.high[0] as number;
    return own < high || (own === high && (this.low[0] as number) <= low);
  }

  /** The index of the run that has a position, which is not before the leaf. */
  find(high: number, low: number): number {
    let [from, to] = [0, this.count];
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      const own = this.high[middle] as number;
      if (own < high || (own === high && (this.low[middle] as number) <= low)) from = middle;
      else to = middle;
    }
    return from;
  }
}

/** Runs that are collected for leaves. A run of the same kind as the one before only makes that longer. */
export class Runs {
  #high: Uint32Array;
  #low: Uint32Array;
  #kinds: Uint32Array;
  #count = 0;
  #lastKind = -1;

  /** @param room How many runs will be added, at most. */
  constructor(room: number) {
    this.#high = new Uint32Array(room);
    this.#low = new Uint32Array(room);
    this.#kinds = new Uint32Array(room);
  }

  get count(): number {
    return this.#count;
  }

  add(high: number, low: number, kind: number): void {
    if (kind === this.#lastKind) return;
    this.#high[this.#count] = high;
    this.#low[this.#count] = low;
    this.#kinds[this.#count] = kind;
    this.#count += 1;
    this.#lastKind = kind;
  }

  /** Adds runs of a leaf. */
  addFrom(leaf: Leaf, from: number, to: number): void {
    for (let i = from; i < to; i++) this.add(leaf.high[i] as number, leaf.low[i] as number, leaf.kinds[i] as number);
  }

  /** Adds what others have collected. */
  addAll(runs: Runs): void {
    for (let i = 0; i < runs.#count; i++) {
      this.add(runs.#high[i] as number, runs.#low[i] as number, runs.#kinds[i] as number);
    }
  }

  toLeaves(): Leaf[] {
    const pieces = this.#count <= most ? 1 : Math.ceil(this.#count / filled);
    return Array.from({ length: pieces }, (_, i) => {
      const from = Math.floor((i * this.#count) / pieces);
      const to = Math.floor(((i + 1) * this.#count) / pieces);
      return new Leaf(this.#high.slice(from, to), this.#low.slice(from, to), this.#kinds.slice(from, to));
    });
  }
}
