// Long reads and writes: a range as one buffer or as a stream, split into requests of which several are in flight.
import type { WaitOptions } from '../base/abort.js';
import { type CmdFlag, SIZE_MAXIMUM, SIZE_MINIMUM, SIZE_PAYLOAD, SIZE_PREFERRED, type Size } from '../generated/constants.js';
import type { Disk } from './disk.js';

/** What its server has said of a disk, in bytes. */
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

/** Asks a handle, here or in a worker, with one call for each number. */
export function geometryOf<T>(nbd: { getSize(): T; getBlockSize(type: number): T }): { [K in keyof Geometry]: T } {
  return {
    size: nbd.getSize(),
    minimum: nbd.getBlockSize(SIZE_MINIMUM),
    preferred: nbd.getBlockSize(SIZE_PREFERRED),
    maximum: nbd.getBlockSize(SIZE_MAXIMUM),
    payload: nbd.getBlockSize(SIZE_PAYLOAD),
  };
}

export interface TransferOptions extends WaitOptions {
  /**
   * The size of a request in bytes, 256 KiB unless told otherwise. It is rounded to the server's preferred block size and
   * held below the largest payload that the server takes.
   */
  requestSize?: number | undefined;
  /** How many requests are in flight at most; 16 unless told otherwise. */
  inFlight?: number | undefined;
}

export interface ReadableOptions extends TransferOptions {
  /** Where to start, in bytes. */
  offset?: number | bigint | undefined;
  /** How many bytes to read; all the rest of the disk unless told otherwise. */
  length?: number | bigint | undefined;
}

export interface WritableOptions extends TransferOptions {
  /** Where to start, in bytes; a multiple of the server's minimum block size. */
  offset?: number | bigint | undefined;
  /** Flags of each write. */
  flags?: CmdFlag | undefined;
}

/** A disk that fills the caller's memory, and answers at once. */
interface DirectDisk {
  preadInto(view: ArrayBufferView, offset: number | bigint, options?: WaitOptions): Promise<void>;
  getSize(): bigint;
  getBlockSize(type: Size): bigint;
}

const defaultRequestSize = 2 ** 18;
const defaultInFlight = 16;
const mostBytes = 64 * 1024 * 1024;

/** Reads `length` bytes into one buffer, however long. */
export async function readFully(
  nbd: Disk & DirectDisk,
  length: number,
  offset: number | bigint,
  options: TransferOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const start = BigInt(offset);
  const geometry = geometryOf(nbd);
  const range = checkedRange(geometry, 'readFully', start, BigInt(length));
  const bytes = new Uint8Array(length);
  const window = new InFlight(options.inFlight);
  for (const piece of pieces(geometry, range, options)) {
    const index = Number(piece.at - start);
    const target = bytes.subarray(index, index + piece.count);
    const read = isAligned(geometry, piece)
      ? nbd.preadInto(target, piece.at, { signal: options.signal })
      : readPiece(nbd, geometry, piece, options.signal).then((found) => target.set(found));
    await window.add(read);
  }
  await window.end();
  return bytes;
}

