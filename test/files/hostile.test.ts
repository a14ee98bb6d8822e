// File systems that somebody has damaged: by seed, 10 of each disk, and CAMPAIGN_DISKS by scripts/campaign.sh. Bytes are changed where
// the engine looks. Each is walked to its end, within bounds; what fails is an NBDError, and an honest disk afterwards is read as ever.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, fileSystem, NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../support/memory_disk.js';
import { numbers } from '../support/numbers.js';
import { temporaryFolder } from '../support/processes.js';
import { debugfs, mke2fs, noise, tree } from './trees.js';

const disks = Number(process.env.CAMPAIGN_DISKS ?? 10);
const firstSeed = Number(process.env.CAMPAIGN_SEED ?? 1);
const seeds = Array.from({ length: disks }, (_, i) => firstSeed + i);

/** What any disk may cost, whatever is on it. */
const mostRequests = 20_000;

/** Looks at everything up to bounds, and counts what could be read. Whatever is no NBDError ends the test. */
async function walk(files: FileSystem, path: Uint8Array, left: { names: number; failures: string[] }): Promise<void> {
  const below = (name: Uint8Array) => Buffer.concat([path, Buffer.from('/'), name]);
  const trying = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof NBDError) || error.code === null) throw error;
      left.failures.push(error.code);
    }
  };
  await trying(async () => {
    for await (const { name, bytes, type, size = 0n } of files.readdir(path)) {
      if (--left.names < 0) return;
      const own = below(bytes ?? Buffer.from(name));
      if (type === 'directory' && own.length < 200) await walk(files, own, left);
      else if (type === 'symlink') await trying(async () => void (await files.readlink(own)));
      else await trying(async () => void (await files.read(own, { end: size < 65_536n ? size : 65_536n })));
    }
  });
}

/** Where an engine reads when it looks at everything. */
async function placesOf(bytes: Uint8Array): Promise<{ start: number; length: number }[]> {
  const disk = new MemoryDisk(bytes);
  const left = { names: 1000, failures: [] };
  await walk(await fileSystem(disk, { type: 'ext4' }), new Uint8Array(), left);
  expect(left.failures).toEqual([]);
  expect(left.names).toBeLessThan(990);
  return disk.requests.flatMap((request) => {
    const [, count, offset] = /^pread (\d+) (\d+)/.exec(request) ?? [];
    return count === undefined ? [] : [{ start: Number(offset), length: Number(count) }];
  });
}

const kinds: Readonly<Record<string, () => Promise<string>>> = {
  ext2: async () => mke2fs('ext2', await tree(), '24M'),
  ext3: async () => mke2fs('ext3', await tree(), '24M'),
  'ext4 with checksums': async () => mke2fs('ext4', await tree(), '24M'),
  'ext4 without': async () => mke2fs('ext4', await tree(), '24M', '-O', '^metadata_csum,inline_data', '-I', '512'),
  'ext4 in pieces': async () => {
    const image = await mke2fs('ext4', undefined, '16M', '-b', '1024', '-O', '^metadata_csum');
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), noise('pieces', 2 ** 20));
    await debugfs(image, `write ${join(folder, 'file')} file`, ...Array.from({ length: 9 }, (_, i) => `mkdir d${i}`));
    for (let i = 0; i < 40; i++) await debugfs(image, `punch file ${13 * i} ${13 * i + 3}`);
    return image;
  },
};

test.for(Object.keys(kinds))('%s, damaged', { timeout: 600_000 }, async (kind) => {
  const bytes = new Uint8Array(await readFile(await (kinds[kind] as () => Promise<string>)()));
  const places = kind === 'ext4 in pieces' ? [{ start: 0, length: 2 ** 18 }] : await placesOf(bytes);
  const codes = new Set<string>();
  for (const seed of seeds) {
    const next = numbers(seed);
    const before = new Map<number, number>();
    for (let count = 1 + next(60); count > 0; count--) {
      const { start, length } = places[next(places.length)] ?? { start: 0, length: 1 };
      const at = start + next(length);
      if (!before.has(at)) before.set(at, bytes[at] ?? 0);
      bytes[at] = next(256);
    }
    const disk = new MemoryDisk(bytes);
    const left = { names: 1000, failures: [] as string[] };
    try {
      await walk(await fileSystem(disk, { type: 'ext4' }), new Uint8Array(), left);
    } catch (error) {
      if (!(error instanceof NBDError) || error.code === null) throw error;
      left.failures.push(error.code);
    }
    expect(disk.requests.length).toBeLessThan(mostRequests);
    for (const code of left.failures) codes.add(code);
    for (const [at, byte] of before) bytes[at] = byte;
  }
  const honest = { names: 1000, failures: [] };
  await walk(await fileSystem(new MemoryDisk(bytes), { type: 'ext4' }), new Uint8Array(), honest);
  expect(honest.failures).toEqual([]);
  expect(
    [...codes].filter(
      (code) =>
        !['EUCLEAN', 'ENOENT', 'ENOTDIR', 'EIO', 'ELOOP', 'EFBIG', 'ENOTSUP', 'ENOMEM', 'EISDIR', 'EINVAL'].includes(code),
    ),
  ).toEqual([]);
});
