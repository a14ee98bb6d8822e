// The options of diskImage().
import type { WaitOptions } from '../../base/abort.js';
import type { CacheOptions } from '../../disk/block_cache.js';

/** The formats of images that can be opened, as `qemu-img` calls them; `vhd` is its `vpc`. */
export type ImageFormat = 'qcow2' | 'vhdx' | 'vmdk' | 'vdi' | 'vhd';

/** The options of {@link diskImage}. */
export interface ImageOptions extends WaitOptions {
  /** Unless told otherwise it is found out. */
  format?: ImageFormat | undefined;
  /** Sizes of the cache through which the image is read. */
  cache?: Omit<CacheOptions, 'readAhead'> | undefined;
}
