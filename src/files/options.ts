// The options of fileSystem().
import type { WaitOptions } from '../base/abort.js';
import type { CacheOptions } from '../disk/block_cache.js';

/** The options of {@link fileSystem}. */
export interface FileSystemOptions extends WaitOptions {
  /** The part of the disk that has it, such as one of what `probe()` has found; the whole disk unless told otherwise. */
  partition?: { readonly start: bigint; readonly size: bigint } | undefined;
  /** libblkid's name of its type, such as `ext4`: unless told otherwise it is looked for. */
  type?: string | undefined;
  /** Sizes of the cache through which the disk is read. */
  cache?: Omit<CacheOptions, 'readAhead'> | undefined;
}
