// Disks that somebody has damaged, or made to harm: by seed, 10 of each kind, and CAMPAIGN_DISKS by scripts/campaign.sh. Each is probed
// to its end, within bounds of reads and bytes; nothing throws, and an honest disk afterwards is found as ever.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Probe, probe } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../support/memory_disk.js';
import { numbers } from '../support/numbers.js';
import { upstreamImages, writeTable } from './native.js';
import { newImage, unpacked } from './probed.js';

const MiB = 2 ** 20;
const disks = Number(process.env.CAMPAIGN_DISKS ?? 10);
const firstSeed = Number(process.env.CAMPAIGN_SEED ?? 1);
const seeds = Array.from({ length: disks }, (_, i) => firstSeed + i);

/** What any disk may cost, whatever is on it. */
const mostRequests = 20_000;
const mostBytes = 512 * MiB;

/** Probes it; a call that does not come back makes the test fail by its timeout. */
async function stand(bytes: Uint8Array): Promise<Probe> {
  const disk = new MemoryDisk(bytes);
  const found = await probe(disk);
  expect(disk.requests.filter((request) => !request.startsWith('pread'))).toEqual([]);
  expect(found.reads.requests).toBe(disk.requests.length);
  expect(found.reads.requests).toBeLessThan(mostRequests);
  expect(found.reads.bytes).toBeLessThan(mostBytes);
  for (const { code, message } of found.warnings) expect([code, message].every((text) => text.length > 0)).toBe(true);
  return found;
}

/** Small images of upstream's, which are quick to damage. */
const names = readdirSync(join(upstreamImages, 'images-fs'));
const small = names.filter((name) =>
  /^(ext4|xfs|btrfs|ntfs|fat|luks2|lvm2|mdraid-1|ddf-raid|udf|iso|swap1|squashfs4|zfs|hfsplus|bcache-B|vmfs|apfs|erofs)\.img\.xz$/.test(
    name,
  ),
);

/** Where libblkid looks, in bytes from the beginning, or from the end. */
const places = [0, 0x1be, 512, 1024, 1080, 2048, 4096, 8192, 0x8000, 0x10000, 0x10040, 0x40000, -512, -1024, -4096, -0x10000];

/** Probes a disk with a few bytes changed, and puts them back. */
async function standDamage(bytes: Uint8Array, seed: number): Promise<void> {
  const next = numbers(seed);
  const before = new Map<number, number>();
  for (let count = 1 + next(60); count > 0; count--) {
    const place = places[next(places.length)] ?? 0;
    const at = (place < 0 ? bytes.length + place : place) + next(512);
    const was = bytes[at];
    if (was === undefined) continue;
    if (!before.has(at)) before.set(at, was);
    bytes[at] = [0, 0xff, 0x7f, 0x80, next(256)][next(5)] ?? 0;
  }
  await stand(bytes);
  for (const [at, was] of before) bytes[at] = was;
}

test.for(small)('damaged: %s', async (name) => {
  const image = await readFile(await unpacked(join(upstreamImages, 'images-fs', name)));
  const bytes = new Uint8Array(image).subarray(0, 64 * MiB);
  const content = (await stand(bytes)).content;
  for (const seed of seeds) await standDamage(bytes, seed);
  expect((await stand(bytes)).content).toEqual(content);
});

test.for(['gpt', 'dos'])('damaged: a table of the type %s', async (label) => {
  const image = await newImage(8 * MiB);
  await writeTable(
    image,
    `label: ${label}\nsize=1MiB\nsize=1MiB\n${label === 'dos' ? 'size=4MiB, type=5\nsize=1MiB\nsize=1MiB\n' : ''}`,
  );
  const bytes = new Uint8Array(await readFile(image));
  for (const seed of seeds) await standDamage(bytes, seed);
});

test('random bytes at every place', async () => {
  for (const seed of seeds) {
    const next = numbers(seed);
    await stand(new Uint8Array(2 * MiB).map(() => next(256)));
  }
});

/** An MBR or the table of a logical partition, whose entries are a type, a start and a size in sectors. */
function mbr(...entries: [type: number, start: number, size: number][]): Uint8Array {
  const sector = new Uint8Array(512);
  const view = new DataView(sector.buffer);
  for (const [index, [type, start, size]] of entries.entries()) {
    view.setUint8(446 + 16 * index + 4, type);
    view.setUint32(446 + 16 * index + 8, start, true);
    view.setUint32(446 + 16 * index + 12, size, true);
  }
  view.setUint16(510, 0xaa55, true);
  return sector;
}

test.for<[string, (disk: Uint8Array) => void]>([
  ['to itself', (disk) => disk.set(mbr([0x83, 8, 8], [5, 0, 2000]), 64 * 512)],
  [
    'of two',
    (disk) => {
      disk.set(mbr([0x83, 8, 8], [5, 100, 100]), 64 * 512);
      disk.set(mbr([0x83, 8, 8], [5, 0, 2000]), 164 * 512);
    },
  ],
  ['back to the MBR', (disk) => disk.set(mbr([0x83, 8, 8], [5, 0xffffffc0, 2000]), 64 * 512)],
])('a loop of logical partitions: %s', async ([, make]) => {
  const disk = new Uint8Array(2 * MiB);
  disk.set(mbr([5, 64, 4000]));
  make(disk);
  const found = await stand(disk);
  expect(found.table?.type).toBe('dos');
  expect(found.partitions.length).toBeLessThanOrEqual(64 + 4);
});

test('of 600 partitions, the contents of 256 are looked at', async () => {
  const image = await newImage(24 * MiB);
  const lines = Array.from({ length: 600 }, (_, i) => `start=${2048 + 16 * i}, size=16\n`);
  await writeTable(image, `label: gpt\ntable-length: 1024\n${lines.join('')}`);
  const found = await stand(new Uint8Array(await readFile(image)));
  expect(found.partitions.length).toBe(600);
  expect(found.partitions.flatMap(({ warnings }) => warnings)).toEqual([]);
  expect(found.warnings.map(({ code, message }) => [code, message])).toEqual([
    ['not-probed', 'the content of 344 partitions was not looked at: there are more than 256'],
  ]);
});

test('a GPT with 40,000 entries, which the memory has to grow for', async () => {
  const image = await newImage(64 * MiB);
  await writeTable(image, 'label: gpt\ntable-length: 40000\nstart=40MiB, size=1MiB\n');
  const bytes = new Uint8Array(await readFile(image));
  for (let count = 0; count < 3; count++) {
    const found = await stand(bytes);
    expect(found).toMatchObject({ table: { type: 'gpt' }, partitions: [{ number: 1, start: BigInt(40 * MiB) }], warnings: [] });
  }
});
