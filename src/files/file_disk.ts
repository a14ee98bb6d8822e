// A file of a disk as a disk of its own, to read: what is copied, searched or opened in turn.
import { NBDError } from '../base/errors.js';
import { BaseDisk } from '../disk/base_disk.js';
import type { BlockReader } from '../disk/block_reader.js';
import { type FlagOptions, maxRequestSize } from '../disk/disk.js';
import {
  CONTEXT_BASE_ALLOCATION,
  SIZE_MAXIMUM,
  SIZE_MINIMUM,
  SIZE_PAYLOAD,
  type Size,
  STATE_HOLE,
  STATE_ZERO,
} from '../generated/constants.js';
import type { Contents, EngineFile, EngineFileSystem } from './engine.js';
import type { Place } from './types.js';

/** Batches of places that are kept: one is what an engine tells at a time. */
const mostBatches = 64;

/** What a file's bytes are read from. */
export interface FileSource {
  readonly name: string;
  readonly files: EngineFileSystem;
  readonly file: EngineFile;
  readonly reader: BlockReader;
  /** Where the file system begins on the disk. */
  readonly start: bigint;
}

/** Contents from an offset in the file to another. */
interface Batch {
  readonly start: bigint;
  readonly end: bigint;
  readonly contents: Contents;
}

export class FileDisk extends BaseDisk {
  readonly #source: FileSource;
  readonly #size: bigint;
  readonly #batches: Batch[] = [];

  constructor(source: FileSource) {
    super();
    this.#source = source;
    this.#size = source.file.stat.size;
  }

  override async pread(count: number, offset: number | bigint, { signal }: FlagOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    await this.#fill(bytes, BigInt(offset), signal);
    return bytes;
  }

  override async preadInto(buf: ArrayBufferView, offset: number | bigint, { signal }: FlagOptions = {}): Promise<void> {
    await this.#fill(new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength).fill(0), BigInt(offset), signal);
  }

  /** The parts of a range of the file, and where each is on the whole disk. What is not on it at a place of its own has none. */
  async *places(start = 0n, end = this.#size, signal?: AbortSignal): AsyncGenerator<Place, void, undefined> {
    for (let at = start; at < end; ) {
      const batch = await this.#batchAt(at, signal);
      if (batch.contents instanceof Uint8Array) return;
      for (const { offset, length, place } of clipped(batch.contents, at, end)) {
        yield { offset, length, place: place === undefined ? undefined : this.#source.start + place };
      }
      at = batch.end;
    }
  }

  async #fill(bytes: Uint8Array, start: bigint, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const end = start + BigInt(bytes.length);
    if (start < 0n || end > this.#size) {
      throw new NBDError(
        `${this.#source.name}: ${bytes.length} bytes at ${start} are not in the file of ${this.#size}`,
        'EINVAL',
      );
    }
    const reads: Promise<void>[] = [];
    for (let at = start; at < end; ) {
      const batch = await this.#batchAt(at, signal);
      if (batch.contents instanceof Uint8Array) {
        bytes.set(batch.contents.subarray(Number(at - batch.start), Number(end - batch.start)), Number(at - start));
      } else {
        for (const piece of clipped(batch.contents, at, end)) {
          const from = Number(piece.offset - start);
          if (piece.place !== undefined)
            reads.push(this.#read(bytes.subarray(from, from + Number(piece.length)), piece.place, signal));
        }
      }
      at = batch.end;
    }
    await Promise.all(reads);
  }

  async #read(view: Uint8Array, place: bigint, signal: AbortSignal | undefined): Promise<void> {
    const { name, reader, start } = this.#source;
    const found = await reader.read(start + place, view.length, signal);
    if (found instanceof NBDError) {
      const where = `${view.length} bytes at offset ${start + place} of the disk`;
      throw new NBDError(`${name}: ${where} could not be read: ${found.message}`, 'EIO', { cause: found });
    }
    view.set(found);
  }

  async #batchAt(offset: bigint, signal: AbortSignal | undefined): Promise<Batch> {
    const index = this.#batches.findIndex(({ start, end }) => start <= offset && offset < end);
    const known = this.#batches[index];
    if (known !== undefined) {
      if (index > 0) this.#batches.unshift(...this.#batches.splice(index, 1));
      return known;
    }
    const contents = await this.#source.files.contents(this.#source.file, offset, signal);
    const batch = this.#batchOf(contents, offset);
    this.#batches.unshift(batch);
    if (this.#batches.length > mostBatches) this.#batches.pop();
    return batch;
  }

  #batchOf(contents: Contents, offset: bigint): Batch {
    if (contents instanceof Uint8Array) return { start: 0n, end: this.#size, contents };
    const [first, last] = [contents[0], contents.at(-1)];
    if (first === undefined || last === undefined || first.offset > offset || last.offset + last.length <= offset) {
      throw new NBDError(`${this.#source.name}: nothing tells where the bytes from ${offset} on are`, 'EUCLEAN');
    }
    const end = last.offset + last.length;
    return { start: first.offset, end: end < this.#size ? end : this.#size, contents };
  }

  override async blockStatusArrays(
    count: number | bigint,
    offset: number | bigint,
    { signal }: FlagOptions = {},
  ): Promise<Map<string, BigUint64Array>> {
    const entries: bigint[] = [];
    const [start, end] = [BigInt(offset), BigInt(offset) + BigInt(count)];
    let at = start;
    for await (const { length, place } of this.places(start, end, signal)) {
      entries.push(length, place === undefined ? BigInt(STATE_HOLE | STATE_ZERO) : 0n);
      at += length;
    }
    if (at < end) entries.push(end - at, 0n);
    return new Map([[CONTEXT_BASE_ALLOCATION, BigUint64Array.from(entries)]]);
  }

  override pwrite(): Promise<void> {
    return this.#refuse('pwrite');
  }
  override zero(): Promise<void> {
    return this.#refuse('zero');
  }
  override trim(): Promise<void> {
    return this.#refuse('trim');
  }
  override async cache(): Promise<void> {}
  override async flush(): Promise<void> {}

  async #refuse(call: string): Promise<never> {
    throw new NBDError(`${call}: ${this.#source.name} is a file of a file system, which is only read`, 'EROFS');
  }

  override getSize(): bigint {
    return this.#size;
  }
  override getBlockSize(type: Size): bigint {
    if (type === SIZE_MINIMUM) return 1n;
    return type === SIZE_MAXIMUM || type === SIZE_PAYLOAD ? BigInt(maxRequestSize) : 2n ** 16n;
  }
  override isReadOnly(): boolean {
    return true;
  }
  override isRotational(): boolean {
    return false;
  }
  override canFlush(): boolean {
    return false;
  }
  override canFua(): boolean {
    return false;
  }
  override canZero(): boolean {
    return false;
  }
  override canFastZero(): boolean {
    return false;
  }
  override canTrim(): boolean {
    return false;
  }
  override canCache(): boolean {
    return false;
  }
  override canMultiConn(): boolean {
    return true;
  }
  override canMetaContext(context: string): boolean {
    return context === CONTEXT_BASE_ALLOCATION;
  }
  override getExtendedHeadersNegotiated(): boolean {
    return true;
  }
}

/** The parts of places that lie in a range. */
function* clipped(places: readonly Place[], start: bigint, end: bigint): Generator<Place, void, undefined> {
  for (const { offset, length, place } of places) {
    const from = offset > start ? offset : start;
    const stop = offset + length < end ? offset + length : end;
    if (from < stop)
      yield { offset: from, length: stop - from, place: place === undefined ? undefined : place + (from - offset) };
  }
}
