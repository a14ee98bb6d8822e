// Where a file is on the disk, for the map.
import type { FileSystem } from '../../files/file_system.js';
import { diskPath } from './names.js';

/** More parts than this are not lit: no screen has as many pixels. */
const mostParts = 100_000;

export interface Places {
  readonly ranges: readonly { readonly offset: bigint; readonly length: bigint }[];
  /** The sum of their lengths. */
  readonly bytes: bigint;
  readonly isCut: boolean;
}

/** The parts that have a place; those that follow each other on the disk are one. */
export async function placesOf(files: FileSystem, path: string, signal: AbortSignal): Promise<Places> {
  const ranges: { offset: bigint; length: bigint }[] = [];
  let bytes = 0n;
  for await (const { place, length } of files.places(diskPath(path), { signal })) {
    if (place === undefined) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last.offset + last.length === place) last.length += length;
    else if (ranges.length === mostParts) return { ranges, bytes, isCut: true };
    else ranges.push({ offset: place, length });
    bytes += length;
  }
  return { ranges, bytes, isCut: false };
}
