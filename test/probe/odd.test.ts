// Disks that are odd or broken: of no size, of the wrong size, with large blocks, with parts that cannot be read, with an end that never
// comes.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { NBDError, probe } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { failure } from '../support/handles.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run } from '../support/processes.js';
import { writeTable } from './native.js';
import { expectAsBlkid, expectPartitionsAsBlkid, newImage, probed, served } from './probed.js';

const MiB = 2 ** 20;

const nothing = { ambivalent: false, partitions: [], warnings: [], sectorSize: 512 };

test.for([0, 1, 100, 512, 1024, 1025, 4096, 100_000])('an empty disk of %i bytes', async (size) => {
  const image = await newImage(size);
  const found = await probed(image);
  expect(found).toMatchObject({ ...nothing, size: BigInt(size) });
  expect(found.content).toBeUndefined();
  await expectAsBlkid(found, image);
});

test.for([100, 100_000])('noise of %i bytes', async (size) => {
  expect(await probe(new MemoryDisk(noise(size)))).toMatchObject(nothing);
});

test('an empty disk of 8 EiB less a sector is read at both ends alone', async () => {
  const found = await probe(await served('pattern', String(2n ** 63n - 512n)));
  expect(found).toMatchObject({ ...nothing, size: 2n ** 63n - 512n });
  expect(found.reads.bytes).toBeLessThan(2 * MiB);
});

async function diskWithTwo(): Promise<string> {
  const image = await newImage(64 * MiB);
  await writeTable(image, 'label: gpt\nstart=1MiB, size=16MiB\nsize=32MiB\n');
  for (const offset of [MiB, 17 * MiB]) {
    await run('sh', '-c', 'PATH=/usr/sbin:$PATH mkfs.ext4 -q -F -E offset=$2 "$1" 16M', 'sh', image, String(offset));
  }
  return image;
}

test('a minimum block of 64 KiB', async () => {
  const image = await diskWithTwo();
  const policy = ['blocksize-minimum=65536', 'blocksize-preferred=65536', 'blocksize-maximum=1M', 'blocksize-error-policy=error'];
  const nbd = await served('--filter=blocksize-policy', 'file', image, ...policy);
  const found = await probe(nbd);
  await expectAsBlkid(found, image);
  await expectPartitionsAsBlkid(found, image);
  expect(found).toMatchObject({ sectorSize: 512, warnings: [] });
});

test('a disk that cannot be read in the middle: the rest is found, and the place is named', async () => {
  const image = await diskWithTwo();
  // Every read that touches the first sectors of the second partition fails.
  const [from, to] = [17 * MiB, 17 * MiB + 4096];
  const pread = `if [ $4 -lt ${to} ] && [ $(($4 + $3)) -gt ${from} ]; then echo EIO bad sector >&2; exit 1; fi
    exec dd if=${image} bs=$3 count=1 skip=$4 iflag=skip_bytes,fullblock status=none`;
  const found = await probe(await served('eval', `get_size=stat -c %s ${image}`, `pread=${pread}`));
  expect(found.table).toMatchObject({ type: 'gpt', checks: { agree: true } });
  const [first, second] = found.partitions;
  expect(first).toMatchObject({ content: { type: 'ext4' }, warnings: [] });
  expect(second?.content).toBeUndefined();
  expect(second?.warnings.length).toBeGreaterThan(0);
  for (const { code, offset = 0n, length = 0n } of second?.warnings ?? []) {
    expect(code).toBe('unreadable');
    expect(offset).toBeLessThan(BigInt(to));
    expect(offset + length).toBeGreaterThan(BigInt(from));
  }
});

test('a disk that is gone', async () => {
  const disk = new MemoryDisk(MiB);
  disk.before = async () => {
    throw new NBDError('nbd_pread: the connection is lost', 'ENOTCONN', { isFatal: true });
  };
  expect(await failure(probe(disk))).toMatchObject({ code: 'ENOTCONN' });
});

test('an abort ends it at once, while the disk does not answer', async () => {
  const disk = new MemoryDisk(MiB);
  const abort = new AbortController();
  disk.before = () => {
    abort.abort('enough');
    return new Promise(() => {});
  };
  expect(await failure(probe(disk, { signal: abort.signal }))).toBe('enough');
  expect(await failure(probe(disk, { signal: AbortSignal.abort('before') }))).toBe('before');
});

test('a range of the disk', async () => {
  const image = await diskWithTwo();
  const found = await probe(await served('file', image), { offset: MiB, length: 16 * MiB });
  expect(found).toMatchObject({ size: BigInt(16 * MiB), content: { type: 'ext4', offset: BigInt(MiB) + 1080n }, partitions: [] });
});

test('options that do not fit are refused', async () => {
  const disk = new MemoryDisk(MiB);
  expect(await failure(probe(disk, { offset: 2 * MiB }))).toBeInstanceOf(RangeError);
  expect(await failure(probe(disk, { sectorSize: 1000 }))).toBeInstanceOf(RangeError);
  expect(await failure(probe(disk, { cache: { blockSize: 0 } }))).toBeInstanceOf(RangeError);
});

test('blkid.wasm: a module, its bytes, a URL', async () => {
  const url = new URL(import.meta.resolve('libnbd-wasm/blkid.wasm'));
  const bytes = await readFile(fileURLToPath(url));
  const image = await newImage(4 * MiB);
  await run('/usr/sbin/mkswap', image);
  const disk = new MemoryDisk(new Uint8Array(await readFile(image)));
  for (const blkid of [url, url.href, bytes, await WebAssembly.compile(bytes)]) {
    expect((await probe(disk, { blkid })).content?.type).toBe('swap');
  }
  const gone = await failure(probe(disk, { blkid: new Response('', { status: 404 }) }));
  expect(gone).toMatchObject({ message: expect.stringMatching(/^blkid\.wasm: .*probe\(disk, \{ blkid: URL \}\)/) });
});

test('probes at the same time share the module, and each finds its own', async () => {
  const swap = await newImage(4 * MiB);
  await run('/usr/sbin/mkswap', swap);
  const disks = [new MemoryDisk(new Uint8Array(await readFile(swap))), new MemoryDisk(MiB)];
  const found = await Promise.all(Array.from({ length: 20 }, (_, i) => probe(disks[i % 2] ?? new MemoryDisk(0))));
  expect(found.map(({ content }) => content?.type)).toEqual(Array.from({ length: 20 }, (_, i) => (i % 2 ? undefined : 'swap')));
});
