// Images of disks that are on a disk, each as a disk again: all of its bytes, its holes, the files inside; and what is refused.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskImage, fileSystem, type ImageFormat } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { lockedImage } from '../support/locked_image.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run, temporaryFolder } from '../support/processes.js';
import { image } from './seven_disks.js';
import { filesOf, handleOn, MiB, mke2fs, noise, plainTree, sparse } from './trees.js';

const formats: readonly (readonly [ImageFormat, ...string[]])[] = [
  ['qcow2'],
  ['qcow2', '-c'],
  ['qcow2', '-o', 'compat=0.10'],
  ['vhdx'],
  ['vmdk'],
  ['vdi'],
  ['vhd'],
  ['vhd', '-o', 'subformat=fixed,force_size'],
];

test.for(formats)('%j: every byte, and the files inside', async ([format, ...options]) => {
  const folder = await plainTree();
  const raw = await mke2fs('ext4', folder, '24M');
  const made = await image(format, raw, ...options);
  const disk = await diskImage(await handleOn(made));
  const wanted = await readFile(raw);
  const size = Number(await disk.getSize());
  expect(size).toBeGreaterThanOrEqual(wanted.length); // a VHD's is rounded up
  expect(size).toBeLessThan(wanted.length + MiB);
  expect(Buffer.compare((await disk.pread(size, 0)).subarray(0, wanted.length), wanted)).toBe(0);
  for (const [at, count] of [
    [0, 1],
    [1_234_567, 100_001],
    [wanted.length - 3, 3],
  ] as const) {
    expect(Buffer.compare(await disk.pread(count, at), wanted.subarray(at, at + count))).toBe(0);
  }
  const files = await fileSystem(await diskImage(await handleOn(made), { format }));
  expect(Buffer.compare(await files.read('/one'), await readFile(join(folder, 'one')))).toBe(0);
  expect(Buffer.from(await files.read('/many/file 77')).toString()).toBe('the 77th file\n');
});

test('in a file of a file system, and in a file of that', async () => {
  const folder = await plainTree();
  const inner = await image('qcow2', await mke2fs('ext4', folder, '16M'), '-c');
  const middle = await temporaryFolder();
  await run('cp', inner, join(middle, 'inner.qcow2'));
  const outer = await temporaryFolder();
  await run('cp', await image('vhdx', await mke2fs('ext4', middle, '32M')), join(outer, 'middle.vhdx'));
  const files = await filesOf(await mke2fs('ext4', outer, '64M'));
  const between = await fileSystem(await diskImage(await files.disk('/middle.vhdx')));
  const innermost = await fileSystem(await diskImage(await between.disk('/inner.qcow2')));
  expect(Buffer.compare(await innermost.read('/text'), await readFile(join(folder, 'text')))).toBe(0);
});

test.for([['qcow2'], ['vhdx'], ['vmdk'], ['vdi'], ['vhd']] as const)(
  '%j has holes, and nothing is read of them',
  async ([format]) => {
    const raw = join(await temporaryFolder(), 'raw');
    await sparse(raw, 64 * MiB, [
      [0, 'start'],
      [40 * MiB, 'middle'],
    ]);
    const nbd = await handleOn(await image(format, raw));
    const disk = await diskImage(nbd);
    const size = BigInt(await disk.getSize());
    const entries = (await disk.blockStatusArrays(size, 0)).get('base:allocation') ?? [];
    const lengths = { data: 0n, hole: 0n };
    for (let i = 0; i < entries.length; i += 2) lengths[entries[i + 1] === 3n ? 'hole' : 'data'] += entries[i] ?? 0n;
    expect(lengths.data + lengths.hole).toBe(size);
    expect(lengths.data).toBeGreaterThan(0n);
    expect(lengths.data).toBeLessThanOrEqual(BigInt(34 * MiB)); // the blocks of a VHDX have up to 16 MiB
    expect(Buffer.from(await disk.pread(6, 40 * MiB)).toString()).toBe('middle');
  },
);

test('a disk of 1 TiB opens with few requests', async () => {
  const made = join(await temporaryFolder(), 'large.qcow2');
  await run('qemu-img', 'create', '-q', '-f', 'qcow2', made, '1T');
  const disk = new MemoryDisk(new Uint8Array(await readFile(made)));
  const opened = await diskImage(disk);
  expect(await opened.getSize()).toBe(2n ** 40n);
  expect(Buffer.compare(await opened.pread(4096, 2n ** 40n - 4096n), Buffer.alloc(4096))).toBe(0);
  expect(disk.requests.length).toBeLessThan(10);
});

