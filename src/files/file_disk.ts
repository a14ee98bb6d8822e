// A file of a disk as a disk of its own, to read: what is copied, searched or opened in turn.
import { abortable } from '../base/abort.js';
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
import type { Contents, EngineFile, EngineFileSystem, Piece } from './engine.js';
import type { Place } from './types.js';

/** Batches of parts that are kept: one is what an engine tells at a time. */
const mostBatches = 64;
/** Bytes in those batches. */
const mostBytes = 2 ** 24;
/** Bytes that an engine is asked to have at hand, where it has to work for them: more, where a file is read from the start on. */
const leastWanted = 2 ** 17;
const mostWanted = 2 ** 22;

/** What a file's bytes are read from. */
export interface FileSource {
  readonly name: string;
  readonly files: EngineFileSystem;
  readonly file: EngineFile;
  readonly reader: BlockReader;
  /** Where the file system begins on the disk, and how long it is: nothing beyond is read. */
  readonly start: bigint;
  readonly length: bigint;
}

/** Contents from an offset in the file to another. */
interface Batch {
  readonly start: bigint;
  readonly end: bigint;
  readonly contents: Contents;
  /** Bytes in it. */
  readonly weight: number;
}

/** A part of a file: where it is, or its bytes. */
interface Part {
  readonly offset: bigint;
  readonly length: bigint;
  readonly place: bigint | undefined;
  readonly bytes: Uint8Array | undefined;
}

export class FileDisk extends BaseDisk {
  /**
   * Bytes that may yet be unpacked to answer for block status: a compressed part is known only then. A page that shows a map by itself bounds
   * what this costs.
   *
   * @internal
   */
  mostUnpackedForStatus = Infinity;
  readonly #source: FileSource;
  readonly #size: bigint;
  readonly #batches: Batch[] = [];
  /** Where the last batch has ended, and what was wanted of it. */
  #last = { end: -1n, wanted: 0 };
  /** Fulfilled when the engine may be asked for the next. */
  #turn: Promise<void> = Promise.resolve();

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
      const batch = await this.#batchAt(at, end, signal);
      if (batch.contents instanceof Uint8Array) return;
      for (const { offset, length, place, bytes } of clipped(batch.contents, at, end)) {
        if (bytes !== undefined) continue;
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
      const batch = await this.#batchAt(at, end, signal);
      if (batch.contents instanceof Uint8Array) {
        bytes.set(batch.contents.subarray(Number(at - batch.start), Number(end - batch.start)), Number(at - start));
      } else {
        for (const piece of clipped(batch.contents, at, end)) {
          const from = Number(piece.offset - start);
          if (piece.bytes !== undefined) bytes.set(piece.bytes, from);
          else if (piece.place !== undefined)
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

  /** @param onNew Gets the weight of a batch that was not at hand. */
  async #batchAt(offset: bigint, end: bigint, signal: AbortSignal | undefined, onNew?: (weight: number) => void): Promise<Batch> {
    const known = this.#known(offset);
    if (known !== undefined) return known;
    // One at a time: of reads side by side, the first mostly brings what the others want.
    const batch = this.#turn.then(() => this.#known(offset) ?? this.#ask(offset, end, signal, onNew));
    this.#turn = batch.then(
      () => {},
      () => {}, // it is told to whom it concerns
    );
    return abortable(batch, signal);
  }

  #known(offset: bigint): Batch | undefined {
    const index = this.#batches.findIndex(({ start, end }) => start <= offset && offset < end);
    const known = this.#batches[index];
    if (index > 0) this.#batches.unshift(...this.#batches.splice(index, 1));
    return known;
  }

