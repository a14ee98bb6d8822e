// The map of a disk's extents, held against an array that has an entry for each byte.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Columns } from '../../src/inspector/map/columns.js';
import { ExtentMap } from '../../src/inspector/map/extent_map.js';
import { bitOf, failed, unknown } from '../../src/inspector/map/kinds.js';

const cells = 97;
/** How many bytes a cell has. The largest makes a disk of nearly 2^63 bytes; none but 1 is a power of two. */
const units = [1n, 2n ** 31n - 1n, 2n ** 32n + 1n, (2n ** 63n - 1n) / BigInt(cells)];
const at = fc.nat(cells - 1);
const entry = fc.tuple(fc.nat(9), fc.constantFrom(0n, 1n, 2n, 3n, 17n, 2n ** 63n));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), at, entries: fc.array(entry, { maxLength: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('fail' as const, 'forget' as const), at, length: fc.nat(cells) }) },
);

/** What a cell is: flags, or a kind without flags. */
type Cell = bigint | 'unknown' | 'failed';

function apply(map: ExtentMap, naive: Cell[], unit: bigint, one: typeof step extends fc.Arbitrary<infer T> ? T : never): void {
  if (one.kind !== 'add') {
    map[one.kind](BigInt(one.at) * unit, BigInt(one.length) * unit);
    naive.fill(one.kind === 'fail' ? 'failed' : 'unknown', one.at, Math.min(cells, one.at + one.length));
    return;
  }
  const flat = BigUint64Array.from(one.entries.flatMap(([length, flags]) => [BigInt(length) * unit, flags]));
  const told = map.addEntries(BigInt(one.at) * unit, map.size, flat);
  let position = one.at;
  for (const [length, flags] of one.entries) {
    const end = Math.min(cells, position + length);
    naive.fill(flags, position, end);
    position = end;
  }
  expect(told).toBe(BigInt(position) * unit);
}

const cellOf = (map: ExtentMap, kind: number): Cell =>
  kind === unknown ? 'unknown' : kind === failed ? 'failed' : (map.kinds.flags(kind) ?? -1n);

/** The cells of which a mask says that they are there. */
const cellsOf = (map: ExtentMap, mask: number): Set<Cell> =>
  new Set(
    Array.from({ length: map.kinds.count }, (_, kind) => kind)
      .filter((kind) => mask & bitOf(kind))
      .map((kind) => cellOf(map, kind)),
  );

function runsOf(map: ExtentMap): [bigint, bigint, Cell][] {
  const found: [bigint, bigint, Cell][] = [];
  const cursor = map.cursor();
  do found.push([cursor.run.offset, cursor.run.length, cellOf(map, cursor.kind)]);
  while (cursor.next());
  return found;
}

function naiveRuns(naive: Cell[], unit: bigint): [bigint, bigint, Cell][] {
  const found: [bigint, bigint, Cell][] = [];
  for (const [i, cell] of naive.entries()) {
    const last = found.at(-1);
    if (last?.[2] === cell) last[1] += unit;
    else found.push([BigInt(i) * unit, unit, cell]);
  }
  return found;
}

