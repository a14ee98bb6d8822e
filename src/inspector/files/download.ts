// Saves a file of a disk to a file of the user's: as a stream where the browser can, and else gathered in memory.
import type { Progress } from '../../copy/progress.js';
import type { Disk } from '../../disk/disk.js';
import { saveAs } from '../hex/save_as.js';
import { lastName, shown } from './names.js';

/** What the file is called on the user's own disk: no separators of any system, and no name that a system keeps for itself. */
export function localName(path: string): string {
  const name = shown(lastName(path))
    .replaceAll(/[/\\:*?"<>|]/g, '_')
    .replace(/^\.+|[. ]+$/g, '_');
  return name === '' ? 'file' : name.slice(0, 200);
}

/** Rejects with an AbortError when the user chooses no file. */
export function download(
  disk: Disk,
  path: string,
  { size, signal, progress }: { size: bigint; signal: AbortSignal; progress: (progress: Progress) => void },
): Promise<void> {
  return saveAs(disk, localName(path), { offset: 0n, length: size, signal, progress });
}