  async #ask(offset: bigint, end: bigint, signal: AbortSignal | undefined, onNew?: (weight: number) => void): Promise<Batch> {
    signal?.throwIfAborted();
    const ahead = offset === this.#last.end ? Math.min(2 * this.#last.wanted, mostWanted) : leastWanted;
    const wanted = Math.max(ahead, Math.min(Number(end - offset), mostWanted));
    const contents = await this.#source.files.contents(this.#source.file, offset, wanted, signal);
    const batch = this.#batchOf(contents, offset);
    this.#last = { end: batch.end, wanted };
    this.#keep(batch);
    onNew?.(batch.weight);
    return batch;
  }

  #keep(batch: Batch): void {
    this.#batches.unshift(batch);
    let held = 0;
    const kept = this.#batches.findIndex(({ weight }, index) => {
      held += weight;
      return index > 0 && (index >= mostBatches || held > mostBytes);
    });
    if (kept !== -1) this.#batches.length = kept;
  }

  #batchOf(contents: Contents, offset: bigint): Batch {
    if (contents instanceof Uint8Array) return { start: 0n, end: this.#size, contents, weight: contents.length };
    const [first, last] = [contents[0], contents.at(-1)];
    const end = last === undefined ? 0n : last.offset + lengthOf(last);
    if (first === undefined || first.offset > offset || end <= offset) {
      throw new NBDError(`${this.#source.name}: nothing tells where the bytes from ${offset} on are`, 'EUCLEAN');
    }
    this.#check(contents, first.offset);
    const weight = contents.reduce((sum, part) => sum + ('bytes' in part ? part.bytes.length : 0), 0);
    return { start: first.offset, end: end < this.#size ? end : this.#size, contents, weight };
  }

  /** The parts must follow one another, and lie in the file system: a damaged or hostile one may say otherwise. */
  #check(parts: readonly (Place | Piece)[], start: bigint): void {
    const { name, length: whole } = this.#source;
    let at = start;
    for (const part of parts) {
      const length = lengthOf(part);
      const place = 'place' in part ? part.place : undefined;
      if (part.offset !== at || length < 0n) throw new NBDError(`${name}: its parts do not follow one another`, 'EUCLEAN');
      if (place !== undefined && (place < 0n || place + length > whole)) {
        throw new NBDError(`${name}: ${length} bytes of it are at ${place}, outside of its file system of ${whole}`, 'EUCLEAN');
      }
      at += length;
    }
  }

  override async blockStatusArrays(
    count: number | bigint,
    offset: number | bigint,
    { signal }: FlagOptions = {},
  ): Promise<Map<string, BigUint64Array>> {
    const [start, end] = [BigInt(offset), BigInt(offset) + BigInt(count)];
    const entries: bigint[] = [];
    if (this.mostUnpackedForStatus <= 0) {
      const why = 'it has compressed parts, and more of them are not unpacked only to tell what is data';
      throw new NBDError(`${this.#source.name}: ${why}`, 'ENOTSUP');
    }
    let at = start;
    let unpacked = 0;
    while (at < end && unpacked < mostWanted) {
      const batch = await this.#batchAt(at, end, signal, (weight) => {
        unpacked += weight;
      });
      if (batch.contents instanceof Uint8Array) break;
      for (const { length, place, bytes } of clipped(batch.contents, at, end)) {
        const isHole = place === undefined && bytes === undefined;
        entries.push(length, isHole ? BigInt(STATE_HOLE | STATE_ZERO) : 0n);
      }
      at = batch.end;
    }
    this.mostUnpackedForStatus -= unpacked;
    // A file that is at hand is data; of others, as with a server, the answer may end before the range.
    if (entries.length === 0) entries.push(end - at, 0n);
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
    throw new NBDError(`${call}: ${this.#source.name} is only read`, 'EROFS');
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

const lengthOf = (part: Place | Piece): bigint => ('bytes' in part ? BigInt(part.bytes.length) : part.length);

/** The parts that lie in a range, without what is outside of it. */
function* clipped(parts: readonly (Place | Piece)[], start: bigint, end: bigint): Generator<Part, void, undefined> {
  for (const part of parts) {
    const { offset } = part;
    const from = offset > start ? offset : start;
    const last = offset + lengthOf(part);
    const stop = last < end ? last : end;
    if (from >= stop) continue;
    const [skipped, length] = [from - offset, stop - from];
    if ('bytes' in part) {
      const bytes = part.bytes.subarray(Number(skipped), Number(skipped + length));
      yield { offset: from, length, place: undefined, bytes };
    } else {
      yield { offset: from, length, place: part.place === undefined ? undefined : part.place + skipped, bytes: undefined };
    }
  }
}
