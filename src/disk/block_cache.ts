// Blocks of a disk that were read, with read-ahead: for readers that come back to the same places, such as file systems.
//
// - A read is made of blocks. Those that are missing and lie together are one request; who wants a block that is on its way waits for it.
// - A read that begins where the last one ended makes the next blocks come as well, before they are asked for.
// - A change drops the blocks that it touches, when it begins and when it ends: what was read between may be old.
// - A change that was not answered may still be made. Nothing of its range is kept from then on.
// - The blocks that were not used for the longest time are given up.
import { abortable, checkedSignal } from '../base/abort.js';
import { type ErrnoCode, NBDError } from '../base/errors.js';
import { integer } from '../base/integers.js';
import type { Disk, FlagOptions, Geometry } from './disk.js';
import { DiskError } from './disk_error.js';
import { RangeSet } from './range_set.js';
import { type Range, readPiece, requestSize } from './ranges.js';

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
  /** The same, once it is there. */
  found?: Uint8Array;
  readonly length: number;
}

/**
 * A read that the server refuses is made once more as it was asked for, since the blocks around it may hold a bad sector that nobody asked
 * about.
 */
export class BlockCache {
  readonly #source: Pick<Disk, 'pread'>;
  readonly #geometry: Geometry;
  readonly #capacity: number;
  readonly #size: number;
  readonly #readAhead: number;
  readonly #longest: number;
  /** By their number; the one that was used last comes last. */
  readonly #blocks = new Map<number, Block>();
  /** Where a change may still be made. */
  readonly #inDoubt = new RangeSet([], { most: 2 ** 12 });
  #held = 0;
  /** Where the last read ended. */
  #next = 0n;

  /**
   * @param call Who asks for a cache, for errors.
   * @param source What the blocks are read from.
   * @throws RangeError for sizes that do not fit.
   */
  constructor(call: string, source: Pick<Disk, 'pread'>, geometry: Geometry, options: CacheOptions) {
    const { capacity = 2 ** 25, blockSize = 2 ** 16, readAhead = Math.min(2 ** 19, capacity >>> 2) } = options;
    integer(call, 'blockSize', blockSize, 1, requestSize(call, geometry, { requestSize: 2 ** 25 }));
    const minimum = Number(geometry.minimum) || 1;
    if (blockSize % minimum !== 0) throw new RangeError(`${call}: blockSize must be a multiple of the server's ${minimum} bytes`);
    this.#source = source;
    this.#geometry = geometry;
    this.#capacity = integer(call, 'capacity', capacity, blockSize, Number.MAX_SAFE_INTEGER);
    this.#size = blockSize;
    this.#readAhead = Math.ceil(integer(call, 'readAhead', readAhead, 0, capacity) / blockSize);
    this.#longest = Math.max(1, Math.floor(requestSize(call, geometry, { requestSize: 2 ** 22 }) / blockSize));
  }

