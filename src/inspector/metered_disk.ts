// A disk whose requests are measured, for one that was opened elsewhere.
import type { Disk, FlagOptions } from '../disk/disk.js';
import { DiskOver } from '../disk/disk_over.js';
import type { Meter } from './meter.js';

export class MeteredDisk extends DiskOver {
  readonly #meter: Meter;

  constructor(disk: Disk, meter: Meter) {
    super(disk);
    this.#meter = meter;
  }

  protected override on<T>(request: (disk: Disk) => Promise<T>): Promise<T> {
    return this.#meter.time(() => super.on(request));
  }

  override async preadInto(buf: ArrayBufferView, offset: number | bigint, options?: FlagOptions): Promise<void> {
    await super.preadInto(buf, offset, options);
    this.#meter.bytes += buf.byteLength;
  }
}
