// What is typed to go to a place, and which part of the disk the hex view shows.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PlaceError, parsePlace } from '../../src/inspector/hex/places.js';
import * as viewport from '../../src/inspector/hex/viewport.js';

const partition = (number: number, start: bigint) => ({
  number,
  start,
  size: 1n << 20n,
  type: '0x83',
  flags: 0n,
  scheme: 'dos',
  warnings: [],
});
const context = {
  size: 2n ** 63n - 1n,
  sectorSize: 512,
  partitions: [partition(1, 1n << 20n), partition(2, 3n << 20n)],
  here: 5000n,
};

test.for([
  ['0x1be', 446n],
  ['446', 446n],
  ['1,048,576', 1048576n],
  ['1_000', 1000n],
  ['4K', 4096n],
  ['1.5 GiB', 1610612736n],
  ['2TB', 2n ** 41n],
  ['7e', 7n * 2n ** 60n],
  ['s2048', 1048576n],
  ['s0x10', 8192n],
  ['p2', 3n << 20n],
  ['p2 + 0x400', (3n << 20n) + 1024n],
  ['P1-s1', (1n << 20n) - 512n],
  ['50%', (2n ** 63n - 1n) / 2n],
  ['12.5%', (2n ** 63n - 1n) / 8n],
  ['100%', 2n ** 63n - 2n],
  ['end-512', 2n ** 63n - 513n],
  ['+512', 5512n],
  ['-1K', 3976n],
] as const)('%s is %i', ([text, offset]) => {
  expect(parsePlace(text, context)).toBe(offset);
});

test.for([
  ['', 'Type an offset'],
  ['p3', 'There is no partition 3. There are: p1, p2.'],
  ['8E', '0x8000000000000000 is beyond the end of the disk, which has 9,223,372,036,854,775,807 bytes.'],
  ['end', 'end-1 is its last byte'],
  ['-5001', '-5001 is 1 byte before the beginning of the disk.'],
  ['0xg', '“0xg” is no place'],
  ['1.5', '“1.5” is no place'],
  ['p1+', 'is no place'],
  ['12x', 'is no place'],
  ['--1', 'is no place'],
] as const)('“%s” is refused', ([text, message]) => {
  const call = () => parsePlace(text, context);
  expect(call).toThrow(PlaceError);
  expect(call).toThrow(message);
});

describe('the view', () => {
  const view = (size: bigint, top = 0n): viewport.Viewport => ({ size, rowBytes: 16, rows: 30, rowHeight: 20, top, shift: 0 });
  const largest = 2n ** 63n - 1n;

  test('ends with the last row at the bottom, at any size', () => {
    for (const [size, top] of [
      [0n, 0n],
      [1n, 0n],
      [480n, 0n],
      [481n, 16n],
      [largest, 2n ** 63n - 480n],
    ] as const) {
      expect(viewport.lastTop(view(size))).toBe(top);
      expect(viewport.scrolledBy(view(size), 1e15).top).toBe(size === largest ? BigInt(1e15 / 20) * 16n : top);
      expect(viewport.atFraction(view(size), 1).top).toBe(top);
      expect(viewport.fractionOf(view(size, top))).toBe(top === 0n ? 0 : 1);
    }
  });

  test('scrolls by pixels', () => {
    expect(viewport.scrolledBy(view(largest), 50)).toMatchObject({ top: 32n, shift: 10 });
    expect(viewport.scrolledBy({ ...view(largest, 32n), shift: 10 }, -11)).toMatchObject({ top: 16n, shift: 19 });
    expect(viewport.scrolledBy(view(largest, 16n), -100)).toMatchObject({ top: 0n, shift: 0 });
  });

  test('a byte that it is asked to show can be seen', () => {
    const offset = fc.bigInt({ min: 0n, max: largest - 1n });
    fc.assert(
      fc.property(offset, offset, fc.constantFrom(8, 16, 32), fc.integer({ min: 1, max: 90 }), (top, target, rowBytes, rows) => {
        const start = viewport.scrolledTo({ ...view(largest), rowBytes, rows }, top, 7);
        const shown = viewport.showing(start, target);
        expect(shown.top % BigInt(rowBytes)).toBe(0n);
        expect(target >= shown.top && target < shown.top + BigInt(rows * rowBytes)).toBe(true);
      }),
    );
  });

  const key = (name: string, ctrlKey = false) => ({ key: name, ctrlKey, metaKey: false });
  test.for([
    ['ArrowRight', false, 20n, 21n],
    ['ArrowLeft', false, 0n, 0n],
    ['ArrowUp', false, 20n, 4n],
    ['ArrowUp', false, 4n, 4n],
    ['ArrowDown', false, 20n, 36n],
    ['ArrowDown', false, 990n, 999n],
    ['ArrowDown', false, 995n, 995n],
    ['PageDown', false, 20n, 500n],
    ['PageDown', false, 900n, 999n],
    ['PageUp', false, 500n, 20n],
    ['PageUp', false, 100n, 4n],
    ['Home', false, 20n, 16n],
    ['End', false, 20n, 31n],
    ['End', false, 998n, 999n],
    ['Home', true, 500n, 0n],
    ['End', true, 500n, 999n],
  ] as const)('%s, with Ctrl %s, takes the cursor from %i to %i on a disk of 1000 bytes', ([name, ctrl, from, to]) => {
    expect(viewport.moved(key(name, ctrl), from, view(1000n))).toBe(to);
  });

  test('says how far it is', () => {
    expect(viewport.percentOf(0n, largest)).toBe('0 %');
    expect(viewport.percentOf(largest - 1n, largest)).toBe('100 %');
    expect(viewport.percentOf(largest / 8n, largest)).toBe('12.5 %');
    expect(viewport.percentOf(50n, 101n)).toBe('50 %');
  });

  test('has as many bytes in a row as fit', () => {
    expect([40, 60, 90, 200].map((characters) => viewport.rowBytesFor(characters, 8))).toEqual([8, 8, 16, 32]);
  });
});
