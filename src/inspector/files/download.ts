// Saves a file of a disk to a file of the user's: as a stream where the browser can, and else gathered in memory.
import type { FileHandleLike } from '../../copy/file_handle.js';
import type { Progress } from '../../copy/progress.js';
import type { Disk } from '../../disk/disk.js';
import { save, saveToBlob } from '../hex/save.js';
import { lastName, shown } from './names.js';

type Picker = (options: { suggestedName: string }) => Promise<FileHandleLike>;

/** What the file is called on the user's own disk: no separators of any system, and no name that a system keeps for itself. */
export function localName(path: string): string {
  const name = shown(lastName(path))
    .replaceAll(/[/\\:*?"<>|]/g, '_')
    .replace(/^\.+|[. ]+$/g, '_');
  return name === '' ? 'file' : name.slice(0, 200);
}

/** Rejects with an AbortError when the user chooses no file. */
export async function download(
  disk: Disk,
  path: string,
  { size, signal, progress }: { size: bigint; signal: AbortSignal; progress: (progress: Progress) => void },
): Promise<void> {
  const name = localName(path);
  const options = { offset: 0n, length: size, signal, progress };
  const pick = (globalThis as { showSaveFilePicker?: Picker }).showSaveFilePicker;
  if (pick !== undefined) {
    await save(disk, await pick({ suggestedName: name }), options);
    return;
  }
  const url = URL.createObjectURL(await saveToBlob(disk, options));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser has begun to read it by then
}
