// What was written to an overlay, by its place: segments that do not overlap, in their order.

export interface Segment {
  readonly start: bigint;
  readonly end: bigint;
  /** Undefined for zeroes. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

export class Segments implements Iterable<Segment> {
  readonly #segments: Segment[] = [];
  #held = 0;

  /** How much memory they take, in bytes. */
  get held(): number {
    return this.#held;
  }

  /** Puts a segment in the place of what was there. */
  set(segment: Segment): void {
    const { start, end } = segment;
    if (end <= start) return;
    const first = this.#firstEndingAfter(start);
    let last = first;
    for (let next = this.#segments[last]; next !== undefined && next.start < end; next = this.#segments[++last]);
    const old = this.#segments.slice(first, last);
    const kept = [segment];
    const [head, tail] = [old[0], old.at(-1)];
    if (head !== undefined && head.start < start) kept.unshift(part(head, head.start, start));
    if (tail !== undefined && tail.end > end) kept.push(part(tail, end, tail.end));
    this.#segments.splice(first, old.length, ...kept);
    for (const { bytes } of old) this.#held -= bytes?.buffer.byteLength ?? 0;
    for (const { bytes } of kept) this.#held += bytes?.buffer.byteLength ?? 0;
  }

  /** The parts of the segments that lie in a range. */
  *within(start: bigint, end: bigint): Generator<Segment, undefined> {
    for (let i = this.#firstEndingAfter(start); ; i++) {
      const segment = this.#segments[i];
      if (segment === undefined || segment.start >= end) return;
      const [from, to] = [segment.start > start ? segment.start : start, segment.end < end ? segment.end : end];
      yield { start: from, end: to, bytes: view(segment, from, to) };
    }
  }

  covers(start: bigint, end: bigint): boolean {
    let at = start;
    for (const segment of this.within(start, end)) {
      if (segment.start > at) return false;
      at = segment.end;
    }
    return at >= end && end > start;
  }

  /** Puts what was written over what was read from below. */
  readInto(view: Uint8Array, offset: bigint): void {
    for (const { start, end, bytes } of this.within(offset, offset + BigInt(view.length))) {
      const index = Number(start - offset);
      if (bytes === undefined) view.fill(0, index, Number(end - offset));
      else view.set(bytes, index);
    }
  }

  [Symbol.iterator](): IterableIterator<Segment> {
    return this.#segments.values();
  }

  /** The index of the first segment that ends behind a position. */
  #firstEndingAfter(position: bigint): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#segments[middle] as Segment).end <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const view = ({ start, bytes }: Segment, from: bigint, to: bigint) => bytes?.subarray(Number(from - start), Number(to - start));

/** What is left of a segment, with memory of its own: a view would keep all of the old one. */
const part = (segment: Segment, start: bigint, end: bigint): Segment => ({
  start,
  end,
  bytes: view(segment, start, end)?.slice(),
});