test.for(units)('runs, totals and pixels of whatever is added, in cells of %i bytes', (unit) => {
  const range = fc.tuple(at, at).map(([one, other]) => [Math.min(one, other), Math.max(one, other) + 1] as const);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), range, fc.integer({ min: 1, max: 200 }), (steps, [from, to], count) => {
      const map = new ExtentMap(unit * BigInt(cells));
      const naive: Cell[] = new Array(cells).fill('unknown');
      for (const one of steps) {
        apply(map, naive, unit, one);
        expect(map.runs).toBe(naiveRuns(naive, unit).length);
      }
      expect(runsOf(map)).toEqual(naiveRuns(naive, unit));
      for (let kind = 0; kind < map.kinds.count; kind++) {
        const cell = cellOf(map, kind);
        expect(map.total(kind)).toBe(BigInt(naive.filter((one) => one === cell).length) * unit);
      }

      const window = { offset: BigInt(from) * unit, length: BigInt(to - from) * unit };
      const gap = naive.indexOf('unknown', from);
      expect(map.firstUnknown(window)?.offset).toBe(gap < 0 || gap >= to ? undefined : BigInt(gap) * unit);

      const columns = new Columns(window, count);
      const masks = new Uint32Array(count);
      map.summarize(columns, masks);
      const [found, expected]: [unknown[], unknown[]] = [[], []];
      for (let i = 0; i < count; i++) {
        const bytes = columns.bytes(i);
        const [start, end] = [Number(bytes.offset / unit), Number((bytes.offset + bytes.length + unit - 1n) / unit)];
        found.push([...cellsOf(map, masks[i] ?? 0)].sort(), map.summary(bytes));
        expected.push([...new Set(naive.slice(start, end))].sort(), {
          mask: masks[i],
          runs: naiveRuns(naive.slice(start, end), 1n).length,
        });
      }
      expect(found).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('columns are the whole window, none without a byte, and each with every byte that a part of it belongs to', () => {
  const length = fc.oneof(fc.bigInt(1n, 5000n), fc.bigInt(1n, 2n ** 63n - 1n));
  fc.assert(
    fc.property(length, fc.bigInt(0n, 2n ** 63n - 1n), fc.integer({ min: 1, max: 700 }), (length, place, count) => {
      const offset = place % (2n ** 63n - length);
      const columns = new Columns({ offset, length }, count);
      const expected = Array.from({ length: count }, (_, i) => {
        const start = offset + (BigInt(i) * length) / BigInt(count);
        const end = offset + (BigInt(i + 1) * length + BigInt(count) - 1n) / BigInt(count);
        return { offset: start, length: end - start };
      });
      expect(Array.from({ length: count }, (_, i) => columns.bytes(i))).toEqual(expected);
      expect(expected.every((bytes) => bytes.length > 0n)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

/** A million extents that change with every one, of sizes that are no pattern, in replies of a thousand that come in any order. */
test('a million extents, in any order', () => {
  const count = 1_000_000;
  const perReply = 1000;
  let seed = 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const lengths = Array.from({ length: count }, () => BigInt(1 + Math.floor(random() * 2 ** 42)));
  const offsets: bigint[] = [];
  let size = 0n;
  for (const length of lengths) {
    offsets.push(size);
    size += length;
  }
  const order = Array.from({ length: count / perReply }, (_, i) => i).sort(() => random() - 0.5);
  const map = new ExtentMap(size);
  for (const reply of order) {
    const from = reply * perReply;
    const entries = lengths.slice(from, from + perReply).flatMap((length, i) => [length, BigInt((from + i) % 3)]);
    map.addEntries(offsets[from] ?? 0n, size, BigUint64Array.from(entries));
  }
  expect(map.runs).toBe(count);
  expect(map.total(unknown)).toBe(0n);
  const sums = [0n, 0n, 0n];
  for (const [i, length] of lengths.entries()) sums[i % 3] = (sums[i % 3] ?? 0n) + length;
  expect(sums.map((_, flags) => map.total(map.kinds.of(BigInt(flags))))).toEqual(sums);
  for (const i of [0, 1, 777_777, count - 1]) {
    expect(map.at(offsets[i] ?? 0n)).toMatchObject({ offset: offsets[i], length: lengths[i] });
    expect(map.at((offsets[i] ?? 0n) + (lengths[i] ?? 0n) - 1n)).toMatchObject({ offset: offsets[i], length: lengths[i] });
  }
});

test('a server that has too many different flags takes a bounded memory, and its rest is told from what has a name', () => {
  const many = 70_000;
  const map = new ExtentMap(BigInt(many));
  map.addEntries(
    0n,
    map.size,
    BigUint64Array.from({ length: 2 * many }, (_, i) => (i % 2 === 0 ? 1n : BigInt(1000 + i))),
  );
  expect(map.kinds.count).toBe(2 ** 16 + 2);
  expect(map.kinds.flags(map.at(65_535n).kind)).toBe(1000n + 131_071n);
  expect(map.kinds.flags(map.at(65_536n).kind)).toBe(undefined);
  expect(map.at(65_536n).length).toBe(BigInt(many - 65_536));
});

test('a disk of no bytes has no runs', () => {
  const map = new ExtentMap(0n);
  map.add(0n, 10n, 1n);
  expect([map.runs, map.firstUnknown({ offset: 0n, length: 10n })]).toEqual([0, undefined]);
});
