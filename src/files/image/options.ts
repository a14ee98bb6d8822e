// What diskImage() takes, and what it resolves with.
import type { WaitOptions } from '../../base/abort.js';
import type { CacheOptions } from '../../disk/block_cache.js';
import type { Disk } from '../../disk/disk.js';

/** The formats of images that can be opened, as `qemu-img` calls them; `vhd` is its `vpc`. */
export type ImageFormat = 'qcow2' | 'vhdx' | 'vmdk' | 'vdi' | 'vhd';

/** The options of {@link diskImage}. */
export interface ImageOptions extends WaitOptions {
  /** Unless told otherwise it is found out. */
  format?: ImageFormat | undefined;
  /** Sizes of the cache through which the image is read. */
  cache?: Omit<CacheOptions, 'readAhead'> | undefined;
}

/** The disk that is in an image, to read. */
export interface DiskImage extends Disk, Disposable {
  /** Ends the worker in which the image is read; the disk that the image is on stays open. No call is good after that. */
  close(): void;
}
