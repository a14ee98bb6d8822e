// File systems by 7-Zip's handlers: every file of a tree, by its bytes, and what each format keeps of it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, fileSystem, NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { MemoryDisk } from '../support/memory_disk.js';
import { run, temporaryFolder } from '../support/processes.js';
import { all, compare } from './compare.js';
import { fat, iso, squashfs } from './seven_disks.js';
import { handleOn, MiB, noise, plainTree, tree } from './trees.js';

const filesOf = async (image: string, type: string): Promise<FileSystem> => fileSystem(await handleOn(image), { type });

const second = 10n ** 9n;

test.for(['gzip', 'xz', 'zstd', 'lzo'])('squashfs with %s: all files of a tree', async (compressor) => {
  const folder = await tree();
  const files = await filesOf(await squashfs(folder, compressor), 'squashfs');
  // 7-Zip tells names as Unicode: what is no UTF-8 cannot be found again.
  expect(await compare(files, folder, '', { modes: true, step: second, without: /^latin-/ })).toBeGreaterThan(520);
  expect(Buffer.from(await files.read('/long-link')).toString()).toBe('deep\n');
  expect(Buffer.compare(await files.read('/absolute'), noise('one', MiB))).toBe(0);
});

test.for([
  ['ISO 9660 with Rock Ridge', 'iso9660', ['-R']],
  ['ISO 9660 with Rock Ridge and Joliet', 'iso9660', ['-R', '-J', '-joliet-long']],
  ['ISO 9660 with Joliet', 'iso9660', ['-J']],
  ['UDF', 'udf', ['-udf']],
] as const)('%s: all files of a tree', async ([, type, options]) => {
  const folder = await plainTree();
  await run('ln', '-s', 'deep/a', join(folder, 'link'));
  const hasLinks = options.some((option) => option === '-R');
  const files = await filesOf(await iso(folder, ...options), type);
  const without = hasLinks ? /^\0/ : /^link$/;
  expect(await compare(files, folder, '', { modes: hasLinks, step: second, without })).toBe(hasLinks ? 511 : 510);
  if (hasLinks) expect(Buffer.from(await files.read('/link/b/../b/file')).toString()).toBe('deep\n');
});

test.for([
  ['12', '3M'],
  ['16', '24M'],
  ['32', '64M'],
] as const)('FAT%s: all files of a tree', async ([bits, size]) => {
  const folder = await plainTree();
  if (bits === '12') await run('rm', '-r', join(folder, 'many')); // it has too few clusters
  const files = await filesOf(await fat(folder, bits, size), 'vfat');
  expect(files.info).toMatchObject({ type: 'vfat' });
  // mcopy gives each file the time of the copy.
  expect(await compare(files, folder, '', { step: 1000n * second })).toBe(bits === '12' ? 9 : 510);
});

test('contents are read in bulk, right from their places', async () => {
  const folder = await temporaryFolder();
  const large = noise('large', 24 * MiB);
  const { writeFile } = await import('node:fs/promises');
  await writeFile(join(folder, 'large'), large);
  const files = await filesOf(await iso(folder, '-R'), 'iso9660');
  const before = files.reads;
  expect(Buffer.compare(await files.read('/large'), large)).toBe(0);
  expect(files.reads.bytes - before.bytes).toBeLessThan(large.length + MiB);
  const places = await all(files.places('/large'));
  expect(places).toEqual([{ offset: 0n, length: BigInt(large.length), place: expect.any(BigInt) }]);
});

describe('errors', () => {
  test('have the codes of a mount', async () => {
    const folder = await tree();
    const files = await filesOf(await squashfs(folder, 'gzip'), 'squashfs');
    const code = (promise: Promise<unknown>) => promise.then(String, (error: NBDError) => error.code);
    expect(await code(files.read('/nosuch'))).toBe('ENOENT');
    expect(await code(files.read('/one/below'))).toBe('ENOTDIR');
    expect(await code(files.stat('/loop'))).toBe('ELOOP');
    expect(await code(files.read('/many'))).toBe('EISDIR');
    expect(await code(files.readlink('/one'))).toBe('EINVAL');
  });

  test.for(['squashfs', 'iso9660', 'udf', 'vfat'])('%s is not there', async (type) => {
    const disk = new MemoryDisk(noise('no file system', MiB));
    await expect(fileSystem(disk, { type })).rejects.toThrow(expect.objectContaining({ code: 'EUCLEAN' }));
    await expect(fileSystem(new MemoryDisk(0), { type })).rejects.toThrow(NBDError);
  });

  test('tell of a compression that 7-Zip does not know', async () => {
    const opened = filesOf(await squashfs(await plainTree(), 'lz4'), 'squashfs');
    await expect(opened).rejects.toThrow(
      expect.objectContaining({ code: 'ENOTSUP', message: expect.stringContaining('compression') }),
    );
  });

  test('tell what the disk could not read', async () => {
    const folder = await plainTree();
    const bytes = new Uint8Array(await readFile(await squashfs(folder, 'gzip', '-noD')));
    const disk = new MemoryDisk(bytes);
    const files = await fileSystem(disk, { type: 'squashfs', cache: { capacity: 2 ** 17 } });
    disk.before = async () => {
      throw new NBDError('a bad sector', 'EIO');
    };
    await expect(files.read('/one')).rejects.toThrow(
      expect.objectContaining({ code: 'EIO', message: expect.stringContaining('a bad sector') }),
    );
    disk.before = async () => {};
    expect(Buffer.compare(await files.read('/one'), noise('one', MiB))).toBe(0);
  });
});
