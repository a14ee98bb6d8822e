// What a disk that is made of others need not write itself: each call here is made of those that are left to it.
import type { ErrorRef } from '../base/callback.js';
import { codeOf, NBDError } from '../base/errors.js';
import type { Extent64Callback } from '../generated/callbacks.js';
import type { Size } from '../generated/constants.js';
import { askGeometry, type Disk, type FlagOptions, type Soon } from './disk.js';
import { type Extent, type ExtentsOfContextsOptions, type ExtentsOptions, extents } from './extents.js';
import type { TransferOptions } from './ranges.js';
import { type ReadableOptions, readable, readFully } from './transfers.js';
import { type WritableOptions, writable } from './writable.js';

/** A disk with the calls that a handle has beside libnbd's: `extents`, `readFully`, `readable` and `writable`. */
export abstract class BaseDisk implements Disk {
  abstract pread(count: number, offset: number | bigint, options?: FlagOptions): Promise<Uint8Array<ArrayBuffer>>;
  abstract pwrite(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void>;
  abstract zero(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void>;
  abstract trim(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void>;
  abstract cache(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void>;
  abstract flush(options?: FlagOptions): Promise<void>;
  abstract blockStatusArrays(
    count: number | bigint,
    offset: number | bigint,
    options?: FlagOptions,
  ): Promise<Map<string, BigUint64Array>>;
  abstract isReadOnly(): Soon<boolean>;
  abstract isRotational(): Soon<boolean>;
  abstract canFlush(): Soon<boolean>;
  abstract canFua(): Soon<boolean>;
  abstract canZero(): Soon<boolean>;
  abstract canFastZero(): Soon<boolean>;
  abstract canTrim(): Soon<boolean>;
  abstract canCache(): Soon<boolean>;
  abstract canMultiConn(): Soon<boolean>;
  abstract canMetaContext(context: string): Soon<boolean>;
  abstract getSize(): Soon<bigint>;
  abstract getBlockSize(type: Size): Soon<bigint>;
  abstract getExtendedHeadersNegotiated(): Soon<boolean>;

  /** As {@link NBD.preadInto | preadInto}. */
  async preadInto(buf: ArrayBufferView, offset: number | bigint, options: FlagOptions = {}): Promise<void> {
    const bytes = await this.pread(buf.byteLength, offset, options);
    new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength).set(bytes);
  }

  /**
   * As {@link NBD.blockStatus64 | blockStatus64}. The callback is called once for each metadata context, when the reply is whole; it may
   * call the disk.
   */
  async blockStatus64(
    count: number | bigint,
    offset: number | bigint,
    callback: Extent64Callback,
    options: FlagOptions = {},
  ): Promise<void> {
    if (typeof callback !== 'function') throw new TypeError('nbd_block_status_64: extent64 must be a function');
    for (const [context, entries] of await this.blockStatusArrays(count, offset, options)) {
      tell(callback, context, BigInt(offset), entries);
    }
  }

  /** As {@link NBD.extents | extents}. */
  extents(options?: ExtentsOptions): AsyncGenerator<Extent, void, undefined>;
  extents(options: ExtentsOfContextsOptions): AsyncGenerator<Extent<bigint[]>, void, undefined>;
  extents(options: ExtentsOptions | ExtentsOfContextsOptions = {}): AsyncGenerator<Extent | Extent<bigint[]>, void, undefined> {
    return extents(this, options);
  }

  /** As {@link NBD.readFully | readFully}. */
  async readFully(length: number, offset: number | bigint, options: TransferOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return readFully(this, await askGeometry(this), length, offset, options);
  }

  /** As {@link NBD.readable | readable}. */
  readable(options: ReadableOptions = {}): Soon<ReadableStream<Uint8Array>> {
    return askGeometry(this).then((geometry) => readable(this, geometry, options));
  }

  /** As {@link NBD.writable | writable}. */
  writable(options: WritableOptions = {}): Soon<WritableStream<Uint8Array>> {
    return askGeometry(this).then((geometry) => writable(this, geometry, options));
  }
}

/** Calls a callback as libnbd does: -1 and an exception make the call fail, with the code that the callback has set. */
function tell(callback: Extent64Callback, context: string, offset: bigint, entries: BigUint64Array): void {
  const list = Array.from({ length: entries.length / 2 }, (_, i) => ({
    length: entries[2 * i] ?? 0n,
    flags: entries[2 * i + 1] ?? 0n,
  }));
  const error: ErrorRef = { code: null };
  let thrown: { cause?: unknown } = {};
  try {
    if (callback(context, offset, list, error) !== -1) return;
  } catch (cause) {
    thrown = { cause };
  }
  throw new NBDError('nbd_block_status_64: the callback failed', codeOf(error, 'EPROTO'), thrown);
}
