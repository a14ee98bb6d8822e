// NAME.partial, which a copy writes until the file has its name. Whoever may write to the folder may have put something there before, and
// what is there already may be in use. So a copy makes a file of its own; only one that is to be resumed goes on with what is there.
import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, rm, unlink } from 'node:fs/promises';
import { NBDError } from '../../base/errors.js';
import type { DestinationOptions } from '../../copy/open.js';
import { fileOf } from './file_source.js';
import { openOwn } from './own_file.js';

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

export interface OpenedPartial {
  readonly handle: FileHandle;
  /** Whether an earlier copy has left it, or one that is still under way is writing it. */
  readonly wasThere: boolean;
}

export async function openPartial(path: string, { resume, source }: DestinationOptions): Promise<OpenedPartial> {
  const there = await unlessMissing(lstat(path, { bigint: true }));
  if (there !== undefined) {
    if (!there.isFile()) throw new NBDError(`copy: ${path} is there, and is no regular file: move it away`, 'EEXIST');
    if (fileOf(there) === source) throw new NBDError(`copy: ${path} is the source: it would be copied to itself`, 'EINVAL');
    const handle = resume ? await openOwn(path, O_RDWR) : undefined;
    if (handle !== undefined) return { handle, wasThere: true };
    await unlink(path);
  }
  return { handle: await makePartial(path), wasThere: false };
}

export const makePartial = (path: string): Promise<FileHandle> => open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);

/**
 * Gives the file its name, unless another has taken its place meanwhile: that one need not be complete. `file` is told by its inode, whose
 * number nothing else has while the file is open: so it must be.
 */
export async function namePartial(path: string, file: BigIntStats, name: string): Promise<void> {
  const isNamed =
    (await isAt(path, file)) && (await unlessMissing(rename(path, name).then(() => true))) && (await isAt(name, file));
  if (isNamed) return;
  const why = `${path} was removed or replaced while it was written: is another copy to ${name} under way?`;
  throw new NBDError(`copy: ${why}`, 'EBUSY');
}

/** The file must be open, as for `namePartial`. */
export async function removePartial(path: string, file: BigIntStats): Promise<void> {
  if (await isAt(path, file)) await rm(path, { force: true });
}

async function isAt(path: string, { dev, ino }: BigIntStats): Promise<boolean> {
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
