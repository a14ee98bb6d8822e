// A disk as something like a Blob, for code that takes files: nothing is read before it is asked for.
import { inspected, shown, shownInside, shownSize } from '../base/inspect.js';
import { askGeometry, type Disk, type Geometry } from './disk.js';
import type { TransferOptions } from './ranges.js';
import { readable, readFully } from './transfers.js';

/** A disk, or a part of it, with the members of a `Blob`. */
export class DiskBlob {
  readonly #disk: Disk;
  readonly #geometry: Geometry;
  readonly #start: number;
  readonly #options: TransferOptions;
  /** In bytes. */
  readonly size: number;
  /** A disk has no media type. */
  readonly type = '';

  private constructor(disk: Disk, geometry: Geometry, start: number, size: number, options: TransferOptions) {
    this.#disk = disk;
    this.#geometry = geometry;
    this.#start = start;
    this.#options = options;
    this.size = size;
  }

  /** @throws RangeError for a disk whose size no number holds exactly. */
  static async of(disk: Disk, options: TransferOptions = {}): Promise<DiskBlob> {
    const geometry = await askGeometry(disk);
    const size = Number(geometry.size);
    if (!Number.isSafeInteger(size)) throw new RangeError(`DiskBlob: a disk of ${geometry.size} bytes is too large for a number`);
    return new DiskBlob(disk, geometry, 0, size, options);
  }

  /** @internal */
  [inspected](): string {
    return shown('DiskBlob', `${shownSize(this.size)} at ${this.#start} of ${shownInside(this.#disk)}`);
  }

  /** A part of it; negative positions count from the end, as `Blob.slice` has it. */
  slice(start = 0, end = this.size): DiskBlob {
    const clamped = (position: number) => {
      const whole = Math.trunc(position) || 0;
      return whole < 0 ? Math.max(this.size + whole, 0) : Math.min(whole, this.size);
    };
    const [first, last] = [clamped(start), clamped(end)];
    return new DiskBlob(this.#disk, this.#geometry, this.#start + first, Math.max(last - first, 0), this.#options);
  }

  /** @throws NBDError for a read that fails. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return readFully(this.#disk, this.#geometry, this.size, this.#start, this.#options);
  }

  /** @throws NBDError for a read that fails. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  /** Its bytes as UTF-8. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** Requests are sent as it is read. */
  stream(): ReadableStream<Uint8Array> {
    return readable(this.#disk, this.#geometry, { ...this.#options, offset: this.#start, length: this.size });
  }
}
