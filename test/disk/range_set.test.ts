// Sets of ranges, held against a set of bytes.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RangeSet } from '../../dist/disk/range_set.js';

const size = 64;
const range = fc.tuple(fc.nat(size), fc.nat(size)).map(([one, other]) => ({
  start: BigInt(Math.min(one, other)),
  end: BigInt(Math.max(one, other)),
}));
const step = fc.record({ kind: fc.constantFrom('add', 'add', 'subtract'), range });

/** The ranges that a set of bytes has. */
function runs(bytes: boolean[]): { start: bigint; end: bigint }[] {
  const found: { start: bigint; end: bigint }[] = [];
  for (const [i, isIn] of bytes.entries()) {
    if (!isIn) continue;
    const last = found.at(-1);
    if (last?.end === BigInt(i)) last.end++;
    else found.push({ start: BigInt(i), end: BigInt(i + 1) });
  }
  return found;
}

test('adding and taking away', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), range, (steps, window) => {
      const set = new RangeSet();
      const bytes: boolean[] = new Array(size).fill(false);
      for (const { kind, range } of steps) {
        if (kind === 'add') set.add(range);
        else set.subtract(range);
        bytes.fill(kind === 'add', Number(range.start), Number(range.end));
        expect([...set]).toEqual(runs(bytes));
      }
      expect(set.isEmpty).toBe(!bytes.includes(true));
      const within = bytes.map((isIn, i) => isIn && i >= window.start && i < window.end);
      expect(set.within(window)).toEqual(runs(within));
      const gaps = bytes.map((isIn, i) => !isIn && i >= window.start && i < window.end);
      expect([...set.gaps(window)]).toEqual(runs(gaps));
      expect(set.bytes).toBe(BigInt(bytes.filter((isIn) => isIn).length));
      expect([...new RangeSet(set)]).toEqual([...set]);
    }),
  );
});

const manyRanges = 2 ** 16 + 10;

test('without a bound, no range becomes longer than what was added', () => {
  const set = new RangeSet();
  for (let i = 0n; i < manyRanges; i++) set.add({ start: i * 4096n, end: i * 4096n + 512n });
  expect(set.bytes).toBe(512n * BigInt(manyRanges));
});

test('more ranges than there may be: the nearest become one, and none is left out', () => {
  const set = new RangeSet([], { most: 2 ** 16 });
  for (let i = 0n; i < manyRanges; i++) set.add({ start: i * 4096n, end: i * 4096n + 512n });
  const ranges = [...set];
  expect(ranges.length).toBeLessThan(2 ** 16);
  for (const i of [0n, 1n, 1000n, BigInt(manyRanges - 1)]) {
    expect(set.within({ start: i * 4096n, end: i * 4096n + 512n })).toEqual([{ start: i * 4096n, end: i * 4096n + 512n }]);
  }
});
