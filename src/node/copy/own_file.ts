// Opens a file that an earlier copy may have left. Whoever may write to the folder may have put something else there: that is never gone on
// with, since its owner could read what is copied, change it later, or claim that all of it was done.
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

const { O_NOFOLLOW, O_NONBLOCK } = constants;

/** Undefined for what is not a regular file that belongs to this process and has no other name, or is not there. */
export async function openOwn(path: string, flags: number): Promise<FileHandle | undefined> {
  const handle = await open(path, flags | O_NOFOLLOW | O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (isOfOthers(error.code)) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    if (stats.isFile() && stats.nlink === 1 && stats.uid === (process.geteuid?.() ?? 0)) return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

const isOfOthers = (code: string | undefined): boolean =>
  code !== undefined && ['ENOENT', 'ELOOP', 'EACCES', 'EISDIR', 'ENXIO'].includes(code);
