// A range of a disk as a disk, for what works on whole disks; sectors that cannot be read may stand as zeroes in it.
import { askGeometry, type Disk, type FlagOptions, type Geometry } from '../../disk/disk.js';
import { DiskOver } from '../../disk/disk_over.js';
import { type Piece, pieces, type Range, readPiece, requestSize } from '../../disk/ranges.js';
import { SIZE_MINIMUM, type Size } from '../../generated/constants.js';
import { readParts } from './read_parts.js';

/** Told of each range that reads as zeroes since it could not be read. Offsets are those of the whole disk. */
export type OnUnreadable = (range: { readonly offset: bigint; readonly length: bigint; readonly error: unknown }) => void;

export interface PartDiskOptions {
  /** Has sectors that cannot be read stand as zeroes. Without it a read of them fails. */
  readonly onUnreadable?: OnUnreadable | undefined;
}

/** The smallest range that is taken as unreadable, in bytes, where the server takes as small requests. */
const unit = 512;

export class PartDisk extends DiskOver {
  readonly #range: Range;
  readonly #geometry: Geometry;
  readonly #onUnreadable: OnUnreadable | undefined;
  readonly #longest: number;

  private constructor(disk: Disk, range: Range, geometry: Geometry, { onUnreadable }: PartDiskOptions) {
    super(disk);
    this.#range = range;
    this.#geometry = geometry;
    this.#onUnreadable = onUnreadable;
    this.#longest = requestSize('save', geometry, { requestSize: 2 ** 25 });
  }

  /** @throws RangeError for a range that is not inside the disk. */
  static async of(disk: Disk, range: Range, options: PartDiskOptions = {}): Promise<PartDisk> {
    const geometry = await askGeometry(disk);
    if (range.start < 0n || range.end < range.start || range.end > geometry.size) {
      throw new RangeError(`${range.start} to ${range.end} is not inside the disk, which has ${geometry.size} bytes`);
    }
    return new PartDisk(disk, range, geometry, options);
  }

  override async pread(count: number, offset: number | bigint, options: FlagOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    await this.preadInto(bytes, offset, options);
    return bytes;
  }

  override async preadInto(buf: ArrayBufferView, offset: number | bigint, { signal }: FlagOptions = {}): Promise<void> {
    const view = new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength);
    const piece = { at: this.#range.start + BigInt(offset), count: view.length };
    const read = (part: Piece) => this.#read(part, signal);
    if (this.#onUnreadable === undefined) {
      view.set(await read(piece));
      return;
    }
    const smallest = Math.max(unit, Number(this.#geometry.minimum));
    for (const part of await readParts(read, piece, smallest)) {
      const at = Number(part.at - piece.at);
      if ('bytes' in part) view.set(part.bytes, at);
      else {
        view.fill(0, at, at + part.count);
        this.#onUnreadable({ offset: part.at, length: BigInt(part.count), error: part.error });
      }
    }
  }

  /** Reads a piece whose ends lie anywhere, with no request that is longer than the server takes. */
  async #read({ at, count }: Piece, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const parts = [...pieces({ start: at, end: at + BigInt(count) }, this.#longest)];
    const found = await Promise.all(parts.map((part) => readPiece(this.disk, this.#geometry, part, signal)));
    const [first] = found;
    if (found.length === 1 && first !== undefined) return first;
    const bytes = new Uint8Array(count);
    for (const [i, part] of parts.entries()) bytes.set(found[i] as Uint8Array, Number(part.at - at));
    return bytes;
  }

  override async blockStatusArrays(
    count: number | bigint,
    offset: number | bigint,
    options?: FlagOptions,
  ): Promise<Map<string, BigUint64Array>> {
    const block = this.#geometry.minimum || 1n;
    const start = this.#range.start + BigInt(offset);
    const end = start + BigInt(count);
    const before = start % block;
    const asked = end - start + before + ((block - (end % block)) % block);
    const found = await this.disk.blockStatusArrays(asked, start - before, options);
    return new Map([...found].map(([context, entries]) => [context, clipped(entries, before, BigInt(count))]));
  }

  override async getSize(): Promise<bigint> {
    return this.#range.end - this.#range.start;
  }

  /** The part may begin anywhere: its reads are made of whole blocks of the disk. */
  override getBlockSize(type: Size): bigint | Promise<bigint> {
    return type === SIZE_MINIMUM ? 1n : super.getBlockSize(type);
  }
}

/** Entries without what lies before the part, and with none beyond its end. */
function clipped(entries: BigUint64Array, before: bigint, count: bigint): BigUint64Array {
  const kept: bigint[] = [];
  let at = -before;
  for (let i = 0; i + 1 < entries.length && at < count; i += 2) {
    const [length, flags] = [entries[i] as bigint, entries[i + 1] as bigint];
    const [start, end] = [at < 0n ? 0n : at, at + length < count ? at + length : count];
    if (end > start) kept.push(end - start, flags);
    at += length;
  }
  return BigUint64Array.from(kept);
}
