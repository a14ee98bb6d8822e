// A cache of blocks over a disk, as a disk.
import { BlockCache, type CacheOptions } from './block_cache.js';
import { askGeometry, type Disk, type FlagOptions } from './disk.js';
import { DiskOver } from './disk_over.js';

/**
 * A disk that keeps what was read from another, up to a bound. Writes go through.
 *
 * A read that fails is made once more as it was asked for, since the blocks around it may hold a bad sector that nobody asked about.
 *
 * @throws RangeError for sizes that do not fit.
 */
export async function cached(disk: Disk, options: CacheOptions = {}): Promise<Disk> {
  return new CachedDisk(disk, new BlockCache('cached', disk, await askGeometry(disk), options));
}

class CachedDisk extends DiskOver {
  readonly #cache: BlockCache;

  constructor(disk: Disk, cache: BlockCache) {
    super(disk);
    this.#cache = cache;
  }

  override async pread(count: number, offset: number | bigint, options?: FlagOptions): Promise<Uint8Array<ArrayBuffer>> {
    if (!this.#cache.serves(count, offset, options)) return super.pread(count, offset, options);
    return this.#cache.read(new Uint8Array(count), offset, options);
  }

  override async preadInto(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void> {
    if (!this.#cache.serves(buf.byteLength, offset, options)) return super.preadInto(buf, offset, options);
    await this.#cache.read(new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength), offset, options);
  }

  override async pwrite(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void> {
    await this.#cache.change(buf.byteLength, offset, options, () => super.pwrite(buf, offset, options));
  }

  override async zero(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void> {
    await this.#cache.change(count, offset, options, () => super.zero(count, offset, options));
  }

  override async trim(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void> {
    await this.#cache.change(count, offset, options, () => super.trim(count, offset, options));
  }
}