test('what it costs to tell the holes of a compressed image can be bounded', async () => {
  const raw = join(await temporaryFolder(), 'raw');
  await writeFile(raw, 'compressed well '.repeat(MiB));
  const disk = await diskImage(await handleOn(await image('qcow2', raw, '-c')));
  const [told = 0n] = (await disk.blockStatusArrays(16 * MiB, 0)).get('base:allocation') ?? [];
  expect(told).toBeLessThan(BigInt(16 * MiB)); // an answer unpacks a part only
  Object.assign(disk, { mostUnpackedForStatus: 0 });
  const refused = disk.blockStatusArrays(MiB, 8 * MiB);
  await expect(refused).rejects.toThrow(
    expect.objectContaining({ code: 'ENOTSUP', message: expect.stringContaining('compressed') }),
  );
  expect(Buffer.from(await disk.pread(16, 8 * MiB)).toString()).toBe('compressed well ');
});

test('close() ends its engine, and no call is good after that', async () => {
  const disk = await diskImage(await handleOn(await image('qcow2', await mke2fs('ext4', undefined, '8M'))));
  expect(disk.format).toBe('qcow2');
  disk.close();
  await expect(disk.pread(512, 4 * MiB)).rejects.toThrow(expect.objectContaining({ code: 'EBADF' }));
});

describe('what cannot be read is refused, and no other file is opened', () => {
  const refused = async (path: string) => diskImage(await handleOn(path)).then(String, (error: unknown) => error);

  async function changes(format: string): Promise<string> {
    const folder = await temporaryFolder();
    const [base, made] = [join(folder, 'base'), join(folder, 'changes')];
    await run('qemu-img', 'create', '-q', '-f', format, base, '8M');
    await run('qemu-img', 'create', '-q', '-f', format, '-b', base, '-F', format, made);
    return made;
  }

  test('a qcow2 with a backing file', async () => {
    expect(await refused(await changes('qcow2'))).toMatchObject({
      code: 'ENOTSUP',
      message: expect.stringMatching(
        /^diskImage: this qcow2 has a backing file \(.*\/base\), which is not opened\. .*qemu-img convert/,
      ),
    });
  });

  test('a VMDK with a parent', async () => {
    expect(await refused(await changes('vmdk'))).toMatchObject({ code: 'ENOTSUP' });
  });

  test('a qcow2 that is compressed by zstd, which 7-Zip does not know', async () => {
    const made = await image('qcow2', await mke2fs('ext4', undefined, '8M'), '-c', '-o', 'compression_type=zstd');
    expect(await refused(made)).toMatchObject({
      code: 'ENOTSUP',
      message: expect.stringContaining('a method that 7-Zip does not know'),
    });
  });

  test('an encrypted qcow2', async () => {
    const made = join(await temporaryFolder(), 'encrypted');
    await lockedImage(made);
    expect(await refused(made)).toMatchObject({ code: 'ENOTSUP', message: 'diskImage: this qcow2 is encrypted' });
  });

  test('a qcow2 whose data are in another file', async () => {
    const folder = await temporaryFolder();
    const made = join(folder, 'image');
    await run('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', `data_file=${join(folder, 'data')},data_file_raw=on`, made, '1M');
    expect(await refused(made)).toMatchObject({ code: 'ENOTSUP', message: expect.stringContaining('data in another file') });
  });

  test('a VMDK in several files', async () => {
    const made = join(await temporaryFolder(), 'flat.vmdk');
    await run('qemu-img', 'create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', made, '1M');
    expect(await refused(made)).toMatchObject({ code: 'ENOTSUP', message: expect.stringContaining('names the files') });
  });

  test('what is no image', async () => {
    const made = join(await temporaryFolder(), 'noise');
    await writeFile(made, noise('none', MiB));
    expect(await refused(made)).toMatchObject({
      code: 'ENOTSUP',
      message: 'diskImage: it is no image of a disk. What can be read: qcow2, vhdx, vmdk, vdi, vhd',
    });
  });

  test('an image of another format than it is said to be', async () => {
    const nbd = await handleOn(await mke2fs('ext4', undefined, '8M'));
    await expect(diskImage(nbd, { format: 'vdi' })).rejects.toThrow(expect.objectContaining({ code: 'EUCLEAN' }));
    await expect(diskImage(nbd, { format: 'raw' as ImageFormat })).rejects.toThrow(TypeError);
  });

  test('a change of it', async () => {
    const disk = await diskImage(await handleOn(await image('qcow2', await mke2fs('ext4', undefined, '8M'))));
    await expect(disk.pwrite(new Uint8Array(1), 0)).rejects.toThrow(expect.objectContaining({ code: 'EROFS' }));
    await expect(disk.pread(1, 8 * MiB)).rejects.toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });
});
