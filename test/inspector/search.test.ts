// The search of the inspector's hex view, held against a naive one, and against real servers.
import { type Disk, NBDError, openDisk } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Finder, type NeedleKind, parseNeedle } from '../../src/inspector/hex/needle.js';
import { type Found, type SearchOptions, type SearchProgress, search } from '../../src/inspector/hex/search.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { numbers } from '../support/numbers.js';
import { nbdkit } from '../support/servers.js';

async function all(disk: Disk, text: string, kind: NeedleKind = 'hex', options: SearchOptions = {}): Promise<Found[]> {
  const found: Found[] = [];
  for await (const each of search(disk, parseNeedle(text, kind), options)) found.push(each);
  return found;
}

const offsets = (found: readonly Found[]) => found.filter(({ kind }) => kind === 'hit').map(({ offset }) => Number(offset));

/** The offsets at which bytes fit, tried one after another; undefined stands for any digit. */
function naively(bytes: Uint8Array, text: string, from = 0, to = bytes.length): number[] {
  const pairs = text.match(/../g) ?? [];
  const fits = (byte: number, pair: string) => {
    const digits = byte.toString(16).padStart(2, '0');
    return [...pair].every((char, index) => char === '?' || char === digits[index]);
  };
  const found = [];
  for (let at = from; at + pairs.length <= to; at++) {
    if (pairs.every((pair, index) => fits(bytes[at + index] as number, pair))) found.push(at);
  }
  return found;
}

async function openOn(...args: string[]): Promise<Disk> {
  const disk = await openDisk((await nbdkit(...args)).uri);
  onTestFinished(() => disk.close());
  return disk;
}

describe('finds what a naive search finds', () => {
  test.for(Array.from({ length: 40 }, (_, seed) => seed))('seed %i', async (seed) => {
    const below = numbers(seed);
    const size = 1 + below(6000);
    // Few different bytes, and runs of zeroes: hits are many, and lie across every border.
    const disk = new MemoryDisk(new Uint8Array(size));
    const isZero: boolean[] = [];
    for (let at = 0; at < size; ) {
      const end = Math.min(size, at + 1 + below(700));
      const zero = below(2) === 0;
      for (; at < end; at++) {
        disk.bytes[at] = zero ? 0 : below(3);
        isZero.push(zero);
      }
    }
    if (seed % 2 === 0) {
      disk.extents = (offset) => {
        const entries: [bigint, bigint][] = [];
        for (let at = offset; at < size; ) {
          let end = at + 1;
          while (end < size && isZero[end] === isZero[at]) end++;
          entries.push([BigInt(end - at), isZero[at] ? 3n : 0n]);
          at = end;
        }
        return entries;
      };
    }
    const digits = '012'.split('').map((char) => `0${char}`);
    const needle = Array.from({ length: 1 + below(9) }, () => (below(6) === 0 ? '??' : digits[below(3)])).join('');
    if (/^\?*$/.test(needle)) return;
    const [one, other] = [below(size + 1), below(size + 1)];
    const [from, to] = [Math.min(one, other), Math.max(one, other)];
    const options = { offset: from, length: to - from, requestSize: 1 + below(600), inFlight: 1 + below(5) };
    expect(offsets(await all(disk, needle, 'hex', options))).toEqual(naively(disk.bytes, needle, from, to));
  });
});

test('hits may overlap, and lie across the borders of requests', async () => {
  const disk = new MemoryDisk(new Uint8Array(100).fill(7));
  expect(offsets(await all(disk, '070707', 'hex', { requestSize: 4 }))).toEqual(Array.from({ length: 98 }, (_, at) => at));
});

