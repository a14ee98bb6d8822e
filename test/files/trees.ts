// Trees of files with which disks are filled, and disks made of them by mke2fs.
import { createCipheriv, createHash } from 'node:crypto';
import { link, mkdir, open, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileSystem, fileSystem, NBD } from 'libnbd-wasm';
import { atEnd } from '../support/cleanup.js';
import { run, temporaryFolder } from '../support/processes.js';

export const MiB = 2 ** 20;

/** Bytes that no compression and no run of zeroes makes smaller, the same for the same name. */
export function noise(name: string, length: number): Buffer {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** 510 files in 6 directories, and what is hard about names, holes and links. */
export async function tree(): Promise<string> {
  const folder = join(await temporaryFolder(), 'tree');
  for (const name of ['many', 'deep/a/b/c/d/e/f/g', 'odd']) await mkdir(join(folder, name), { recursive: true });
  for (let i = 0; i < 500; i++) await writeFile(join(folder, 'many', `file ${i}`), `the ${i}th file\n`);
  await writeFile(join(folder, 'one'), noise('one', MiB));
  await writeFile(join(folder, 'six'), noise('six', 6 * MiB + 123));
  await writeFile(join(folder, 'empty'), '');
  await writeFile(join(folder, 'tiny'), 'in the inode, where there is room\n');
  await writeFile(join(folder, 'deep/a/b/c/d/e/f/g/file'), 'deep\n');
  await writeFile(join(folder, 'odd', 'naïve ünïcode \u{1f600}'), 'UTF-8\n');
  await writeFile(Buffer.concat([Buffer.from(`${folder}/odd/latin-`), Buffer.from([0xe9, 0xff])]), 'not UTF-8\n');
  await writeFile(join(folder, 'odd', 'line\nbreak \u001b[31m'), 'control characters\n');
  await writeFile(join(folder, 'odd', 'x'.repeat(255)), 'a long name\n');
  await sparse(join(folder, 'holes'), 3 * MiB + 7, [
    [0, 'start'],
    [MiB, 'middle'],
    [3 * MiB, 'the end'],
  ]);
  await symlink('one', join(folder, 'link'));
  await symlink('/deep/../one', join(folder, 'absolute'));
  await symlink(`deep/${'../deep/'.repeat(30)}a/b/c/d/e/f/g/file`, join(folder, 'long-link'));
  await symlink('loop', join(folder, 'loop'));
  await link(join(folder, 'one'), join(folder, 'again'));
  await utimes(join(folder, 'tiny'), 1_000_000_000, 987_654_321);
  return folder;
}

/** 506 files in 5 directories, with names that any file system can have, and no links. */
export async function plainTree(): Promise<string> {
  const folder = join(await temporaryFolder(), 'plain');
  for (const name of ['many', 'deep/a/b']) await mkdir(join(folder, name), { recursive: true });
  for (let i = 0; i < 500; i++) await writeFile(join(folder, 'many', `file ${i}`), `the ${i}th file\n`);
  await writeFile(join(folder, 'one'), noise('one', MiB));
  await writeFile(join(folder, 'text'), 'a text that is compressed well '.repeat(50_000));
  await writeFile(join(folder, 'empty'), '');
  await writeFile(join(folder, 'tiny'), 'tiny\n');
  await writeFile(join(folder, 'deep/a/b/file'), 'deep\n');
  await writeFile(join(folder, 'naïve ünïcode'), 'UTF-8\n');
  return folder;
}

/** A file with holes between the texts. */
export async function sparse(path: string, size: number, texts: readonly (readonly [at: number, text: string])[]): Promise<void> {
  const handle = await open(path, 'w');
  try {
    for (const [at, text] of texts) await handle.write(text, at);
    await handle.truncate(size);
  } finally {
    await handle.close();
  }
}

/** The path of an image of a file system that mke2fs has filled from a folder. */
export async function mke2fs(type: string, folder: string | undefined, size: string, ...options: string[]): Promise<string> {
  const image = join(await temporaryFolder(), `${type}.img`);
  const filled = folder === undefined ? [] : ['-d', folder];
  await run('mke2fs', '-q', '-F', '-t', type, '-L', 'a label', ...filled, ...options, image, size);
  return image;
}

export async function debugfs(image: string, ...commands: string[]): Promise<string> {
  const outputs: string[] = [];
  for (const command of commands) outputs.push(String(await run('debugfs', '-w', '-R', command, image)));
  return outputs.join('');
}

/** A handle on an image, served by nbdkit with one more filter if it is named. */
export async function handleOn(image: string, ...more: string[]): Promise<NBD> {
  const nbd = await NBD.create();
  atEnd(() => nbd.close());
  await nbd.connectCommand(['nbdkit', '-s', 'file', image, ...more]);
  return nbd;
}

export const filesOf = async (image: string): Promise<FileSystem> => fileSystem(await handleOn(image));
