// What is known of a disk in one metadata context: runs of one kind each, without a gap from the first byte to the last.
//
// Extents come in any order, and overlap as they like: what was said last counts. Neighbours of one kind are one run. A million runs take
// 12 MB. To draw, `summarize` collects the kinds in each column of pixels: it finds the column's first run by binary search, looks at
// runs up to the end of its leaf, and from there on at whole leaves.
import { type Columns, half, highOf, lowOf, positionOf, type Window } from './columns.js';
import { bitOf, failed, Kinds, unknown } from './kinds.js';
import { isBefore, Leaf, Runs } from './leaf.js';
import { type Run, RunCursor } from './run_cursor.js';
import { Totals } from './totals.js';

/** What is in a part of the disk. */
export interface Summary {
  /** The bits of the kinds ({@link bitOf}). */
  readonly mask: number;
  /** How many runs lie in it, wholly or in part. */
  readonly runs: number;
}

export class ExtentMap {
  /** Of the disk, in bytes. */
  readonly size: bigint;
  readonly kinds = new Kinds();
  readonly #sizeHigh: number;
  readonly #sizeLow: number;
  #leaves: Leaf[] = [];
  #runs = 0;
  #version = 0;
  readonly #totals: Totals;

  /** @param size From 0 to 2^63 - 1. All of it is unknown at first. */
  constructor(size: bigint) {
    this.size = size;
    this.#sizeHigh = highOf(size);
    this.#sizeLow = lowOf(size);
    this.#totals = new Totals(size);
    if (size === 0n) return;
    this.#leaves = [new Leaf(Uint32Array.of(0), Uint32Array.of(0), Uint32Array.of(unknown))];
    this.#runs = 1;
  }

  /** How many runs there are. Memory grows with them, by 12 bytes each. */
  get runs(): number {
    return this.#runs;
  }

  /** Another number after each change. */
  get version(): number {
    return this.#version;
  }

  /** How many bytes are of a kind. */
  total(kind: number): bigint {
    return this.#totals.of(kind);
  }

  /** Says that a part of the disk has flags. What lies beyond the end of the disk is left out. */
  add(offset: bigint, length: bigint, flags: bigint): void {
    this.#paint(offset, length, this.kinds.of(flags));
  }

  /** Says that a part of the disk could not be asked about. */
  fail(offset: bigint, length: bigint): void {
    this.#paint(offset, length, failed);
  }

  /** Says that nothing is known of a part of the disk. */
  forget(offset: bigint, length: bigint): void {
    this.#paint(offset, length, unknown);
  }

  /**
   * Adds what a server has answered: length and flags by turns, from an offset on. An entry without length says nothing; one that goes
   * beyond the limit is cut there, and those after it are left out.
   *
   * @returns Where the answer ends.
   */
  addEntries(offset: bigint, limit: bigint, entries: BigUint64Array): bigint {
    const end = limit < this.size ? limit : this.size;
    if (offset >= end) return offset;
    const [endHigh, endLow] = [highOf(end), lowOf(end)];
    const halves = new Uint32Array(entries.buffer, entries.byteOffset, entries.length * 2); // the low half of each comes first
    const runs = new Runs(entries.length / 2);
    let [high, low] = [highOf(offset), lowOf(offset)];
    for (let i = 0; i + 3 < halves.length && isBefore(high, low, endHigh, endLow); i += 4) {
      const [lengthLow, lengthHigh] = [halves[i] as number, halves[i + 1] as number];
      if (lengthLow === 0 && lengthHigh === 0) continue;
      runs.add(high, low, this.kinds.ofHalves(halves[i + 3] as number, halves[i + 2] as number));
      low += lengthLow;
      high += lengthHigh;
      if (low >= half) {
        low -= half;
        high += 1;
      }
    }
    if (!isBefore(high, low, endHigh, endLow)) [high, low] = [endHigh, endLow];
    const told = positionOf(high, low);
    if (told > offset) this.#replace(offset, told, runs);
    return told;
  }

  /** The run that has a byte of the disk. */
  at(offset: bigint): Run {
    return this.cursor(offset).run;
  }

