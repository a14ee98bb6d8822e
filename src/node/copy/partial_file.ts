// NAME.partial, which a copy writes until the file has its name. Whoever may write to the folder may have put something there before, and
// what is there already may be in use. So a copy makes a file of its own; only one that is to be resumed goes on with what is there.
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NBDError } from '../../base/errors.js';
import type { DestinationOptions } from '../../copy/open.js';
import { fileOf } from './file_source.js';

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;

export async function openPartial(path: string, { resume, source }: DestinationOptions): Promise<FileHandle> {
  const there = await unlessMissing(lstat(path, { bigint: true }));
  if (there !== undefined) {
    if (!there.isFile()) throw new NBDError(`copy: ${path} is there, and is no regular file: move it away`, 'EEXIST');
    if (fileOf(there) === source) throw new NBDError(`copy: ${path} is the source: it would be copied to itself`, 'EINVAL');
    const kept = resume ? await openOwn(path) : undefined;
    if (kept !== undefined) return kept;
    await unlink(path);
  }
  return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
}

/** Gives the file its name, unless another has taken its place meanwhile: that one need not be complete. */
export async function namePartial(path: string, file: BigIntStats, name: string): Promise<void> {
  if (!(await isStillThere(path, file))) {
    throw new NBDError(
      `copy: ${path} was removed or replaced while it was written: is another copy to ${name} under way?`,
      'EBUSY',
    );
  }
  await rename(path, name);
}

export async function removePartial(path: string, file: BigIntStats): Promise<void> {
  if (await isStillThere(path, file)) await rm(path, { force: true });
}

/**
 * Opens what is there, if it has no other name, and belongs to this process or to whoever owns the folder, who could replace it at any time;
 * in a folder of everybody's, somebody else might change it later.
 */
async function openOwn(path: string): Promise<FileHandle | undefined> {
  const handle = await open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  try {
    const [file, folder] = [await handle.stat({ bigint: true }), await stat(dirname(path), { bigint: true })];
    const owners = [BigInt(process.geteuid?.() ?? 0), folder.uid];
    if (file.isFile() && file.nlink === 1n && owners.includes(file.uid)) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

async function isStillThere(path: string, { dev, ino }: BigIntStats): Promise<boolean> {
  const there = await unlessMissing(lstat(path, { bigint: true }));
  return there?.dev === dev && there.ino === ino;
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
