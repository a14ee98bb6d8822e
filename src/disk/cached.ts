// A cache of blocks over a disk, with read-ahead: for readers that come back to the same places, such as file systems.
//
// - A read is made of blocks. Those that are missing and lie together are one request; who wants a block that is on its way waits for it.
// - A read that begins where the last one ended makes the next blocks come as well, before they are asked for.
// - A write drops the blocks that it touches, when it begins and when it ends: what was read between may be old.
// - The blocks that were not used for the longest time are given up.
import { abortable } from '../base/abort.js';
import { integer } from '../base/integers.js';
import { askGeometry, type Disk, type FlagOptions, type Geometry } from './disk.js';
import { DiskOver } from './disk_over.js';
import { readPiece, requestSize } from './ranges.js';

export interface CacheOptions {
  /** How much is kept, in bytes: 32 MiB unless told otherwise. */
  capacity?: number | undefined;
  /** The size of a block in bytes, 64 KiB unless told otherwise; a multiple of the server's minimum. */
  blockSize?: number | undefined;
  /** How much is read ahead of a reader that goes on where it was, in bytes: 512 KiB unless told otherwise, and a quarter of a
   * small cache; 0 for nothing. */
  readAhead?: number | undefined;
}

/** A block, there or on its way. */
interface Block {
  bytes: Promise<Uint8Array>;
  readonly length: number;
}

/**
 * A disk that keeps what was read from another, up to a bound. Writes go through.
 *
 * A read that fails is made once more as it was asked for, since the blocks around it may hold a bad sector that nobody asked about.
 *
 * @throws RangeError for sizes that do not fit.
 */
export async function cached(disk: Disk, options: CacheOptions = {}): Promise<Disk> {
  const geometry = await askGeometry(disk);
  const { capacity = 2 ** 25, blockSize = 2 ** 16, readAhead = Math.min(2 ** 19, capacity >>> 2) } = options;
  integer('cached', 'blockSize', blockSize, 1, requestSize('cached', geometry, { requestSize: 2 ** 25 }));
  const minimum = Number(geometry.minimum) || 1;
  if (blockSize % minimum !== 0) throw new RangeError(`cached: blockSize must be a multiple of the server's ${minimum} bytes`);
  integer('cached', 'capacity', capacity, blockSize, Number.MAX_SAFE_INTEGER);
  integer('cached', 'readAhead', readAhead, 0, capacity);
  return new CachedDisk(disk, geometry, { capacity, blockSize, readAhead });
}

class CachedDisk extends DiskOver {
  readonly #geometry: Geometry;
  readonly #capacity: number;
  readonly #size: number;
  readonly #readAhead: number;
  readonly #longest: number;
  /** By their number; the one that was used last comes last. */
  readonly #blocks = new Map<number, Block>();
  #held = 0;
  /** Where the last read ended. */
  #next = 0;

  constructor(
    disk: Disk,
    geometry: Geometry,
    { capacity, blockSize, readAhead }: Required<{ [K in keyof CacheOptions]: number }>,
  ) {
    super(disk);
    this.#geometry = geometry;
    this.#capacity = capacity;
    this.#size = blockSize;
    this.#readAhead = Math.ceil(readAhead / blockSize);
    this.#longest = Math.max(1, Math.floor(requestSize('cached', geometry, { requestSize: 2 ** 22 }) / blockSize));
  }