/** A range of the disk as a stream of chunks, each of a request's size. */
export function readable(disk: Disk, geometry: Geometry, options: ReadableOptions): ReadableStream<Uint8Array> {
  const start = BigInt(options.offset ?? 0n);
  const length = options.length === undefined ? geometry.size - start : BigInt(options.length);
  const range = checkedRange(geometry, 'readable', start, length);
  const inFlight = checkedInFlight(options.inFlight);
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const rest = pieces(geometry, range, options);
  const reads: Promise<Uint8Array>[] = [];
  const readAhead = () => {
    while (reads.length < inFlight) {
      const { value: piece } = rest.next();
      if (piece === undefined) return;
      const read = readPiece(disk, geometry, piece, signal);
      read.catch(() => {}); // whoever takes it from the queue sees it; a cancelled stream takes no more
      reads.push(read);
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        readAhead();
        const next = reads.shift();
        if (next === undefined) {
          controller.close();
          return;
        }
        controller.enqueue(await next);
      },
      cancel(reason) {
        stop.abort(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A stream that writes what it is given to the disk, from an offset on, and flushes when it is closed. */
export function writable(disk: Disk, geometry: Geometry, options: WritableOptions): WritableStream<Uint8Array> {
  const window = new InFlight(options.inFlight);
  const size = requestSize(geometry, options);
  let position = BigInt(options.offset ?? 0n);
  // Chunks come in any size, and their memory is the writer's again as soon as they were taken: blocks are our own.
  let block = new Uint8Array(size);
  let filled = 0;
  const room = () => size - Number(position % BigInt(size)); // blocks end at multiples of their size
  const writeBlock = async () => {
    const bytes = block.subarray(0, filled);
    const at = position;
    position += BigInt(filled);
    block = new Uint8Array(size);
    filled = 0;
    await window.add(disk.pwrite(bytes, at, { flags: options.flags, signal: options.signal }));
  };
  return new WritableStream<Uint8Array>({
    async write(chunk) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('writable: a chunk must be a Uint8Array');
      for (let done = 0; done < chunk.length; ) {
        const count = Math.min(chunk.length - done, room() - filled);
        block.set(chunk.subarray(done, done + count), filled);
        filled += count;
        done += count;
        if (filled === room()) await writeBlock();
      }
    },
    async close() {
      if (filled > 0) await writeBlock();
      await window.end();
      if (await disk.canFlush()) await disk.flush({ signal: options.signal });
    },
  });
}

interface Range {
  start: bigint;
  end: bigint;
}

function checkedRange({ size }: Geometry, name: string, start: bigint, length: bigint): Range {
  if (start < 0n || length < 0n || start + length > size) {
    throw new RangeError(`${name}: ${length} bytes from ${start} are not inside the disk, which has ${size} bytes`);
  }
  return { start, end: start + length };
}

function checkedInFlight(inFlight: number = defaultInFlight): number {
  if (!Number.isInteger(inFlight) || inFlight < 1) throw new RangeError(`inFlight must be a positive integer, not ${inFlight}`);
  return inFlight;
}

/** What a request may hold: a multiple of the preferred block size, or of the minimum, within what the server takes. */
function requestSize(geometry: Geometry, { requestSize: wanted = defaultRequestSize }: TransferOptions): number {
  if (!Number.isInteger(wanted) || wanted < 1) throw new RangeError(`requestSize must be a positive integer, not ${wanted}`);
  const minimum = Number(geometry.minimum) || 1;
  const preferred = Number(geometry.preferred) || minimum;
  const maximum = Number(geometry.maximum) || mostBytes;
  const most = Math.min(maximum, Number(geometry.payload), mostBytes);
  const block = preferred <= most ? preferred : minimum;
  return Math.floor(Math.min(Math.max(wanted, block), most) / block) * block;
}

interface Piece {
  at: bigint;
  count: number;
}

/** The requests that cover a range, their ends at multiples of their size. */
function* pieces(geometry: Geometry, { start, end }: Range, options: TransferOptions): Generator<Piece, undefined> {
  const size = BigInt(requestSize(geometry, options));
  for (let at = start; at < end; ) {
    const next = at + size - (at % size);
    const stop = next < end ? next : end;
    yield { at, count: Number(stop - at) };
    at = stop;
  }
}

const isAligned = ({ minimum }: Geometry, { at, count }: Piece): boolean =>
  minimum <= 1n || (at % minimum === 0n && BigInt(count) % minimum === 0n);

/** Reads a piece; one that is not aligned to the server's blocks is read with what is around it. */
async function readPiece(
  disk: Disk,
  { minimum }: Geometry,
  { at, count }: Piece,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const block = minimum || 1n;
  const before = Number(at % block);
  const after = Number((block - ((at + BigInt(count)) % block)) % block);
  const bytes = await disk.pread(before + count + after, at - BigInt(before), { signal });
  return before + after === 0 ? bytes : bytes.subarray(before, before + count);
}

/** Requests in flight, up to a bound: the first that fails fails whoever adds the next or waits for the end. */
class InFlight {
  readonly #inFlight: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  constructor(inFlight: number | undefined) {
    this.#inFlight = checkedInFlight(inFlight);
  }

  async add(request: Promise<void>): Promise<void> {
    const running = request.then(
      () => {
        this.#running.delete(running);
      },
      (error: unknown) => {
        this.#running.delete(running);
        this.#failure ??= { error };
      },
    );
    this.#running.add(running);
    while (this.#running.size >= this.#inFlight && this.#failure === undefined) await Promise.race(this.#running);
    if (this.#failure !== undefined) await this.end();
  }

  /** Waits for all of them, also when one has failed: the caller's buffers are its own again then. */
  async end(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
