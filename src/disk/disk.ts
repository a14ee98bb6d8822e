// The interface that everything above NBD speaks to: a handle, here or in a worker, or whatever stands for one.
import type { WaitOptions } from '../base/abort.js';
import type { Extent64Callback } from '../generated/callbacks.js';
import { type CmdFlag, SIZE_MAXIMUM, SIZE_MINIMUM, SIZE_PAYLOAD, SIZE_PREFERRED, type Size } from '../generated/constants.js';

/** What a handle answers at once, and a worker later. */
export type Soon<T> = T | Promise<T>;

/** The options of a call that takes flags. */
export type FlagOptions = WaitOptions & { flags?: CmdFlag | undefined };

/** A disk: offsets, counts and sizes are in bytes; errors are NBDErrors, as libnbd's calls of the same names give them. */
export interface Disk {
  /** Over how many connections its requests go; undefined for one. */
  readonly connections?: number | undefined;
  pread(count: number, offset: number | bigint, options?: FlagOptions): Promise<Uint8Array<ArrayBuffer>>;
  preadInto(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void>;
  pwrite(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void>;
  zero(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void>;
  trim(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void>;
  cache(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void>;
  flush(options?: FlagOptions): Promise<void>;
  blockStatus64(
    count: number | bigint,
    offset: number | bigint,
    callback: Extent64Callback,
    options?: FlagOptions,
  ): Promise<void>;
  /** As `blockStatus64`: the entries of each metadata context as one array, length and flags by turns. */
  blockStatusArrays(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<Map<string, BigUint64Array>>;
  isReadOnly(): Soon<boolean>;
  isRotational(): Soon<boolean>;
  canFlush(): Soon<boolean>;
  canFua(): Soon<boolean>;
  canZero(): Soon<boolean>;
  canFastZero(): Soon<boolean>;
  canTrim(): Soon<boolean>;
  canCache(): Soon<boolean>;
  canMultiConn(): Soon<boolean>;
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

/** Asks a disk that answers at once. */
export function geometryOf(disk: { getSize(): bigint; getBlockSize(type: Size): bigint }): Geometry {
  return {
    size: disk.getSize(),
    minimum: disk.getBlockSize(SIZE_MINIMUM),
    preferred: disk.getBlockSize(SIZE_PREFERRED),
    maximum: disk.getBlockSize(SIZE_MAXIMUM),
    payload: disk.getBlockSize(SIZE_PAYLOAD),
  };
}

/** Asks any disk. */
export async function askGeometry(disk: Disk): Promise<Geometry> {
  const sizes = [SIZE_MINIMUM, SIZE_PREFERRED, SIZE_MAXIMUM, SIZE_PAYLOAD].map((type) => disk.getBlockSize(type));
  const [size, minimum = 0n, preferred = 0n, maximum = 0n, payload = 0n] = await Promise.all([disk.getSize(), ...sizes]);
  return { size, minimum, preferred, maximum, payload };
}
