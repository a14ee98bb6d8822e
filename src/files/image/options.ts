// What diskImage() takes, and what it resolves with.
import type { WaitOptions } from '../../base/abort.js';
import type { CacheOptions } from '../../disk/block_cache.js';
import type { Disk } from '../../disk/disk.js';

/** The formats of images that can be opened, as `qemu-img` calls them; `vhd` is its `vpc`. */
export type ImageFormat = 'qcow2' | 'vhdx' | 'vmdk' | 'vdi' | 'vhd';

/** What {@link diskImage} resolves with: a disk that is only read, until it is closed. */
export interface ImageDisk extends Disk, Disposable {
  readonly format: ImageFormat;
  /** What a reader should know, such as that a checksum is wrong. */
  readonly warnings: readonly string[];
  /** Ends the worker in which the engine runs. No call is good after that. The disk that has the image stays open. */
  close(): void;
}

/** The options of {@link diskImage}. */
export interface ImageOptions extends WaitOptions {
  /** Unless told otherwise it is found out. */
  format?: ImageFormat | undefined;
  /** Sizes of the cache through which the image is read. */
  cache?: Omit<CacheOptions, 'readAhead'> | undefined;
}
