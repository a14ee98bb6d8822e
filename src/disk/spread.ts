// Several connections to one disk, used as one: a request goes to the one that has the fewest under way.
import { NBDError } from '../base/errors.js';
import type { Disk } from './disk.js';
import { DiskOver } from './disk_over.js';

/**
 * One disk over several connections to it. A flush goes to each of them.
 *
 * @throws NBDError `EINVAL` when their sizes differ, and `ENOTSUP` when they are written to and a server does not promise that what one
 *   connection flushes is there for the others (`canMultiConn`).
 */
export async function spread(disks: readonly Disk[], access: 'read' | 'write'): Promise<Disk> {
  const [first, ...others] = disks;
  if (first === undefined) throw new TypeError('spread: at least one disk is wanted');
  if (others.length === 0) return first;
  const size = await first.getSize();
  for (const disk of disks) {
    const found = await disk.getSize();
    if (found !== size) throw new NBDError(`the connections are not to one disk: it has ${size} and ${found} bytes`, 'EINVAL');
    if (access === 'write' && !(await disk.canMultiConn())) {
      throw new NBDError('the server does not support several connections to one disk: use one', 'ENOTSUP');
    }
  }
  return new SpreadDisk(first, disks);
}

class SpreadDisk extends DiskOver {
  readonly #all: readonly Disk[];
  readonly #running: Map<Disk, number>;

  constructor(first: Disk, all: readonly Disk[]) {
    super(first);
    this.#all = all;
    this.#running = new Map(all.map((disk) => [disk, 0]));
  }

  override get connections(): number {
    return this.#all.length;
  }

  override async on<T>(request: (disk: Disk) => Promise<T>): Promise<T> {
    let [disk, fewest] = [this.disk, Number.POSITIVE_INFINITY];
    for (const [candidate, running] of this.#running) if (running < fewest) [disk, fewest] = [candidate, running];
    this.#running.set(disk, fewest + 1);
    try {
      return await request(disk);
    } finally {
      this.#running.set(disk, (this.#running.get(disk) ?? 1) - 1);
    }
  }

  override async flush(options?: Parameters<Disk['flush']>[0]): Promise<void> {
    await Promise.all(this.#all.map((disk) => disk.flush(options)));
  }
}
