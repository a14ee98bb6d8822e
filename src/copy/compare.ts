// compare(): where two disks or files differ.
import { checkedSignal } from '../base/abort.js';
import { integer } from '../base/integers.js';
import { RangeSet } from '../disk/range_set.js';
import { type Piece, pieces, type Range } from '../disk/ranges.js';
import { ahead } from './ahead.js';
import { BufferPool } from './buffer_pool.js';
import type { Known, RandomSource, Source } from './ends.js';
import { openSource, type Platform } from './open.js';
import { boundedInFlight, checkedRequests, type InFlightOptions, type RequestShape, requestSizeFor } from './options.js';
import { plan } from './plan.js';
import { Meter } from './progress.js';

export interface CompareOptions extends InFlightOptions {
  /** Stops at the first difference. */
  firstOnly?: boolean | undefined;
  /** What `ranges` is made of, in bytes: 512 unless told otherwise. */
  granularity?: number | undefined;
}

export interface Comparison {
  isEqual: boolean;
  /** The offset of the first byte that differs, or that only one of them has; undefined when they are equal. */
  first: bigint | undefined;
  /** All that differs, in whole blocks of the granularity; what only the longer one has is part of it. Only the first with `firstOnly`. */
  ranges: { offset: bigint; length: bigint }[];
}

/** Two ends that are read side by side. */
export interface Pair {
  readonly one: RandomSource;
  readonly other: RandomSource;
}

export async function compareWith(platform: Platform, a: unknown, b: unknown, options: CompareOptions): Promise<Comparison> {
  const { firstOnly = false, granularity = 512 } = options;
  const signal = checkedSignal('compare', options) ?? new AbortController().signal;
  const requests = checkedRequests('compare', options);
  const block = BigInt(integer('compare', 'granularity', granularity, 1, 2 ** 30));
  const opened: Source[] = [];
  try {
    for (const value of [a, b]) opened.push(await openSource('compare', value, platform, { onlyDirty: undefined }));
    const [one, other] = opened.map(atRandom) as [RandomSource, RandomSource];
    const [shorter, longer] = one.size < other.size ? [one.size, other.size] : [other.size, one.size];
    const meter = new Meter(options, longer);
    const found = new RangeSet();
    let first: bigint | undefined;
    const note = (start: bigint, end: bigint) => {
      first ??= start;
      const last = end + ((block - (end % block)) % block);
      found.add({ start: start - (start % block), end: last < longer ? last : longer });
    };
    const pair = { one, other };
    for await (const { at, bytes, others } of readSideBySide(
      pair,
      bothMayDiffer(pair, shorter, requestSizeFor(requests, one, other), meter, signal),
      requests,
      signal,
    )) {
      for (const [start, end] of differing(bytes, others, Number(block), Number(at % block))) {
        note(at + BigInt(start), at + BigInt(end));
        if (firstOnly) break;
      }
      meter.add(bytes.length);
      if (firstOnly && first !== undefined) break;
    }
    if (longer > shorter && !(firstOnly && first !== undefined)) note(shorter, longer);
    meter.end();
    const ranges = [...found].map(({ start, end }) => ({ offset: start, length: end - start }));
    return { isEqual: first === undefined, first, ranges };
  } finally {
    await Promise.all(opened.map((source) => source.close()));
  }
}

/** The offset of the first byte that differs in some ranges; undefined when there is none. */
export async function firstDifference(
  pair: Pair,
  ranges: AsyncIterable<Range>,
  requests: RequestShape,
  meter: Meter,
  signal: AbortSignal,
): Promise<bigint | undefined> {
  for await (const { at, bytes, others } of readSideBySide(pair, ranges, requests, signal)) {
    for (const [start] of differing(bytes, others, bytes.length, 0)) return at + BigInt(start);
    meter.add(bytes.length);
  }
  return undefined;
}

export function atRandom(source: Source): RandomSource {
  if (source.isRandom) return source;
  throw new TypeError(`${source.name} cannot be read at random: compare() takes disks and files`);
}

interface Read {
  readonly at: bigint;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly others: Uint8Array<ArrayBuffer>;
}

async function* readSideBySide(
  { one, other }: Pair,
  ranges: AsyncIterable<Range>,
  requests: RequestShape,
  signal: AbortSignal,
): AsyncGenerator<Read, undefined> {
  const size = requestSizeFor(requests, one, other);
  const pool = new BufferPool(size);
  const read = async ({ at, count }: Piece) => {
    const buffers = [pool.take(), pool.take()] as const;
    const [bytes, others] = [buffers[0].subarray(0, count), buffers[1].subarray(0, count)];
    await Promise.all([one.readInto(bytes, at, signal), other.readInto(others, at, signal)]);
    return { at, bytes, others, buffers };
  };
  async function* work() {
    for await (const range of ranges) for (const piece of pieces(range, size)) yield () => read(piece);
  }
  for await (const { buffers, ...found } of ahead(work(), Math.max(1, boundedInFlight(requests, size) >> 1))) {
    yield found;
    for (const buffer of buffers) pool.give(buffer);
  }
}

/** The ranges that are not known to be zero in both. */
async function* bothMayDiffer(
  { one, other }: Pair,
  size: bigint,
  request: number,
  meter: Meter,
  signal: AbortSignal,
): AsyncGenerator<Range, undefined> {
  const all = { start: 0n, end: size };
  const parts = [one, other].map((source) => plan(source, all, BigInt(Math.max(one.block, other.block)), request, signal));
  const next = async (which: 0 | 1) => (await parts[which]?.next())?.value as Known | undefined;
  let [a, b] = [await next(0), await next(1)];
  for (let at = 0n; a !== undefined && b !== undefined; ) {
    const end = a.end < b.end ? a.end : b.end;
    if (a.content === 'zero' && b.content === 'zero') meter.add(end - at);
    else yield { start: at, end };
    at = end;
    if (a.end === at) a = await next(0);
    if (b.end === at) b = await next(1);
  }
}

/** The parts of two buffers that differ, as index of the first byte and end of the block that it is in; `into` is where they start in one. */
function* differing(
  a: Uint8Array<ArrayBuffer>,
  b: Uint8Array<ArrayBuffer>,
  block: number,
  into: number,
): Generator<[number, number], undefined> {
  for (let at = 0; at < a.length; ) {
    const index = indexOfDifference(a, b, at);
    if (index === -1) return;
    at = Math.min(a.length, index - ((index + into) % block) + block);
    yield [index, at];
  }
}

function indexOfDifference(a: Uint8Array<ArrayBuffer>, b: Uint8Array<ArrayBuffer>, from: number): number {
  let at = from;
  if (a.byteOffset % 4 === 0 && b.byteOffset % 4 === 0) {
    while (at % 4 !== 0 && at < a.length && a[at] === b[at]) at++;
    if (at % 4 === 0) {
      const words = new Uint32Array(a.buffer, a.byteOffset, a.length >> 2);
      const others = new Uint32Array(b.buffer, b.byteOffset, b.length >> 2);
      let word = at >> 2;
      while (word < words.length && words[word] === others[word]) word++;
      at = Math.max(at, word << 2);
    }
  }
  while (at < a.length && a[at] === b[at]) at++;
  return at < a.length ? at : -1;
}
