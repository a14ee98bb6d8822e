// One map for each disk, whoever shows it: block status is asked for once.
import type { Disk } from '../../disk/disk.js';
import { DiskMap } from './disk_map.js';

interface Shared {
  readonly map: DiskMap;
  users: number;
}

const shared = new WeakMap<Disk, Shared>();

/** The map of a disk, which fills itself until all who have called this have called {@link releaseMap}. */
export function mapOf(disk: Disk, contexts?: readonly string[]): DiskMap {
  let entry = shared.get(disk);
  if (entry === undefined) {
    entry = { map: new DiskMap(disk, contexts === undefined ? {} : { contexts }), users: 0 };
    shared.set(disk, entry);
  }
  entry.users += 1;
  // Later, when all who are set up in the same turn have said what they look at.
  const { map } = entry;
  queueMicrotask(() => void map.start());
  return map;
}

export function releaseMap(disk: Disk): void {
  const entry = shared.get(disk);
  if (entry === undefined) return;
  entry.users -= 1;
  if (entry.users === 0) entry.map.stop();
}