  /** Whether a read is to be made of blocks. All others are the disk's, as are those that it has to refuse. */
  serves(count: number, offset: number | bigint, options: FlagOptions | undefined): boolean {
    const range = rangeOf(count, offset);
    if (range === undefined || range.start < 0n || range.end > this.#geometry.size) return false;
    // What is too long would push out all the rest.
    if (count <= 0 || count > this.#capacity / 4 || (options?.flags ?? 0) !== 0) return false;
    const last = this.#blockAt(range.end - 1n);
    return Number.isSafeInteger(last) && this.#isSure(this.#blockAt(range.start), last);
  }

  /** Fills an array. */
  async read<T extends Uint8Array>(view: T, offset: number | bigint, options: FlagOptions = {}): Promise<T> {
    const signal = checkedSignal('nbd_pread', options);
    signal?.throwIfAborted();
    const start = BigInt(offset);
    const end = start + BigInt(view.length);
    const [first, last] = [this.#blockAt(start), this.#blockAt(end - 1n)];
    const blocks = this.#take(first, last);
    if (start === this.#next) this.#takeAhead(last + 1, Math.min(last + this.#readAhead, this.#lastBlock));
    this.#next = end;
    try {
      for (const [index, { bytes }] of blocks.entries()) {
        const at = Number(this.#startOf(first + index) - start); // in the view; below 0 for a block that begins before it
        const found = await abortable(bytes, signal);
        view.set(found.subarray(Math.max(0, -at), Math.min(view.length - at, found.length)), Math.max(0, at));
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!isAnswer(error)) throw error;
      view.set(await readPiece(this.#source, this.#geometry, { at: start, count: view.length }, signal));
    }
    return view;
  }

  /** Fills an array with what is there already; false where some of it is not. */
  peek(view: Uint8Array, offset: bigint): boolean {
    const [first, last] = [this.#blockAt(offset), this.#blockAt(offset + BigInt(view.length) - 1n)];
    if (!this.#isSure(first, last)) return false;
    for (let number = first; number <= last; number++) if (this.#blocks.get(number)?.found === undefined) return false;
    for (let number = first; number <= last; number++) {
      const at = Number(this.#startOf(number) - offset); // in the view; below 0 for a block that begins before it
      const found = this.#blocks.get(number)?.found ?? new Uint8Array();
      view.set(found.subarray(Math.max(0, -at), Math.min(view.length - at, found.length)), Math.max(0, at));
    }
    return true;
  }

  /** Asks for the blocks of a range that is on the disk. Whoever reads one that fails asks again, and learns why. */
  ahead(offset: bigint, length: number): void {
    if (this.serves(length, offset, undefined)) this.#take(this.#blockAt(offset), this.#blockAt(offset + BigInt(length) - 1n));
  }

  /** Makes a change of the disk. */
  async change(
    count: number | bigint,
    offset: number | bigint,
    options: FlagOptions | undefined,
    make: () => Promise<void>,
  ): Promise<void> {
    const signal = options?.signal;
    const wasAborted = signal?.aborted;
    const range = rangeOf(count, offset);
    if (range === undefined) return make(); // which refuses it
    this.#drop(range);
    try {
      await make();
    } catch (error) {
      const isOver = wasAborted || (!signal?.aborted && isAnswer(error));
      if (!isOver) this.#inDoubt.add(range);
      throw error;
    } finally {
      this.#drop(range);
    }
  }

  /** Drops everything. */
  clear(): void {
    this.#blocks.clear();
    this.#held = 0;
  }

  #blockAt(position: bigint): number {
    return Number(position / BigInt(this.#size));
  }

  #startOf(block: number): bigint {
    return BigInt(block) * BigInt(this.#size);
  }

  get #lastBlock(): number {
    return this.#blockAt(this.#geometry.size - 1n);
  }

  #isSure(first: number, last: number): boolean {
    if (this.#inDoubt.isEmpty) return true;
    const range = { start: this.#startOf(first), end: this.#startOf(last + 1) };
    return this.#inDoubt.within(range).length === 0;
  }

  #takeAhead(first: number, last: number): void {
    if (first <= last && this.#isSure(first, last)) this.#take(first, last);
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
    const start = this.#startOf(first);
    const count = Math.min((end - first) * this.#size, Number(this.#geometry.size - start));
    const read = readPiece(this.#source, this.#geometry, { at: start, count }, undefined);
    const blocks: Block[] = [];
    for (let number = first; number < end; number++) {
      const from = (number - first) * this.#size;
      const length = Math.min(this.#size, count - from);
      const bytes = read.then((all) => all.slice(from, from + length)); // its own, so that it can be given up alone
      const block: Block = { bytes, length };
      bytes.then(
        (found) => (block.found = found),
        () => this.#forget(number, block), // the next reader asks again
      );
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

  #drop({ start, end }: Range): void {
    if (end <= start) return;
    const [first, last] = [this.#blockAt(start), this.#blockAt(end - 1n)];
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

/** Undefined for what is no range. Offsets may be larger than a number holds exactly. */
function rangeOf(count: number | bigint, offset: number | bigint): Range | undefined {
  const isWhole = (value: number | bigint) => typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!isWhole(count) || !isWhole(offset)) return undefined;
  return { start: BigInt(offset), end: BigInt(offset) + BigInt(count) };
}

/** What a server answers, by the protocol, or the library in its stead. */
const answers: readonly (ErrnoCode | null)[] = ['EPERM', 'EIO', 'ENOMEM', 'EINVAL', 'ENOSPC', 'EOVERFLOW', 'ENOTSUP', 'EROFS'];

/** Whether an error says that a request is over: it was refused. Of any other, the server may not have heard yet, or not have answered. */
export function isAnswer(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  return (
    error instanceof NBDError && !error.isFatal && !(error instanceof DiskError) && answers.includes(error.code as ErrnoCode)
  );
}
