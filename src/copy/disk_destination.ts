// A disk, to be copied to.
import { NBDError } from '../base/errors.js';
import { BlockLocks } from '../disk/block_locks.js';
import { askGeometry, type Disk, type Geometry } from '../disk/disk.js';
import { aligned, pieces, preferredBlock, requestSize } from '../disk/ranges.js';
import { CMD_FLAG_NO_HOLE } from '../generated/constants.js';
import { DiskSource } from './disk_source.js';
import type { RandomDestination, RandomSource } from './ends.js';

/** The most that one request zeroes, in bytes: a server that has to write them must be done within a timeout. */
const longestZero = 2 ** 27;

export class DiskDestination implements RandomDestination {
  readonly isRandom = true;
  readonly name = 'the disk';
  readonly journal = undefined;
  readonly written: RandomSource;
  readonly #disk: Disk;
  readonly #geometry: Geometry;
  readonly #locks: BlockLocks;
  readonly #allocated: boolean;
  readonly #canFlush: boolean;
  readonly isReadOnly: boolean;
  canZero: boolean;

  private constructor(
    disk: Disk,
    geometry: Geometry,
    allocated: boolean,
    can: { write: boolean; flush: boolean; zero: boolean },
    written: RandomSource,
  ) {
    this.#disk = disk;
    this.#geometry = geometry;
    this.#locks = BlockLocks.of(disk);
    this.#allocated = allocated;
    this.#canFlush = can.flush;
    this.isReadOnly = !can.write;
    this.canZero = can.zero;
    this.written = written;
  }

  static async open(disk: Disk, { allocated }: { allocated: boolean }): Promise<DiskDestination> {
    const asked = [askGeometry(disk), disk.isReadOnly(), disk.canFlush(), disk.canZero()] as const;
    const [geometry, isReadOnly, flush, zero] = await Promise.all(asked);
    return new DiskDestination(disk, geometry, allocated, { write: !isReadOnly, flush, zero }, await DiskSource.open(disk));
  }

  get room(): bigint {
    return this.#geometry.size;
  }

  get block(): number {
    return Number(this.#geometry.minimum) || 1;
  }

  get preferred(): number | undefined {
    return preferredBlock(this.#geometry);
  }

  get connections(): number | undefined {
    return this.#disk.connections;
  }

  get longest(): number {
    return requestSize('copy', this.#geometry, { requestSize: 2 ** 25 });
  }

  get longestZero(): number {
    return this.canZero ? longestZero : this.longest;
  }

  async begin(): Promise<boolean> {
    return false;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, at: bigint, signal: AbortSignal): Promise<void> {
    const whole = aligned(this.#geometry, { at, count: bytes.length });
    if (whole.count === bytes.length) {
      await this.#disk.pwrite(bytes, at, { signal });
      return;
    }
    // What is around the piece is read, and written back with it: nobody else may write there meanwhile.
    await this.#locks.hold(whole.at, whole.at + BigInt(whole.count), async () => {
      const around = await this.#disk.pread(whole.count, whole.at, { signal });
      around.set(bytes, whole.before);
      await this.#disk.pwrite(around, whole.at, { signal });
    });
  }

  /** Never trims: what was trimmed may read as anything. */
  async zero(count: number, at: bigint, signal: AbortSignal): Promise<void> {
    if (this.canZero && aligned(this.#geometry, { at, count }).count === count) {
      try {
        await this.#disk.zero(count, at, { signal, flags: this.#allocated ? CMD_FLAG_NO_HOLE : 0 });
        return;
      } catch (error) {
        if (!(error instanceof NBDError) || error.code !== 'ENOTSUP') throw error;
        this.canZero = false; // the server said that it can, and this disk of its cannot
      }
    }
    const size = Math.min(this.longest, 2 ** 20);
    for (const piece of pieces({ start: at, end: at + BigInt(count) }, size)) {
      await this.write(new Uint8Array(piece.count), piece.at, signal);
    }
  }

  async flush(signal: AbortSignal): Promise<void> {
    if (this.#canFlush) await this.#disk.flush({ signal });
  }

  async finish(): Promise<undefined> {}

  async abandon(): Promise<void> {}
}
