// Compares the files of a file system with the folder that it was made of.
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem } from 'libnbd-wasm';
import { expect } from 'vitest';

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

export interface Kept {
  /** Permissions. */
  readonly modes?: boolean;
  /** In which times are kept, in nanoseconds. */
  readonly step: bigint;
  /** Names that are left out. */
  readonly without?: RegExp;
}

/** Compares a directory, and all that is below, with the folder that it was made of. Returns how many names there were. */
export async function compare(files: FileSystem, folder: string, path: string, kept: Kept): Promise<number> {
  const names = (await readdir(folder)).filter((name) => kept.without?.test(name) !== true);
  const entries = (await all(files.readdir(path || '/'))).filter(({ name }) => kept.without?.test(name) !== true);
  expect(entries.map(({ name }) => name).sort()).toEqual([...names].sort());
  let count = 0;
  for (const entry of entries) {
    count++;
    const [there, here] = [join(folder, entry.name), `${path}/${entry.name}`];
    const wanted = await lstat(there, { bigint: true });
    const type = wanted.isDirectory() ? 'directory' : wanted.isSymbolicLink() ? 'symlink' : 'file';
    expect(entry).toMatchObject({ type, ...(kept.modes === true ? { mode: Number(wanted.mode & 0o7777n) } : {}) });
    const { name: _name, bytes: _bytes, ...known } = entry;
    expect(known).toEqual(await files.stat(here, { followLinks: false }));
    if (type === 'directory') {
      count += await compare(files, there, here, kept);
    } else if (type === 'symlink') {
      expect(await files.readlink(here)).toBe(await readlink(there));
    } else {
      expect(entry.size).toBe(wanted.size);
      const late = (entry.mtimeNs ?? 0n) - wanted.mtimeNs;
      expect(late > -kept.step && late < kept.step).toBe(true);
      expect(Buffer.compare(await files.read(here), await readFile(there))).toBe(0);
    }
  }
  return count;
}
