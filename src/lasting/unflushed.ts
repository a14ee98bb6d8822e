// What a server has acknowledged and not flushed. When the server dies, this may be gone, and is not silently gone: it becomes `lost`, until
// somebody is told; or it is done again, where there are copies.
//
// A flush covers what was acknowledged before it was sent. So there are epochs: a flush begins a new one, and ends those before it.

import { RangeSet } from '../disk/range_set.js';
import type { Range } from '../disk/ranges.js';

/** A change of a disk. */
export interface Change extends Range {
  readonly kind: 'pwrite' | 'zero' | 'trim';
  /** What is written. */
  readonly bytes?: Uint8Array;
  readonly flags?: number | undefined;
}

interface Epoch {
  readonly number: number;
  /** Acknowledged changes without a copy. */
  readonly ranges: RangeSet;
  /** Those with one, in the order of their acknowledgements. They overlap no newer change without a copy. */
  kept: Change[];
}

/** What may be gone: it may name too much of a disk, and takes a bounded memory. */
const newSet = () => new RangeSet([], { most: 2 ** 16 });

/** What a kept change costs beside its bytes. */
const overhead = 64;

export class Unflushed {
  readonly #keep: number;
  #current = newEpoch(0);
  #older: Epoch[] = []; // a flush of each is under way, or has failed
  #keptBytes = 0;
  readonly #lost = newSet();

  /** With copies of up to so many bytes; the last one may exceed that. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Whether there are more copies than there should be: time to flush. */
  get isFull(): boolean {
    return this.#keptBytes > this.#keep;
  }

  /** The server has acknowledged a change; one that is durable needs no flush. */
  acknowledged(change: Change, isDurable: boolean): void {
    this.#lost.subtract(change);
    for (const { ranges } of this.#epochs()) ranges.subtract(change);
    const size = (change.bytes?.length ?? 0) + overhead;
    const epoch = this.#current;
    if (!isDurable && size <= this.#keep) {
      epoch.kept.push({ ...change, ...(change.bytes === undefined ? {} : { bytes: change.bytes.slice() }) });
      this.#keptBytes += size;
      return;
    }
    if (this.#keptBytes > 0) this.#cut(change); // an older copy must not come back over it
    if (!isDurable) epoch.ranges.add(change);
  }

  /** A flush is about to be sent: returns what {@link flushed} takes. */
  flushBegins(): number {
    const { number } = this.#current;
    this.#older.push(this.#current);
    this.#current = newEpoch(number + 1);
    return number;
  }

  flushed(number: number): void {
    this.#older = this.#older.filter((epoch) => epoch.number > number);
    this.#count();
  }

  /** Everything that is acknowledged and not flushed, with what is lost. */
  get inDoubt(): RangeSet {
    const all = newSet();
    all.addAll(this.#lost);
    for (const { ranges, kept } of this.#epochs()) {
      all.addAll(ranges);
      all.addAll(kept);
    }
    return all;
  }

  /** The server has died. Returns the changes that are to be done again, in this order, on the next one; they stay unflushed. */
  serverDied(): readonly Change[] {
    const epochs = this.#epochs();
    for (const { ranges } of epochs) this.#lost.addAll(ranges);
    this.#older = [];
    this.#current = { ...newEpoch(this.#current.number + 1), kept: epochs.flatMap(({ kept }) => kept) };
    return [...this.#current.kept];
  }

  /** A change cannot be done again. */
  lose(change: Change): void {
    this.#cut(change);
    this.#lost.add(change);
  }

  /** Gives the copies up, for want of a flush. */
  dropCopies(): void {
    for (const epoch of this.#epochs()) {
      epoch.ranges.addAll(epoch.kept);
      epoch.kept = [];
    }
    this.#count();
  }

  /** What may be gone, and nobody was told of. */
  get lost(): Iterable<Range> {
    return this.#lost;
  }

  /** As `lost`, and from now on somebody was told: all, or what is within a range. */
  takeLost(range?: Range): Range[] {
    const taken = range === undefined ? [...this.#lost] : this.#lost.within(range);
    for (const one of taken) this.#lost.subtract(one);
    return taken;
  }

  #epochs(): Epoch[] {
    return [...this.#older, this.#current];
  }

  /** Takes a range out of the copies. */
  #cut({ start, end }: Range): void {
    for (const epoch of this.#epochs()) {
      epoch.kept = epoch.kept.flatMap((change) => {
        if (change.end <= start || end <= change.start) return [change];
        return [part(change, change.start, start), part(change, end, change.end)].flatMap((rest) => rest ?? []);
      });
    }
    this.#count();
  }

  #count(): void {
    this.#keptBytes = 0;
    for (const { kept } of this.#epochs()) for (const { bytes } of kept) this.#keptBytes += (bytes?.length ?? 0) + overhead;
  }
}

const newEpoch = (number: number): Epoch => ({ number, ranges: newSet(), kept: [] });

function part(change: Change, start: bigint, end: bigint): Change | undefined {
  if (start >= end) return undefined;
  const bytes = change.bytes?.subarray(Number(start - change.start), Number(end - change.start));
  return { ...change, start, end, ...(bytes === undefined ? {} : { bytes }) };
}
