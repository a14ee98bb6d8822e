// Saves a range of a disk to a file: with the library's own copy, so that holes are not read and many requests are in flight.
import type { WaitOptions } from '../../base/abort.js';
import { copyWith } from '../../copy/copy.js';
import type { FileHandleLike } from '../../copy/file_handle.js';
import type { Platform } from '../../copy/open.js';
import type { Progress } from '../../copy/progress.js';
import type { Disk } from '../../disk/disk.js';
import { type OnUnreadable, PartDisk } from './part_disk.js';

export interface SaveOptions extends WaitOptions {
  /** In bytes. */
  readonly offset: bigint;
  readonly length: bigint;
  /** Writes zeroes for what cannot be read, and tells what. Without it, the first read that fails ends it. */
  readonly onUnreadable?: OnUnreadable | undefined;
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** A page has no other ends of a copy than there are everywhere. */
const page: Platform = { source: () => undefined, destination: () => undefined };

/** Where there is no way to write to a file as the bytes come: what is gathered in memory at most, in bytes. */
export const largestBlob = 2 ** 29;

/**
 * Saves to a file that the user picked, or to a stream.
 *
 * @throws CopyError that says how far it came; with `signal`, its reason.
 */
export async function save(
  disk: Disk,
  target: FileHandleLike | WritableStream<Uint8Array>,
  { offset, length, onUnreadable, progress, signal }: SaveOptions,
): Promise<void> {
  const part = await PartDisk.of(disk, { start: offset, end: offset + length }, { onUnreadable });
  await copyWith(page, part, target, { progress, signal });
}

/**
 * Saves to a Blob, for browsers that cannot write to a file that the user picks.
 *
 * @throws RangeError for more than {@link largestBlob}; else as {@link save}.
 */
export async function saveToBlob(disk: Disk, options: SaveOptions): Promise<Blob> {
  if (options.length > BigInt(largestBlob)) {
    throw new RangeError(`this browser can only gather what it saves in memory: ${largestBlob} bytes at most`);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const gather = new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk as Uint8Array<ArrayBuffer>) });
  await save(disk, gather, options);
  return new Blob(chunks, { type: 'application/octet-stream' });
}
