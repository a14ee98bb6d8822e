// A copy-on-write overlay in memory: a disk that can be written over one that stays as it is.
import { NBDError } from '../base/errors.js';
import { inspected, shown, shownInside, shownSize } from '../base/inspect.js';
import { integer } from '../base/integers.js';
import { CONTEXT_BASE_ALLOCATION, STATE_HOLE, STATE_ZERO } from '../generated/constants.js';
import type { Disk, FlagOptions } from './disk.js';
import { DiskOver } from './disk_over.js';
import { Segments } from './segments.js';

export interface OverlayOptions {
  /** How much written data is kept, in bytes: 512 MiB unless told otherwise. A write for which there is no room fails with `ENOSPC`. */
  capacity?: number | undefined;
}

/** What was written somewhere: bytes, or zeroes, which take no memory. */
export interface Difference {
  /** In bytes. */
  offset: bigint;
  length: bigint;
  /** A copy of what was written; undefined for zeroes. */
  bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** A disk over another: what is written stays in memory, and all else is read from the disk below, which is never written. */
export class Overlay extends DiskOver {
  readonly #segments = new Segments();
  readonly #capacity: number;

  /** @throws RangeError for a capacity that is none. */
  constructor(disk: Disk, { capacity = 2 ** 29 }: OverlayOptions = {}) {
    super(disk);
    this.#capacity = integer('overlay', 'capacity', capacity, 0, Number.MAX_SAFE_INTEGER);
  }

  /** @internal */
  override [inspected](): string {
    return shown('Overlay', `${shownSize(this.#segments.held)} written`, `over ${shownInside(this.disk)}`);
  }

  override async pread(count: number, offset: number | bigint, options?: FlagOptions): Promise<Uint8Array<ArrayBuffer>> {
    const start = BigInt(offset);
    const isAllOurs = this.#segments.covers(start, start + BigInt(count));
    const bytes = isAllOurs ? new Uint8Array(count) : await super.pread(count, offset, options);
    this.#segments.readInto(bytes, start);
    return bytes;
  }

  override async preadInto(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void> {
    const start = BigInt(offset);
    if (!this.#segments.covers(start, start + BigInt(buf.byteLength))) await super.preadInto(buf, offset, options);
    this.#segments.readInto(new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength), start);
  }

  override async pwrite(buf: ArrayBufferView, offset: number | bigint, { signal }: FlagOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const { start, end } = await this.#range('pwrite', buf.byteLength, offset);
    if (this.#segments.held + buf.byteLength > this.#capacity) {
      const text = `overlay: there is no room for ${buf.byteLength} bytes beside ${this.#segments.held}, with ${this.#capacity} at most`;
      throw new NBDError(text, 'ENOSPC');
    }
    this.#segments.set({ start, end, bytes: new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength).slice() });
  }

  override async zero(count: number | bigint, offset: number | bigint, { signal }: FlagOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#segments.set({ ...(await this.#range('zero', count, offset)), bytes: undefined });
  }

  /** A part that is trimmed reads as zeroes. */
  override trim(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void> {
    return this.zero(count, offset, options);
  }

  /** There is nothing to flush: what was written is gone with the overlay. */
  override async flush(): Promise<void> {}

  override canFlush(): boolean {
    return true;
  }

  override canZero(): boolean {
    return true;
  }

  override canTrim(): boolean {
    return true;
  }

  /** Whatever the disk below says: it is never written. */
  override isReadOnly(): boolean {
    return false;
  }

  override canFua(): boolean {
    return true;
  }

  override canFastZero(): boolean {
    return true;
  }

  /** What was written is data, or a hole of zeroes; of other contexts than `base:allocation` the disk below tells. */
  override async blockStatusArrays(
    count: number | bigint,
    offset: number | bigint,
    options?: FlagOptions,
  ): Promise<Map<string, BigUint64Array>> {
    const found = await super.blockStatusArrays(count, offset, options);
    const below = found.get(CONTEXT_BASE_ALLOCATION);
    if (below !== undefined) found.set(CONTEXT_BASE_ALLOCATION, this.#over(below, BigInt(offset)));
    return found;
  }

  /** What differs from the disk below, in order; neighbours are not joined. */
  *diff(): Generator<Difference, undefined> {
    for (const { start, end, bytes } of this.#segments) yield { offset: start, length: end - start, bytes: bytes?.slice() };
  }

  async #range(call: string, count: number | bigint, offset: number | bigint): Promise<{ start: bigint; end: bigint }> {
    const start = BigInt(offset);
    const end = start + BigInt(count);
    if (start >= 0n && end >= start && end <= (await this.getSize())) return { start, end };
    throw new NBDError(`overlay: ${call}: ${count} bytes at ${offset} are not inside the disk`, 'EINVAL');
  }

  #over(below: BigUint64Array, offset: bigint): BigUint64Array {
    const entries: bigint[] = [];
    let at = offset;
    for (let i = 0; i + 1 < below.length; i += 2) {
      const end = at + (below[i] ?? 0n);
      for (const { start, end: stop, bytes } of this.#segments.within(at, end)) {
        if (start > at) entries.push(start - at, below[i + 1] ?? 0n);
        entries.push(stop - start, bytes === undefined ? BigInt(STATE_HOLE | STATE_ZERO) : 0n);
        at = stop;
      }
      if (end > at) entries.push(end - at, below[i + 1] ?? 0n);
      at = end;
    }
    return BigUint64Array.from(entries);
  }
}
