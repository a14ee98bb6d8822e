// A disk with very many names in one directory. mke2fs looks through all of a directory for each name that it adds, which takes minutes:
// here the directory and the inodes are written as they are.
import { execFile } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

// Nothing of the tests' own: bench/files.ts makes such disks too.
const run = promisify(execFile);

const blockSize = 4096;
const inodeSize = 256;
/** The inode of what debugfs writes first. */
const directory = 12;
/** Of the first file in it. */
const firstFile = 16;

export const nameOf = (i: number): string => `file ${String(i).padStart(6, '0')}`;
/** In bytes, and in seconds since 1970: each file has its own. */
export const sizeOf = (i: number): number => (i * 7919) % 100_003;
export const mtimeOf = (i: number): number => 1_000_000_000 + ((i * 104_729) % 500_000_000);

/** Entries of a directory, block by block: the last of each is as long as what is left. */
function directoryBlocks(count: number): Buffer {
  const entries: [inode: number, type: number, name: string][] = [
    [directory, 2, '.'],
    [2, 2, '..'],
  ];
  for (let i = 0; i < count; i++) entries.push([firstFile + i, 1, nameOf(i)]);
  const blocks: Buffer[] = [];
  let block = Buffer.alloc(0);
  let at = 0;
  let last = 0;
  const end = () => block.length > 0 && block.writeUInt16LE(blockSize - last, last + 4);
  for (const [inode, type, name] of entries) {
    const length = (8 + name.length + 3) & ~3;
    if (at + length > block.length) {
      end();
      block = Buffer.alloc(blockSize);
      blocks.push(block);
      at = 0;
    }
    block.writeUInt32LE(inode, at);
    block.writeUInt16LE(length, at + 4);
    block.writeUInt8(name.length, at + 6);
    block.writeUInt8(type, at + 7);
    block.write(name, at + 8, 'latin1');
    last = at;
    at += length;
  }
  end();
  return Buffer.concat(blocks);
}

function inodeOf(i: number): Buffer {
  const inode = Buffer.alloc(inodeSize);
  inode.writeUInt16LE(0o100644, 0);
  inode.writeUInt32LE(sizeOf(i), 4);
  for (const at of [8, 12, 16]) inode.writeUInt32LE(mtimeOf(i), at);
  inode.writeUInt16LE(1, 26);
  inode.writeUInt32LE(0x80000, 32); // its contents are in extents, of which there are none
  inode.writeUInt32LE(0x0004f30a, 40); // the header of extents: the magic, none of four
  inode.writeUInt16LE(32, 128);
  return inode;
}

/** An image, in an empty folder, of an ext4 whose directory `/many` has so many files, all of them holes. */
export async function manyNames(folder: string, count: number): Promise<string> {
  const [image, data, script] = ['image', 'data', 'script'].map((name) => join(folder, name)) as [string, string, string];
  const features = '^metadata_csum,^has_journal,^resize_inode,^64bit,^orphan_file';
  const size = `${Math.ceil((count * 2 * inodeSize) / 2 ** 20) + 32}M`;
  const options = ['-O', features, '-b', String(blockSize), '-N', String(count + 100)];
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', ...options, image, size]);
  await writeFile(data, directoryBlocks(count));
  await writeFile(script, `write ${data} data\nsif data mode 040755\nsif data links_count 2\nlink data many\nunlink data\n`);
  await run('debugfs', ['-w', '-f', script, image]);
  const told = (await run('dumpe2fs', [image], { maxBuffer: 2 ** 26 })).stdout;
  const perGroup = Number(/Inodes per group: +(\d+)/.exec(told)?.[1]);
  const tables = [...told.matchAll(/Inode table at (\d+)/g)].map(([, block]) => Number(block));
  const file = await open(image, 'r+');
  try {
    for (const [group, table] of tables.entries()) {
      // Inodes are numbered from 1 on.
      const from = Math.max(group * perGroup + 1, firstFile);
      const to = Math.min((group + 1) * perGroup, firstFile + count - 1);
      if (from > to) continue;
      const inodes = Buffer.concat(Array.from({ length: to - from + 1 }, (_, i) => inodeOf(from + i - firstFile)));
      await file.write(inodes, 0, inodes.length, table * blockSize + (from - 1 - group * perGroup) * inodeSize);
    }
  } finally {
    await file.close();
  }
  return image;
}
