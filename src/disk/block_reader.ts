// A disk for code that reads synchronously: a cache of blocks that can be looked into at once, and a count of what it took to fill it.
import { NBDError } from '../base/errors.js';
import { BlockCache, type CacheOptions, isAnswer } from './block_cache.js';
import { askGeometry, type Disk, type Geometry } from './disk.js';
import { readPiece } from './ranges.js';

/** In bytes, or the server's minimum. What such code reads is mostly apart, so that larger blocks would only be more bytes. */
const defaultBlockSize = 16_384;

export class BlockReader {
  readonly geometry: Geometry;
  /** Requests to the disk, and the bytes that they asked for. */
  readonly reads = { requests: 0, bytes: 0 };
  readonly #cache: BlockCache;
  readonly #source: Pick<Disk, 'pread'>;

  private constructor(call: string, disk: Disk, geometry: Geometry, options: CacheOptions) {
    this.geometry = geometry;
    this.#source = {
      pread: (count, offset, flags) => {
        this.reads.requests++;
        this.reads.bytes += count;
        return disk.pread(count, offset, flags);
      },
    };
    this.#cache = new BlockCache(call, this.#source, geometry, options);
  }

  /**
   * @param call Who reads, for errors.
   * @param wanted The size of its blocks in bytes, where neither the options nor the server's minimum say otherwise.
   * @throws RangeError for sizes that do not fit.
   */
  static async over(call: string, disk: Disk, options: CacheOptions, wanted = defaultBlockSize): Promise<BlockReader> {
    const geometry = await askGeometry(disk);
    const blockSize = Math.max(wanted, Number(geometry.minimum));
    return new BlockReader(call, disk, geometry, { blockSize, ...options, readAhead: 0 });
  }

  /** Fills the view where all of its bytes are at hand. */
  peek(view: Uint8Array, offset: bigint): boolean {
    return this.#cache.serves(view.length, offset, undefined) && this.#cache.peek(view, offset);
  }

  /** Asks for the blocks of a range, so that they are there, or on their way, when they are read. */
  ahead(offset: bigint, length: number): void {
    this.#cache.ahead(offset, length);
  }

  /** The bytes of a range that is on the disk, or the error with which the disk refused it. Rejects where the disk cannot be asked. */
  async read(offset: bigint, length: number, signal: AbortSignal | undefined): Promise<Uint8Array | NBDError> {
    try {
      if (this.#cache.serves(length, offset, undefined))
        return await this.#cache.read(new Uint8Array(length), offset, { signal });
      return await readPiece(this.#source, this.geometry, { at: offset, count: length }, signal);
    } catch (error) {
      if (error instanceof NBDError && isAnswer(error) && !signal?.aborted) return error;
      throw error;
    }
  }
}
