// Values at the cursor, what is copied, and what is saved.
import { cached, NBDError, openDisk } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { formatted } from '../../src/inspector/hex/formats.js';
import { PartDisk } from '../../src/inspector/hex/part_disk.js';
import { save, saveToBlob } from '../../src/inspector/hex/save.js';
import { valuesAt } from '../../src/inspector/hex/values.js';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { nbdkit } from '../support/servers.js';

const valuesOf = (bytes: readonly number[]) =>
  Object.fromEntries(valuesAt(Uint8Array.from(bytes)).map(({ name, text }) => [name, text]));

describe('values', () => {
  test('integers, floating point numbers and UUIDs', () => {
    const bytes = [0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 1, 2, 3, 4, 5, 6, 7, 8];
    const view = new DataView(Uint8Array.from(bytes).buffer);
    expect(valuesOf(bytes)).toMatchObject({
      u8: '255 (0xff)',
      i8: '-1',
      'u16 LE': `${view.getUint16(0, true)} (0xfeff)`,
      'i16 BE': String(view.getInt16(0)),
      'u32 LE': `${view.getUint32(0, true)} (0xfcfdfeff)`,
      'i32 LE': String(view.getInt32(0, true)),
      'u64 BE': `${view.getBigUint64(0)} (0xfffefdfcfbfaf9f8)`,
      'i64 LE': String(view.getBigInt64(0, true)),
      'f64 BE': String(view.getFloat64(0)),
      'f32 LE': String(view.getFloat32(0, true)),
      UUID: 'fffefdfc-fbfa-f9f8-0102-030405060708',
      'GUID (UEFI, Microsoft)': 'fcfdfeff-fafb-f8f9-0102-030405060708',
    });
  });

  test('times', () => {
    const little = (value: bigint) => Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
    const seconds = BigInt(Date.UTC(2024, 1, 29, 12, 34, 56) / 1000);
    expect(valuesOf(little(seconds))).toMatchObject({
      'Unix time, 32 bit': '2024-02-29 12:34:56 UTC',
      'Unix time, 64 bit': '2024-02-29 12:34:56 UTC',
    });
    expect(valuesOf(little((seconds + 11644473600n) * 10000000n)).FILETIME).toBe('2024-02-29 12:34:56 UTC');
    const dos = BigInt(((44 << 9) | (2 << 5) | 29) * 65536 + ((12 << 11) | (34 << 5) | 28));
    expect(valuesOf(little(dos))['DOS date and time']).toBe('2024-02-29 12:34:56');
    expect(valuesOf([0, 0, 0, 0])['DOS date and time']).toBeUndefined();
  });

  test('text, and what the disk is too short for', () => {
    expect(valuesOf([...new TextEncoder().encode('Grüße\nx')])['UTF-8']).toBe('Grüße');
    expect(valuesOf([0x47, 0, 0x52, 0, 0, 0])['UTF-16LE']).toBe('GR');
    expect(valuesOf([1, 2, 3])).toMatchObject({ 'u16 LE': '513 (0x0201)', 'u32 LE': undefined, UUID: undefined });
    expect(valuesOf([]).u8).toBeUndefined();
  });
});

test('copies as hex, text, a C array and base64', () => {
  const bytes = Uint8Array.from({ length: 18 }, (_, index) => index + 0x41);
  expect(formatted(bytes, 'hex')).toBe('41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50\n51 52');
  expect(formatted(bytes, 'text')).toBe('ABCDEFGHIJKLMNOPQR');
  expect(formatted(bytes.subarray(0, 2), 'C array')).toBe('const unsigned char data[2] = {\n  0x41, 0x42,\n};\n');
  const long = noise(100_000);
  expect(formatted(long, 'base64')).toBe(Buffer.from(long).toString('base64'));
});

describe('a saved range', () => {
  const failingAt = (from: number, to: number) => {
    const disk = new MemoryDisk(noise(2 ** 20));
    disk.before = async (request) => {
      const [, count, offset] = request.split(' ').map(Number) as [number, number, number];
      if (offset < to && offset + count > from) throw new NBDError(`${request}: bad sector`, 'EIO');
    };
    return disk;
  };
  const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

  test('is what the disk has, at any alignment', async () => {
    const args = ['blocksize-minimum=65536', 'blocksize-preferred=65536', 'blocksize-maximum=1M', 'blocksize-error-policy=error'];
    const disk = await openDisk((await nbdkit('--filter=blocksize-policy', 'pattern', '4M', ...args)).uri);
    onTestFinished(() => disk.close());
    const blob = await saveToBlob(disk, { offset: 100_001n, length: 1_234_567n });
    expect(firstDifference(await bytesOf(blob), pattern(100_001, 1_234_567))).toBe(-1);
  });

  test('has zeroes for holes, which are not read', async () => {
    const disk = await openDisk((await nbdkit('data', '@20971520 1 2 3', 'size=64M')).uri);
    onTestFinished(() => disk.close());
    const part = await PartDisk.of(disk, { start: 20_971_519n, end: 20_971_519n + 2n ** 20n });
    const bytes = await bytesOf(await saveToBlob(disk, { offset: 20_971_519n, length: 2n ** 20n }));
    expect(Array.from(bytes.subarray(0, 5))).toEqual([0, 1, 2, 3, 0]);
    let length = 0n;
    for await (const extent of part.extents()) length += extent.length;
    expect(length).toBe(2n ** 20n);
  });

  test('with what cannot be read ends there, and says how far it came', async () => {
    const call = saveToBlob(failingAt(600_000, 600_100), { offset: 1n, length: 900_000n });
    await expect(call).rejects.toThrow(/bad sector.* of 900000 bytes were copied/);
  });

  test('has zeroes for what cannot be read, if that is wanted, and tells of it', async () => {
    const disk = failingAt(600_000, 600_100);
    const zeroed: [bigint, bigint][] = [];
    const onUnreadable = ({ offset, length }: { offset: bigint; length: bigint }) => void zeroed.push([offset, length]);
    const bytes = await bytesOf(await saveToBlob(disk, { offset: 0n, length: 2n ** 20n, onUnreadable }));
    expect(zeroed).toEqual([[599_552n, 1024n]]);
    const expected = disk.bytes.slice();
    expected.fill(0, 599_552, 600_576);
    expect(firstDifference(bytes, expected)).toBe(-1);
  });

  test('can be stopped', async () => {
    const disk = await cached(new MemoryDisk(noise(2 ** 22)));
    const controller = new AbortController();
    const target = new WritableStream({ write: () => controller.abort(new Error('enough')) });
    await expect(save(disk, target, { offset: 0n, length: 2n ** 22n, signal: controller.signal })).rejects.toThrow('enough');
  });

  test('of more than memory should hold needs another browser', async () => {
    await expect(saveToBlob(new MemoryDisk(10), { offset: 0n, length: 2n ** 40n })).rejects.toThrow(/536870912 bytes at most/);
  });
});
