// A disk that passes everything on to another: what a disk over a disk changes, it overrides.
import { inspected, shown, shownInside } from '../base/inspect.js';
import type { Size } from '../generated/constants.js';
import { BaseDisk } from './base_disk.js';
import type { Disk, FlagOptions, Soon } from './disk.js';

export abstract class DiskOver extends BaseDisk {
  protected readonly disk: Disk;

  constructor(disk: Disk) {
    super();
    this.disk = disk;
  }

  /** @internal */
  [inspected](): string {
    return shown(this.constructor.name, `over ${shownInside(this.disk)}`);
  }

  get connections(): number | undefined {
    return this.disk.connections;
  }

  /** Makes a request. */
  protected on<T>(request: (disk: Disk) => Promise<T>): Promise<T> {
    return request(this.disk);
  }

  override pread(count: number, offset: number | bigint, options?: FlagOptions): Promise<Uint8Array<ArrayBuffer>> {
    return this.on((disk) => disk.pread(count, offset, options));
  }

  override preadInto(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void> {
    return this.on((disk) => disk.preadInto(buf, offset, options));
  }

  override pwrite(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void> {
    return this.on((disk) => disk.pwrite(buf, offset, options));
  }

  override zero(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void> {
    return this.on((disk) => disk.zero(count, offset, options));
  }

  override trim(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void> {
    return this.on((disk) => disk.trim(count, offset, options));
  }

  override cache(count: number | bigint, offset: number | bigint, options?: FlagOptions): Promise<void> {
    return this.on((disk) => disk.cache(count, offset, options));
  }

  override flush(options?: FlagOptions): Promise<void> {
    return this.on((disk) => disk.flush(options));
  }

  override blockStatusArrays(
    count: number | bigint,
    offset: number | bigint,
    options?: FlagOptions,
  ): Promise<Map<string, BigUint64Array>> {
    return this.on((disk) => disk.blockStatusArrays(count, offset, options));
  }

  override isReadOnly(): Soon<boolean> {
    return this.disk.isReadOnly();
  }

  override isRotational(): Soon<boolean> {
    return this.disk.isRotational();
  }

  override canFlush(): Soon<boolean> {
    return this.disk.canFlush();
  }

  override canFua(): Soon<boolean> {
    return this.disk.canFua();
  }

  override canZero(): Soon<boolean> {
    return this.disk.canZero();
  }

  override canFastZero(): Soon<boolean> {
    return this.disk.canFastZero();
  }

  override canTrim(): Soon<boolean> {
    return this.disk.canTrim();
  }

  override canCache(): Soon<boolean> {
    return this.disk.canCache();
  }

  override canMultiConn(): Soon<boolean> {
    return this.disk.canMultiConn();
  }

  override canMetaContext(context: string): Soon<boolean> {
    return this.disk.canMetaContext(context);
  }

  override getSize(): Soon<bigint> {
    return this.disk.getSize();
  }

  override getBlockSize(type: Size): Soon<bigint> {
    return this.disk.getBlockSize(type);
  }

  override getExtendedHeadersNegotiated(): Soon<boolean> {
    return this.disk.getExtendedHeadersNegotiated();
  }
}
