// What the page makes of addresses, sizes and partitions, without a page.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diskPath, nameInPath, normalized, shown } from '../../src/inspector/files/names.js';
import { exactSize, hexOffset, shortSize } from '../../src/inspector/format.js';
import { isSameStep, readPlace, withoutToken, writePlace } from '../../src/inspector/place.js';
import { partitionAt, rowsOf } from '../../src/inspector/probing.js';
import { urlMistake } from '../../src/inspector/problems.js';
import type { Partition } from '../../src/probe/types.js';

const MiB = 1024n * 1024n;

describe('sizes', () => {
  test.for([
    [0n, '0 bytes', '0 bytes'],
    [1n, '1 byte', '1 byte'],
    [1023n, '1023 bytes', '1,023 bytes'],
    [1536n, '1.5 KiB', '1,536 bytes'],
    [16n * MiB, '16 MiB', '16,777,216 bytes'],
    [16n * MiB - 1n, '15.9 MiB', '16,777,215 bytes'],
    [2n ** 63n, '8 EiB', '9,223,372,036,854,775,808 bytes'],
    [2n ** 64n - 1n, '15.9 EiB', '18,446,744,073,709,551,615 bytes'],
  ] as const)('%d is %s', ([bytes, short, exact]) => {
    expect([shortSize(bytes), exactSize(bytes)]).toEqual([short, exact]);
  });

  test('an offset in hexadecimal', () => expect(hexOffset(2n ** 63n)).toBe('0x8000000000000000'));
});

describe('the place in the address', () => {
  const bytes = fc.bigInt(0n, 2n ** 63n);
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

  test('is read as it was written, whatever the names are', () => {
    const path = fc.string({ unit: 'grapheme' }).map((name) => `/${name}`);
    const partition = optional(fc.nat({ max: 999 }));
    const image = fc.oneof(fc.record({ partition, path }), fc.constant({}));
    const place = fc.record({
      inside: optional(fc.array(image, { minLength: 1, maxLength: 8 })),
      files: optional(fc.record({ partition, path })),
      disk: optional(fc.string({ unit: 'grapheme' })),
      url: fc.constant(undefined),
      exportName: optional(fc.string({ unit: 'grapheme' })),
      at: bytes,
      length: bytes,
      view: optional(fc.record({ offset: bytes, length: fc.bigInt(1n, 2n ** 62n) })),
    });
    fc.assert(
      fc.property(place, (place) => {
        expect(readPlace(`#${writePlace(place)}`)).toEqual(place);
      }),
    );
  });

  test('what makes no sense is left out', () => {
    const place = readPlace('#disk=demo&at=-5&len=0x&zoom=9-3');
    expect(place).toEqual({ disk: 'demo' });
    expect(readPlace('#at=99999999999999999999999&zoom=0x0')).toEqual({});
    expect(readPlace('#in=disk&in=../x&in=disk')).toEqual({ inside: [{}] });
    expect(readPlace('')).toEqual({});
  });

  test('never has a token', () => {
    const url = 'wss://host/nbd/disk?token=secret&other=1';
    expect(withoutToken(url)).toBe('wss://host/nbd/disk?other=1');
    expect(writePlace({ url })).not.toContain('secret');
  });

  test('moves of the cursor and growing selections are one step; a jump is another', () => {
    const at = (offset: bigint, length: bigint) => ({ offset, length, why: '' });
    expect(isSameStep(at(0n, 1n), at(16n, 1n))).toBe(true);
    expect(isSameStep(at(0n, 1n), at(16n * MiB, 1n))).toBe(false);
    expect(isSameStep(at(16n, 1n), at(16n, 64n))).toBe(true);
    expect(isSameStep(at(16n, 64n), at(8n, 72n))).toBe(true);
    expect(isSameStep(at(MiB, 16n * MiB), at(17n * MiB, 24n * MiB))).toBe(false);
  });
});

