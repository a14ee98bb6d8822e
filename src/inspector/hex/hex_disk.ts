// A disk as the hex view reads it: through a cache of blocks that all elements which show the disk share.
import { cached } from '../../disk/cached.js';
import { askGeometry, type Disk, type Geometry } from '../../disk/disk.js';
import { readPiece } from '../../disk/ranges.js';

/** In bytes: a few screens more than what is shown at a time. */
const capacity = 2 ** 22;
/** In bytes, where the server's minimum is no larger. */
const smallestPage = 4096;
/** The smallest range that is told as unreadable, in bytes, where the server takes as small requests: a sector. */
const smallestUnit = 512;

export interface HexDisk {
  readonly disk: Disk;
  readonly cached: Disk;
  readonly geometry: Geometry;
  /** What is read at a time, in bytes. */
  readonly page: number;
  /** What is told as unreadable at least, in bytes. */
  readonly unit: number;
}

const known = new WeakMap<Disk, Promise<HexDisk>>();

/** The same for the same disk. */
export function hexDisk(disk: Disk): Promise<HexDisk> {
  const found = known.get(disk);
  if (found !== undefined) return found;
  const opening = openHexDisk(disk);
  known.set(disk, opening);
  opening.catch(() => known.delete(disk)); // the next one asks again; whoever awaits this one hears of the failure
  return opening;
}

async function openHexDisk(disk: Disk): Promise<HexDisk> {
  const geometry = await askGeometry(disk);
  const minimum = Number(geometry.minimum) || 1;
  const page = Math.max(smallestPage, minimum);
  return {
    disk,
    cached: await cached(disk, { capacity, blockSize: page, readAhead: 0 }),
    geometry,
    page,
    unit: Math.max(smallestUnit, minimum),
  };
}

/** Reads what a disk has of a range: less at its end. */
export async function readBytes(
  { cached, geometry }: HexDisk,
  offset: bigint,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const left = geometry.size - offset;
  const count = left < BigInt(length) ? Number(left) : length;
  if (count <= 0) return new Uint8Array();
  return readPiece(cached, geometry, { at: offset, count }, signal);
}