  override async pread(count: number, offset: number | bigint, options?: FlagOptions): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    await this.preadInto(bytes, offset, options);
    return bytes;
  }

  override async preadInto(buf: ArrayBufferView, offset: number | bigint, options: FlagOptions = {}): Promise<void> {
    const { flags = 0, signal } = options;
    const start = Number(offset);
    const end = start + buf.byteLength;
    // What is too long would push out all the rest, and what is not on the disk is the disk's to refuse.
    const isOurs = Number.isSafeInteger(end) && start >= 0 && BigInt(end) <= this.#geometry.size;
    if (flags !== 0 || !isOurs || buf.byteLength === 0 || buf.byteLength > this.#capacity / 4) {
      await super.preadInto(buf, offset, options);
      return;
    }
    signal?.throwIfAborted();
    const view = new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength);
    const [first, last] = [Math.floor(start / this.#size), Math.floor((end - 1) / this.#size)];
    const blocks = this.#take(first, last);
    if (start === this.#next) this.#take(last + 1, Math.min(last + this.#readAhead, this.#lastBlock));
    this.#next = end;
    try {
      for (const [index, { bytes }] of blocks.entries()) {
        const at = (first + index) * this.#size;
        const found = await abortable(bytes, signal);
        const from = Math.max(start, at);
        view.set(found.subarray(from - at, Math.min(end - at, found.length)), from - start);
      }
    } catch {
      signal?.throwIfAborted();
      view.set(await readPiece(this.disk, this.#geometry, { at: BigInt(start), count: view.length }, signal));
    }
  }

  override async pwrite(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void> {
    await this.#change(buf.byteLength, offset, () => super.pwrite(buf, offset, options));
  }

  override async zero(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void> {
    await this.#change(count, offset, () => super.zero(count, offset, options));
  }

  override async trim(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void> {
    await this.#change(count, offset, () => super.trim(count, offset, options));
  }

  async #change(count: number | bigint, offset: number | bigint, change: () => Promise<void>): Promise<void> {
    const [start, end] = [Number(offset), Number(offset) + Number(count)];
    this.#drop(start, end);
    try {
      await change();
    } finally {
      this.#drop(start, end);
    }
  }

  get #lastBlock(): number {
    return Math.floor((Number(this.#geometry.size) - 1) / this.#size);
  }

  /** Blocks, of which those that are missing are asked for. */
  #take(first: number, last: number): Block[] {
    const blocks: Block[] = [];
    for (let number = first; number <= last; ) {
      const known = this.#blocks.get(number);
      if (known !== undefined) {
        this.#blocks.delete(number);
        this.#blocks.set(number, known);
        blocks.push(known);
        number++;
        continue;
      }
      let end = number + 1;
      while (end <= last && end - number < this.#longest && !this.#blocks.has(end)) end++;
      blocks.push(...this.#load(number, end));
      number = end;
    }
    this.#makeRoom();
    return blocks;
  }

  /** Reads blocks that lie together in one request. */
  #load(first: number, end: number): Block[] {
    const start = first * this.#size;
    const stop = Math.min(end * this.#size, Number(this.#geometry.size));
    const read = readPiece(this.disk, this.#geometry, { at: BigInt(start), count: stop - start }, undefined);
    const blocks: Block[] = [];
    for (let number = first; number < end; number++) {
      const from = (number - first) * this.#size;
      const length = Math.min(this.#size, stop - start - from);
      const bytes = read.then((all) => all.slice(from, from + length)); // its own, so that it can be given up alone
      const block: Block = { bytes, length };
      bytes.catch(() => this.#forget(number, block)); // the next reader asks again
      this.#blocks.set(number, block);
      this.#held += length;
      blocks.push(block);
    }
    return blocks;
  }

  #forget(number: number, block: Block): void {
    if (this.#blocks.get(number) !== block) return;
    this.#blocks.delete(number);
    this.#held -= block.length;
  }

  #makeRoom(): void {
    for (const [number, block] of this.#blocks) {
      if (this.#held <= this.#capacity) return;
      this.#forget(number, block);
    }
  }

  #drop(start: number, end: number): void {
    if (end <= start) return;
    const [first, last] = [Math.floor(start / this.#size), Math.floor((end - 1) / this.#size)];
    if (last - first < this.#blocks.size) {
      for (let number = first; number <= last; number++) this.#dropBlock(number);
    } else {
      for (const number of [...this.#blocks.keys()]) if (first <= number && number <= last) this.#dropBlock(number);
    }
  }

  #dropBlock(number: number): void {
    const block = this.#blocks.get(number);
    if (block !== undefined) this.#forget(number, block);
  }
}
