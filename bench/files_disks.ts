// The disks of bench/files.ts: one tree of files in each format.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ImageFormat } from 'libnbd-wasm';

const execute = promisify(execFile);
const MiB = 2 ** 20;

export interface DiskKind {
  readonly name: string;
  readonly image: string;
  /** Of an image on a disk: an ext4 is in it. */
  readonly format?: ImageFormat;
  /** With 20,000 names in `/many`. */
  readonly manyImage?: string | undefined;
  readonly hasDebugfs: boolean;
  readonly hasSeven: boolean;
}

/** 510 files in `tree`, 500 of them in `tree/many`, and a file of 64 MiB. */
async function makeTree(folder: string): Promise<string> {
  const root = join(folder, 'root');
  await mkdir(join(root, 'tree/many'), { recursive: true });
  await mkdir(join(root, 'tree/deep/er'), { recursive: true });
  for (let i = 0; i < 500; i++) await writeFile(join(root, 'tree/many', `file ${i}`), `the ${i}th file\n`);
  for (let i = 0; i < 9; i++) await writeFile(join(root, 'tree/deep/er', `text ${i}`), 'a line of text\n'.repeat(1000 * i));
  await writeFile(join(root, 'tree/one'), randomBytes(MiB));
  await writeFile(join(root, 'large'), randomBytes(64 * MiB));
  return root;
}

/** @param many The ext4 with 20,000 names. */
export async function makeDisks(folder: string, many: string): Promise<DiskKind[]> {
  const root = await makeTree(folder);
  const path = (name: string) => join(folder, name);
  const run = (program: string, ...args: string[]) => execute(program, args);
  await run('mke2fs', '-q', '-F', '-t', 'ext4', '-b', '4096', '-d', root, path('ext4'), '128M');
  const convert = (format: string, from: string, to: string) =>
    run('qemu-img', 'convert', '-f', 'raw', '-O', format, from, path(to));
  for (const format of ['qcow2', 'vhdx']) {
    await convert(format, path('ext4'), format);
    await convert(format, many, `many.${format}`);
  }
  // Names that cost nothing to make: in formats that are written at once.
  const manyRoot = path('many-root');
  await mkdir(join(manyRoot, 'many'), { recursive: true });
  for (let i = 0; i < 20_000; i++) await writeFile(join(manyRoot, 'many', `file ${i}`), '');
  for (const [from, name] of [
    [root, 'squashfs'],
    [manyRoot, 'many.squashfs'],
  ] as const) {
    await run('mksquashfs', from, path(name), '-quiet', '-no-progress', '-comp', 'gzip');
  }
  for (const [from, name] of [
    [root, 'iso'],
    [manyRoot, 'many.iso'],
  ] as const) {
    await run('genisoimage', '-quiet', '-R', '-o', path(name), from);
  }
  await run('truncate', '-s', '128M', path('fat'));
  await run('mkfs.fat', '-F', '32', path('fat'));
  await run('mcopy', '-s', '-Q', '-i', path('fat'), join(root, 'tree'), join(root, 'large'), '::/');
  return [
    { name: 'ext4', image: path('ext4'), manyImage: many, hasDebugfs: true, hasSeven: true },
    { name: 'squashfs', image: path('squashfs'), manyImage: path('many.squashfs'), hasDebugfs: false, hasSeven: true },
    { name: 'ISO 9660', image: path('iso'), manyImage: path('many.iso'), hasDebugfs: false, hasSeven: true },
    { name: 'FAT32', image: path('fat'), hasDebugfs: false, hasSeven: true },
    ...(['qcow2', 'vhdx'] as const).map((format) => ({
      name: `ext4 in a ${format}`,
      image: path(format),
      format,
      manyImage: path(`many.${format}`),
      hasDebugfs: false,
      hasSeven: false,
    })),
  ];
}
