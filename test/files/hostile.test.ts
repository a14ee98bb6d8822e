// File systems of libext2fs that somebody has damaged.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSystem } from 'libnbd-wasm';
import { test } from 'vitest';
import { temporaryFolder } from '../support/processes.js';
import { damage, type Open } from './damage.js';
import { debugfs, mke2fs, noise, tree } from './trees.js';

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

const open: Open = (disk) => fileSystem(disk, { type: 'ext4' });

test.for(Object.entries(kinds))('%s, damaged', { timeout: 600_000 }, async ([kind, make]) => {
  const bytes = new Uint8Array(await readFile(await make()));
  await damage(bytes, open, kind === 'ext4 in pieces' ? [{ start: 0, length: 2 ** 18 }] : undefined);
});
