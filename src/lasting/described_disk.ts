// What a server says of its export, as a disk that stays tells it: at once, whatever its connections do.
import { BaseDisk } from '../disk/base_disk.js';
import type { Geometry, Soon } from '../disk/disk.js';
import type { TransferOptions } from '../disk/ranges.js';
import { type ReadableOptions, readable, readFully } from '../disk/transfers.js';
import { type WritableOptions, writable } from '../disk/writable.js';
import { SIZE_MAXIMUM, SIZE_MINIMUM, SIZE_PAYLOAD, SIZE_PREFERRED, type Size } from '../generated/constants.js';
import type { Flag, Identity } from './identity.js';

export abstract class DescribedDisk extends BaseDisk {
  /** @internal */
  protected abstract readonly identity: Identity;
  /** @internal Whether changes are refused, whatever the server says. */
  protected abstract readonly isProtected: boolean;
  /** @internal Asks the server about a metadata context. */
  protected abstract askContext(context: string): Promise<boolean>;

  get #geometry(): Geometry {
    return this.identity.geometry;
  }

  #flag(flag: Flag): boolean {
    return this.identity.flags.get(flag) ?? false;
  }

  override isReadOnly(): boolean {
    return this.isProtected || this.#flag('isReadOnly');
  }

  override isRotational(): boolean {
    return this.#flag('isRotational');
  }

  override canFlush(): boolean {
    return this.#flag('canFlush');
  }

  override canFua(): boolean {
    return this.#flag('canFua');
  }

  override canZero(): boolean {
    return this.#flag('canZero');
  }

  override canFastZero(): boolean {
    return this.#flag('canFastZero');
  }

  override canTrim(): boolean {
    return this.#flag('canTrim');
  }

  override canCache(): boolean {
    return this.#flag('canCache');
  }

  override canMultiConn(): boolean {
    return this.#flag('canMultiConn');
  }

  /** Known at once for a context of the options `contexts`; the server is asked about another. */
  override canMetaContext(context: string): Soon<boolean> {
    const known = this.identity.contexts.get(context);
    if (known !== undefined) return known;
    return this.askContext(context);
  }

  override getSize(): bigint {
    return this.#geometry.size;
  }

  override getBlockSize(type: Size): bigint {
    const { minimum, preferred, maximum, payload } = this.#geometry;
    const sizes = new Map([
      [SIZE_MINIMUM, minimum],
      [SIZE_PREFERRED, preferred],
      [SIZE_MAXIMUM, maximum],
      [SIZE_PAYLOAD, payload],
    ] as [Size, bigint][]);
    const size = sizes.get(type);
    if (size === undefined) throw new RangeError(`nbd_get_block_size: size_type must be one of SIZE_*, not ${type}`);
    return size;
  }

  override getExtendedHeadersNegotiated(): boolean {
    return this.identity.hasExtendedHeaders;
  }

  override async readFully(
    length: number,
    offset: number | bigint,
    options: TransferOptions = {},
  ): Promise<Uint8Array<ArrayBuffer>> {
    return readFully(this, this.#geometry, length, offset, options);
  }

  override readable(options: ReadableOptions = {}): ReadableStream<Uint8Array> {
    return readable(this, this.#geometry, options);
  }

  override writable(options: WritableOptions = {}): WritableStream<Uint8Array> {
    return writable(this, this.#geometry, options);
  }
}
