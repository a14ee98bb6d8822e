// What all above NBD speaks to: a handle, here or in a worker, or whatever stands for one.
import type { WaitOptions } from '../base/abort.js';
import type { Extent64Callback } from '../generated/callbacks.js';
import type { CmdFlag, Size } from '../generated/constants.js';

type Soon<T> = T | Promise<T>;

export interface Disk {
  pread(count: number, offset: number | bigint, options?: WaitOptions): Promise<Uint8Array<ArrayBuffer>>;
  pwrite(bytes: ArrayBufferView, offset: number | bigint, options?: WaitOptions & { flags?: CmdFlag | undefined }): Promise<void>;
  flush(options?: WaitOptions): Promise<void>;
  canFlush(): Soon<boolean>;
  blockStatus64(
    count: number | bigint,
    offset: number | bigint,
    callback: Extent64Callback,
    options?: WaitOptions,
  ): Promise<void>;
  canMetaContext(context: string): Soon<boolean>;
  getSize(): Soon<bigint>;
  getBlockSize(type: Size): Soon<bigint>;
  getExtendedHeadersNegotiated(): Soon<boolean>;
}
