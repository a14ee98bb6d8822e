// The interface that everything above NBD speaks to: a handle, here or in a worker, or whatever stands for one.
import type { WaitOptions } from '../base/abort.js';
import type { Extent64Callback } from '../generated/callbacks.js';
import { type CmdFlag, SIZE_MAXIMUM, SIZE_MINIMUM, SIZE_PAYLOAD, SIZE_PREFERRED, type Size } from '../generated/constants.js';

/** What a handle answers at once, and a worker later. */
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

/** libnbd's own limit (MAX_REQUEST_SIZE in lib/internal.h), in bytes: it refuses a larger read or write before it touches the buffer. */
export const maxRequestSize = 64 * 1024 * 1024;

/** The sizes that a server has stated of its disk, in bytes. */
export interface Geometry {
  size: bigint;
  /** Every request is a multiple of this. */
  minimum: bigint;
  preferred: bigint;
  /** The most that a request may be about. */
  maximum: bigint;
  /** The most that a request may carry. */
  payload: bigint;
}

/** Asks a handle, here or in a worker, with one call for each number. */
export function geometryOf<T>(nbd: { getSize(): T; getBlockSize(type: number): T }): { [K in keyof Geometry]: T } {
  return {
    size: nbd.getSize(),
    minimum: nbd.getBlockSize(SIZE_MINIMUM),
    preferred: nbd.getBlockSize(SIZE_PREFERRED),
    maximum: nbd.getBlockSize(SIZE_MAXIMUM),
    payload: nbd.getBlockSize(SIZE_PAYLOAD),
  };
}