describe('what is typed', () => {
  const bytes = new TextEncoder().encode('Grüße, GRUB and grub');
  const find = (text: string, kind: NeedleKind) => [...new Finder(parseNeedle(text, kind)).in(bytes)];

  test('as text, in any case, in UTF-16 and in hexadecimal', () => {
    expect(find('GRUB', 'text')).toEqual([9]);
    expect(find('grüße', 'text-any-case')).toEqual([0]);
    expect(find('gRuB', 'text-any-case')).toEqual([9, 18]);
    expect(Array.from(parseNeedle('aß', 'utf-16le').bytes)).toEqual([0x61, 0, 0xdf, 0]);
    expect(find('0x47 52', 'hex')).toEqual([9]);
    expect(find('4? ?? 55', 'hex')).toEqual([9]);
  });

  test.for([
    ['', 'Type what to search for.'],
    ['5', 'two for each byte'],
    ['5g', '“g” is no hexadecimal digit'],
    ['?? ??', 'Every byte would fit'],
    ['00'.repeat(1025), '1025 bytes are too many'],
  ] as const)('refuses “%s”', ([text, message]) => {
    expect(() => parseNeedle(text, 'hex')).toThrow(message);
  });
});

test('what cannot be read is told, and the rest is searched', async () => {
  const disk = new MemoryDisk(1 << 20);
  for (const at of [10, 300_000, 312_000, 900_000]) disk.bytes.set([0xde, 0xad], at);
  const [from, to] = [303_104, 311_296]; // two blocks of 4096
  disk.before = async (request) => {
    const [, count, offset] = request.split(' ').map(Number) as [number, number, number];
    if (offset < to && offset + count > from) throw new NBDError(`${request}: bad sector`, 'EIO');
  };
  const found = await all(disk, 'dead');
  expect(offsets(found)).toEqual([10, 300_000, 312_000, 900_000]);
  const bad = found.filter((each) => each.kind === 'unreadable');
  expect(bad.map(({ offset, length, error }) => [offset, length, error.code])).toEqual([
    [BigInt(from), BigInt(to - from), 'EIO'],
  ]);
});

test('an end of the connection ends the search', async () => {
  const server = await nbdkit('pattern', '16M');
  const disk = await openDisk(server.uri, { retry: false });
  onTestFinished(() => disk.close());
  const run = async () => {
    for await (const _ of search(disk, parseNeedle('ff ff ff', 'hex'), { progress: () => void server.kill() }));
  };
  await expect(run()).rejects.toThrow(NBDError);
});

test('can be stopped, and says how far it is', async () => {
  const disk = await openOn('pattern', '64M');
  const controller = new AbortController();
  const told: SearchProgress[] = [];
  const progress = (now: SearchProgress) => {
    told.push(now);
    if (now.bytes >= 2n ** 20n) controller.abort(new Error('enough'));
  };
  await expect(all(disk, 'ffffffff', 'hex', { signal: controller.signal, progress })).rejects.toThrow('enough');
  expect(told.at(-1)).toMatchObject({ bytes: 2n ** 20n, total: 2n ** 26n, skipped: 0n });
});

test('holes are skipped, and what stands between them is found', async () => {
  const end = 2n ** 40n;
  const disk = await openOn('data', '@0xfffffff000 0x55 0xaa @1000000 0x55 0xaa', `size=${end}`);
  const told: SearchProgress[] = [];
  const found = await all(disk, '55aa 0000', 'hex', { progress: (now) => void told.push(now) });
  expect(found.map(({ offset }) => offset)).toEqual([1000000n, 0xfffffff000n]);
  expect(told.at(-1)?.bytes).toBe(end);
  expect(end - (told.at(-1)?.skipped ?? 0n)).toBeLessThan(2n ** 20n);
  expect(told.some(({ bytes }) => bytes === end / 2n)).toBe(true); // it tells how far it is amid the hole
});

test('zeroes are searched for in holes as well', async () => {
  const disk = await openOn('data', '0x01', 'size=65536');
  expect(offsets(await all(disk, '0000', 'hex', { length: 10 }))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('a server whose smallest block is 64 KiB', async () => {
  const args = ['blocksize-minimum=65536', 'blocksize-preferred=65536', 'blocksize-maximum=1M', 'blocksize-error-policy=error'];
  const disk = await openOn('--filter=blocksize-policy', 'data', '@131070 0x55 0xaa 0x11', 'size=1M', ...args);
  expect(offsets(await all(disk, '55aa11', 'hex', { offset: 100_001, length: 60_001 }))).toEqual([131_070]);
});