describe('a URL that was typed in', () => {
  const http = { protocol: 'http:' };
  const https = { protocol: 'https:' };
  test.for([
    ['', /Type in/],
    ['localhost', /not a URL/],
    ['nbd://localhost/disk', /inspect/],
    ['nbds+unix:///?socket=x', /inspect/],
    ['https://host/nbd/disk', /begins with wss:/],
    ['ftp://host/x', /no WebSocket/],
  ] as const)('%s', ([url, why]) => expect(urlMistake(url, http)).toMatch(why));

  test('ws: from a page of https: opens only on this machine', () => {
    expect(urlMistake('ws://host/nbd/disk', http)).toBeUndefined();
    expect(urlMistake('ws://host/nbd/disk', https)).toMatch(/wss:/);
    expect(urlMistake('ws://localhost:1/nbd/disk', https)).toBeUndefined();
    expect(urlMistake('wss://host/nbd/disk', https)).toBeUndefined();
  });
});

describe('the rows of the table', () => {
  const partition = (number: number, start: bigint, size: bigint, more: Partial<Partition> = {}): Partition => ({
    number,
    start,
    size,
    type: '0x83',
    flags: 0n,
    scheme: 'dos',
    warnings: [],
    ...more,
  });
  const shown = (partitions: Partition[], size: bigint) =>
    rowsOf(partitions, size).map(({ start, size, partition }) => [partition?.number ?? 'free', start / MiB, size / MiB]);

  test('free space stands between them, and behind the last', () => {
    const partitions = [partition(2, 48n * MiB, 8n * MiB), partition(1, MiB, 16n * MiB)];
    expect(shown(partitions, 64n * MiB)).toEqual([
      [1, 1n, 16n],
      ['free', 17n, 31n],
      [2, 48n, 8n],
      ['free', 56n, 8n],
    ]);
  });

  test('logical partitions stand in the extended one, with what is free between them', () => {
    const partitions = [
      partition(1, MiB, 7n * MiB),
      partition(2, 8n * MiB, 24n * MiB, { extended: true }),
      partition(5, 9n * MiB, 3n * MiB, { logical: true }),
      partition(6, 20n * MiB, 12n * MiB, { logical: true }),
    ];
    expect(shown(partitions, 32n * MiB)).toEqual([
      [1, 1n, 7n],
      [2, 8n, 24n],
      [5, 9n, 3n],
      ['free', 12n, 8n],
      [6, 20n, 12n],
    ]);
    expect(partitionAt(partitions, 10n * MiB)?.number).toBe(5);
    expect(partitionAt(partitions, 15n * MiB)?.number).toBe(2);
    expect(partitionAt(partitions, 0n)).toBeUndefined();
  });

  test('without partitions there are none', () => expect(rowsOf([], 64n * MiB)).toEqual([]));
});

describe('the path of a file', () => {
  test('keeps bytes that are not UTF-8, and names that look like such bytes', () => {
    const latin = Uint8Array.from([0x6c, 0xe9, 0x25, 0x34, 0x31]);
    const name = nameInPath({ name: 'l\ufffd%41', bytes: latin });
    expect(name).toBe('l%e9%2541');
    expect(diskPath(name)).toEqual(latin);
    expect(shown(name)).toBe('l\\xe9%41');
    expect(diskPath(nameInPath({ name: '100%41' }))).toEqual(new TextEncoder().encode('100%41'));
    expect(diskPath('/etc/fstab')).toBe('/etc/fstab');
  });

  test('is made simple, and never leads above the root', () => {
    expect(normalized('//etc/./default/../fstab/')).toBe('/etc/fstab');
    expect(normalized('../../etc')).toBe('/etc');
  });

  test('is in the link with its slashes, and with the partition that has it', () => {
    const place = { disk: 'vm', files: { partition: 2, path: '/a b/c&d=%e9' } };
    expect(writePlace(place)).toBe('disk=vm&part=2&path=/a+b/c%26d%3D%25e9');
    expect(readPlace(writePlace(place))).toMatchObject(place);
  });
});