  /** Stands on the run that has a byte of the disk, and goes from run to run. A change of the map makes it invalid. */
  cursor(offset = 0n): RunCursor {
    const [high, low] = [highOf(offset), lowOf(offset)];
    const leaf = this.#findLeaf(high, low);
    return new RunCursor(this.#leaves, leaf, this.#leaves[leaf]?.find(high, low) ?? 0, this.#sizeHigh, this.#sizeLow);
  }

  /** The first bytes of a part of the disk of which nothing is known. */
  firstUnknown({ offset, length }: Window): Window | undefined {
    const end = offset + length < this.size ? offset + length : this.size;
    if (offset >= end) return undefined;
    const cursor = this.cursor(offset);
    if (!cursor.seek(unknown)) return undefined;
    const { run } = cursor;
    const [from, to] = [run.offset > offset ? run.offset : offset, run.offset + run.length < end ? run.offset + run.length : end];
    return from < to ? { offset: from, length: to - from } : undefined;
  }

  /** The kinds in each column of pixels, as masks. Whatever a single byte of the column is, its bit is set. */
  summarize(columns: Columns, masks: Uint32Array): void {
    const { startHigh, startLow, endHigh, endLow, count } = columns;
    let leaf = 0;
    for (let i = 0; i < count; i++) {
      leaf = this.#findLeaf(startHigh[i] as number, startLow[i] as number, leaf);
      masks[i] = this.#mask(leaf, startHigh[i] as number, startLow[i] as number, endHigh[i] as number, endLow[i] as number);
    }
  }

  /** The kinds in a part of the disk, and how many runs. */
  summary({ offset, length }: Window): Summary {
    const end = offset + length < this.size ? offset + length : this.size;
    if (offset >= end) return { mask: 0, runs: 0 };
    const [high, low] = [highOf(offset), lowOf(offset)];
    const mask = this.#mask(this.#findLeaf(high, low), high, low, highOf(end), lowOf(end));
    return { mask, runs: this.#ordinal(end - 1n) - this.#ordinal(offset) + 1 };
  }

  /** How many runs stand before the one that has a byte. */
  #ordinal(offset: bigint): number {
    const [high, low] = [highOf(offset), lowOf(offset)];
    const leaf = this.#findLeaf(high, low);
    let ordinal = this.#leaves[leaf]?.find(high, low) ?? 0;
    for (let i = 0; i < leaf; i++) ordinal += this.#leaves[i]?.count ?? 0;
    return ordinal;
  }

  /** The bits of the runs from one position to another, the first of which is in a leaf. */
  #mask(from: number, high: number, low: number, endHigh: number, endLow: number): number {
    let index = from;
    const first = this.#leaves[index];
    if (first === undefined) return 0;
    const run = first.find(high, low);
    let mask = bitOf(first.kinds[run] as number) | first.maskBefore(endHigh, endLow, run + 1);
    for (;;) {
      const leaf = this.#leaves[++index];
      if (leaf === undefined || !isBefore(leaf.high[0] as number, leaf.low[0] as number, endHigh, endLow)) return mask >>> 0;
      mask |= this.#leaves[index + 1]?.startsBy(endHigh, endLow) ? leaf.mask : leaf.maskBefore(endHigh, endLow);
    }
  }

  #paint(offset: bigint, length: bigint, kind: number): void {
    const end = offset + length < this.size ? offset + length : this.size;
    if (offset >= end) return;
    const runs = new Runs(1);
    runs.add(highOf(offset), lowOf(offset), kind);
    this.#replace(offset, end, runs);
  }

  /** Puts runs, the first of which starts at `start`, in the place of what was there up to `end`. */
  #replace(start: bigint, end: bigint, runs: Runs): void {
    // From the run before, which may be of the kind of the first new one, to the run behind, which may be of the kind of the last.
    const before = start === 0n ? 0n : start - 1n;
    const behind = end === this.size ? end - 1n : end;
    const first = this.#findLeaf(highOf(before), lowOf(before));
    const last = this.#findLeaf(highOf(behind), lowOf(behind));
    const [head, tail] = [this.#leaves[first] as Leaf, this.#leaves[last] as Leaf];
    const kept = start === 0n ? 0 : head.find(highOf(before), lowOf(before)) + 1;
    const rest = tail.find(highOf(behind), lowOf(behind));

    const content = new Runs(kept + runs.count + tail.count - rest);
    content.addFrom(head, 0, kept);
    content.addAll(runs);
    if (end < this.size) content.add(highOf(end), lowOf(end), tail.kinds[rest] as number);
    content.addFrom(tail, rest + 1, tail.count);
    const leaves = content.toLeaves();

    const after = this.#leaves[last + 1];
    const [endHigh, endLow] =
      after === undefined ? [this.#sizeHigh, this.#sizeLow] : [after.high[0] as number, after.low[0] as number];
    const old = this.#leaves.slice(first, last + 1);
    this.#totals.subtract(old, endHigh, endLow);
    this.#totals.add(leaves, endHigh, endLow);
    this.#version += 1;
    this.#runs += sumOfCounts(leaves) - sumOfCounts(old);
    this.#leaves = [...this.#leaves.slice(0, first), ...leaves, ...this.#leaves.slice(last + 1)];
  }

  /** The index of the leaf that has a position, which is `near` or behind: the nearer, the sooner it is found. */
  #findLeaf(high: number, low: number, near = 0): number {
    let [from, step] = [near, 1];
    for (; this.#leaves[from + step]?.startsBy(high, low); step *= 2) from += step;
    let to = Math.min(from + step, this.#leaves.length);
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if (this.#leaves[middle]?.startsBy(high, low)) from = middle;
      else to = middle;
    }
    return from;
  }
}

const sumOfCounts = (leaves: readonly Leaf[]): number => leaves.reduce((sum, { count }) => sum + count, 0);
