// Saves a range to a file that the user chooses, as a stream where the browser can; else it is gathered in memory and downloaded.
import type { FileHandleLike } from '../../copy/file_handle.js';
import type { Disk } from '../../disk/disk.js';
import { type SaveOptions, save, saveToBlob } from './save.js';

/** What Chromium has, and others do not. */
type Picker = (options: { suggestedName: string }) => Promise<FileHandleLike>;
const picker = (): Picker | undefined => (globalThis as { showSaveFilePicker?: Picker }).showSaveFilePicker;

/** Whether there is no limit of memory to what can be saved. */
export const canStream = (): boolean => picker() !== undefined;

/** Rejects with an AbortError when the user chooses no file. */
export async function saveAs(disk: Disk, name: string, options: SaveOptions): Promise<void> {
  const pick = picker();
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
