// The rows of the table of extents: the maps of all contexts laid over each other, cut wherever one of them changes.
import { half, positionOf, type Window } from './columns.js';
import type { ExtentMap } from './extent_map.js';

/** Only the rows that are of a kind in one of the contexts. */
export interface RowFilter {
  readonly context: string;
  readonly kind: number;
}

export class Rows {
  readonly contexts: readonly string[];
  readonly #maps: readonly ExtentMap[];
  #count = 0;
  /** Start and end of each row, in halves of 32 bits by turns. */
  #bounds = new Uint32Array(4 * 1024);
  /** The kinds of each row, in the order of the contexts. */
  #kinds: Uint32Array<ArrayBuffer>;

  /** Walks over all maps once: 10^6 extents take 12 MB and more for a moment, and some tens of milliseconds. */
  constructor(maps: ReadonlyMap<string, ExtentMap>, filter?: RowFilter) {
    this.contexts = [...maps.keys()];
    this.#maps = [...maps.values()];
    this.#kinds = new Uint32Array(1024 * this.contexts.length);
    const [first] = this.#maps;
    if (first === undefined || first.size === 0n) return;
    const cursors = this.#maps.map((map) => map.cursor());
    const filtered = filter === undefined ? -1 : this.contexts.indexOf(filter.context);
    let [high, low] = [0, 0];
    for (let isMore = true; isMore; ) {
      let [endHigh, endLow] = [half, 0];
      for (const cursor of cursors) {
        if (cursor.endHigh < endHigh || (cursor.endHigh === endHigh && cursor.endLow < endLow)) {
          [endHigh, endLow] = [cursor.endHigh, cursor.endLow];
        }
      }
      if (filter === undefined || cursors[filtered]?.kind === filter.kind) {
        this.#room();
        this.#bounds.set([high, low, endHigh, endLow], 4 * this.#count);
        for (let i = 0; i < cursors.length; i++) this.#kinds[this.#count * cursors.length + i] = cursors[i]?.kind ?? 0;
        this.#count += 1;
      }
      isMore = false;
      for (const cursor of cursors) {
        if (cursor.endHigh !== endHigh || cursor.endLow !== endLow) isMore = true;
        else if (cursor.next()) isMore = true;
      }
      [high, low] = [endHigh, endLow];
    }
  }

  get count(): number {
    return this.#count;
  }

  /** The bytes of a row. */
  range(row: number): Window {
    const [startHigh = 0, startLow = 0, endHigh = 0, endLow = 0] = this.#bounds.subarray(4 * row, 4 * row + 4);
    const offset = positionOf(startHigh, startLow);
    return { offset, length: positionOf(endHigh, endLow) - offset };
  }

  kind(row: number, context: number): number {
    return this.#kinds[row * this.contexts.length + context] ?? 0;
  }

  /** The last row that starts at a byte or before; -1 if there is none. */
  rowAt(offset: bigint): number {
    let [from, to] = [-1, this.#count];
    while (to - from > 1) {
      const middle = (from + to) >>> 1;
      if (this.range(middle).offset <= offset) from = middle;
      else to = middle;
    }
    return from;
  }

  #room(): void {
    if (4 * this.#count < this.#bounds.length) return;
    this.#bounds = doubled(this.#bounds);
    this.#kinds = doubled(this.#kinds);
  }
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}
