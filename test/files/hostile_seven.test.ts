// What 7-Zip reads, damaged by somebody: file systems, and images with an ext4 inside.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskImage, fileSystem, type ImageFormat } from 'libnbd-wasm';
import { test } from 'vitest';
import { run, temporaryFolder } from '../support/processes.js';
import { damage } from './damage.js';
import { fat, hfsplus, image, iso, ntfs, squashfs } from './seven_disks.js';
import { mke2fs, noise, plainTree } from './trees.js';

/** Few files, so that many disks can be tried. */
async function small(): Promise<string> {
  const folder = join(await temporaryFolder(), 'small');
  await run('mkdir', '-p', join(folder, 'a', 'b'));
  for (const name of ['one', 'a/two', 'a/b/three']) await writeFile(join(folder, name), noise(name, 100_000));
  await writeFile(join(folder, 'text'), 'text '.repeat(50_000));
  return folder;
}

const fileSystems: Readonly<Record<string, readonly [type: string, make: () => Promise<string>]>> = {
  'squashfs, gzip': ['squashfs', async () => squashfs(await plainTree(), 'gzip')],
  'squashfs, xz': ['squashfs', async () => squashfs(await small(), 'xz')],
  'squashfs, zstd': ['squashfs', async () => squashfs(await small(), 'zstd')],
  'ISO 9660 with Rock Ridge': ['iso9660', async () => iso(await plainTree(), '-R')],
  'ISO 9660 with Joliet': ['iso9660', async () => iso(await small(), '-J')],
  UDF: ['udf', async () => iso(await small(), '-udf')],
  FAT16: ['vfat', async () => fat(await small(), '16', '16M')],
  NTFS: ['ntfs', async () => ntfs(await small(), '8M')],
  'HFS+': ['hfsplus', async () => hfsplus(await small())],
  FAT32: ['vfat', async () => fat(await plainTree(), '32', '64M')],
};

test.for(Object.entries(fileSystems))('%s, damaged', { timeout: 600_000 }, async ([, [type, make]]) => {
  const bytes = new Uint8Array(await readFile(await make()));
  await damage(bytes, (disk) => fileSystem(disk, { type }));
});

test.for<[ImageFormat, ...string[]]>([['qcow2'], ['qcow2', '-c'], ['vhdx'], ['vmdk'], ['vdi'], ['vhd']])(
  'an image, damaged: %j',
  { timeout: 600_000 },
  async ([format, ...options]) => {
    const made = await image(format, await mke2fs('ext4', await small(), '8M'), ...options);
    const bytes = new Uint8Array(await readFile(made));
    await damage(bytes, async (disk, keep) => fileSystem(keep(await diskImage(disk, { format })), { type: 'ext4' }));
  },
);
