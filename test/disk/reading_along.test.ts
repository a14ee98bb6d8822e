// Whoever reads what the server tells of, reads while it tells: a disk may take thousands of replies, and a compressed file is unpacked for each.
import { createHash } from 'node:crypto';
import { checksum, compare, copy } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { askGeometry } from '../../dist/disk/disk.js';
import { readable } from '../../dist/disk/transfers.js';
import { noise } from '../support/bytes.js';
import { MemoryDisk } from '../support/memory_disk.js';

const MiB = 2 ** 20;
const size = 64 * MiB;
/** What is in flight, and what is told beyond it, is less. */
const most = 24 * MiB;

/** All of it is data, or every second MiB a hole; a reply tells of one MiB. */
function toldInParts(hasHoles: boolean): MemoryDisk {
  const disk = new MemoryDisk(noise(size, 1));
  const isHole = (offset: number) => hasHoles && Math.floor(offset / MiB) % 2 === 1;
  if (hasHoles) for (let at = MiB; at < size; at += 2 * MiB) disk.bytes.fill(0, at, at + MiB);
  disk.extents = (offset) => [[BigInt(MiB - (offset % MiB)), isHole(offset) ? 3n : 0n]];
  return disk;
}

/** How far the disk has told at most of what was not read yet, in bytes. */
function farthest({ requests }: MemoryDisk): number {
  let read = 0;
  return Math.max(
    ...requests.map((request) => {
      const [kind, count, offset] = request.split(' ');
      if (kind === 'status') return Number(offset) - read;
      read = Math.max(read, Number(offset) + Number(count));
      return 0;
    }),
  );
}

async function read(disk: MemoryDisk): Promise<Uint8Array> {
  return new Uint8Array(await new Response(readable(disk, await askGeometry(disk), { skipZeroes: true })).arrayBuffer());
}

async function copied(disk: MemoryDisk): Promise<Uint8Array> {
  const target = new MemoryDisk(size);
  await copy(disk, target);
  return target.bytes;
}

async function streamed(disk: MemoryDisk): Promise<Uint8Array> {
  const target = new Uint8Array(size);
  let at = 0;
  const write = (chunk: Uint8Array) => {
    target.set(chunk, at);
    at += chunk.length;
  };
  await copy(disk, new WritableStream({ write }));
  return target;
}

async function isEqualToItsCopy(disk: MemoryDisk): Promise<boolean> {
  return (await compare(disk, new MemoryDisk(disk.bytes))).isEqual;
}

/** What a way finds, and what of the disk's bytes it is to find. */
const ways = [
  { name: 'readable()', find: read, wanted: (bytes: Uint8Array) => bytes },
  { name: 'copy()', find: copied, wanted: (bytes: Uint8Array) => bytes },
  { name: 'copy() to a stream', find: streamed, wanted: (bytes: Uint8Array) => bytes },
  { name: 'checksum()', find: checksum, wanted: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex') },
  { name: 'compare()', find: isEqualToItsCopy, wanted: () => true },
];

test.for(ways.flatMap((way) => [false, true].map((hasHoles) => ({ ...way, hasHoles }))))(
  '$name, with holes: $hasHoles',
  async ({ find, wanted, hasHoles }) => {
    const disk = toldInParts(hasHoles);
    const [found, right] = [await find(disk), wanted(disk.bytes)];
    if (found instanceof Uint8Array && right instanceof Uint8Array) expect(Buffer.compare(found, right)).toBe(0);
    else expect(found).toBe(right);
    expect(disk.requests.filter((request) => request.startsWith('status')).length).toBe(size / MiB);
    expect(farthest(disk)).toBeLessThan(most);
  },
);

test('a hole that is told in parts which are no blocks is a hole', async () => {
  const disk = new MemoryDisk(size);
  disk.bytes.fill(1, 0, MiB);
  disk.extents = (offset) => (offset < MiB ? [[BigInt(MiB - offset), 0n]] : [[BigInt(Math.min(MiB + 1, size - offset)), 3n]]);
  const target = new MemoryDisk(size);
  target.getBlockSize = () => 4096n;
  await copy(disk, target);
  expect(Buffer.compare(target.bytes, disk.bytes)).toBe(0);
  const counts = disk.requests.map((request) => Number(/^pread (\d+)/.exec(request)?.[1] ?? 0));
  expect(counts.reduce((sum, count) => sum + count)).toBe(MiB);
});
