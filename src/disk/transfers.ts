// Long reads and writes: a range as one buffer or as a stream, split into requests of which several are in flight.
import type { WaitOptions } from '../base/abort.js';
import type { CmdFlag, Size } from '../generated/constants.js';
import { type Disk, type Geometry, geometryOf } from './disk.js';
import { checkedInFlight, InFlight } from './in_flight.js';
import { checkedRange, isAligned, pieces, readPiece, requestSize, type TransferOptions } from './ranges.js';

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
