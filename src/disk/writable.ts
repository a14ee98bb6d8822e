// A stream of writes: chunks of any size become requests of which several are in flight.
import { NBDError } from '../base/errors.js';
import { wrongType } from '../base/integers.js';
import { Settler } from '../base/settler.js';
import type { CmdFlag } from '../generated/constants.js';
import { BlockLocks } from './block_locks.js';
import type { Disk, Geometry } from './disk.js';
import { checkedInFlight, InFlight } from './in_flight.js';
import { type AlignedPiece, aligned, checkedRange, requestSize, type TransferOptions } from './ranges.js';
import { zeroRuns } from './zeroes.js';

export interface WritableOptions extends TransferOptions {
  /** Where to start, in bytes. */
  offset?: number | bigint | undefined;
  /** How many bytes there is room for; all the rest of the disk unless told otherwise. A longer stream fails with `ENOSPC`. */
  length?: number | bigint | undefined;
  /** Flags of each write. */
  flags?: CmdFlag | undefined;
  /**
   * Writes blocks that hold nothing but zeroes with `nbd_zero`, which lets the server make holes of them; plain where the server has no
   * such request.
   */
  detectZeroes?: boolean | undefined;
  /** Called after each write with the number of bytes that were written so far. */
  onprogress?: ((written: bigint) => void) | undefined;
}

/** Runs of zeroes below this are written plain, in bytes: as long as nbdcopy's. */
const leastZeroes = 4096;

/** A stream that writes what it is given to the disk, from an offset on, and flushes when it is closed. */
export function writable(disk: Disk, geometry: Geometry, options: WritableOptions): WritableStream<Uint8Array> {
  const range = checkedRange('writable', geometry.size, options);
  if (options.onprogress !== undefined && typeof options.onprogress !== 'function') {
    throw wrongType('writable', 'onprogress', 'a function', options.onprogress);
  }
  const window = new InFlight(checkedInFlight('writable', options));
  const writer = new Writer(disk, geometry, options);
  const size = requestSize('writable', geometry, options);
  let position = range.start; // where the block begins
  // Chunks come in any size, and their memory is the writer's again as soon as they were taken: blocks are our own.
  let block = new Uint8Array(size);
  let filled = 0;
  const untilEnd = () => size - Number(position % BigInt(size)); // blocks end at multiples of their size
  const writeBlock = async () => {
    const bytes = block.subarray(0, filled);
    const at = position;
    position += BigInt(filled);
    block = new Uint8Array(size);
    filled = 0;
    await window.add(writer.write(bytes, at));
  };
  const writeRest = async () => {
    if (filled > 0) await writeBlock();
    await window.end();
  };
  return new WritableStream<Uint8Array>({
    async write(chunk) {
      if (!(chunk instanceof Uint8Array)) throw wrongType('writable', 'a chunk', 'a Uint8Array', chunk);
      const room = range.end - position - BigInt(filled);
      const fits = chunk.length > room ? Number(room) : chunk.length;
      for (let done = 0; done < fits; ) {
        const count = Math.min(fits - done, untilEnd() - filled);
        block.set(chunk.subarray(done, done + count), filled);
        filled += count;
        done += count;
        if (filled === untilEnd()) await writeBlock();
      }
      if (fits === chunk.length) return;
      // Nobody is going to close the stream: what did fit is written now.
      await writeRest();
      throw new NBDError(`writable: there is no room for ${chunk.length - fits} more bytes, at offset ${range.end}`, 'ENOSPC');
    },
    async close() {
      await writeRest();
      if (await disk.canFlush()) await disk.flush({ signal: options.signal });
    },
    abort: () => window.end(),
  });
}

/** Writes pieces of any alignment. */
class Writer {
  readonly #disk: Disk;
  readonly #geometry: Geometry;
  readonly #options: WritableOptions;
  readonly #locks: BlockLocks;
  #canZero: boolean | undefined;
  #written = 0n;

  constructor(disk: Disk, geometry: Geometry, options: WritableOptions) {
    this.#disk = disk;
    this.#geometry = geometry;
    this.#options = options;
    this.#locks = BlockLocks.of(disk);
  }

  async write(bytes: Uint8Array, at: bigint): Promise<void> {
    const { signal, onprogress } = this.#options;
    const whole = aligned(this.#geometry, { at, count: bytes.length });
    // A write cannot be taken back: the lock is held until it has ended, though the caller hears of an abort at once.
    const written = this.#locks.hold(whole.at, whole.at + BigInt(whole.count), async () => {
      signal?.throwIfAborted();
      if (whole.count === bytes.length) await this.#writeAligned(bytes, at);
      else await this.#writeAligned(await this.#withSurroundings(bytes, whole), whole.at);
    });
    await unlessAborted(written, signal);
    this.#written += BigInt(bytes.length);
    onprogress?.(this.#written);
  }

  /** The piece with the rest of its first and its last block; nobody else may write there meanwhile. */
  async #withSurroundings(bytes: Uint8Array, whole: AlignedPiece): Promise<Uint8Array> {
    const block = Number(this.#geometry.minimum);
    const all = new Uint8Array(whole.count);
    const read = (index: number) => this.#disk.preadInto(all.subarray(index, index + block), whole.at + BigInt(index));
    const last = whole.count - block;
    const hasTail = whole.before + bytes.length < whole.count;
    const indexes = new Set([...(whole.before > 0 ? [0] : []), ...(hasTail ? [last] : [])]); // one block may be both
    await allEnded([...indexes].map(read));
    all.set(bytes, whole.before);
    return all;
  }

  async #writeAligned(bytes: Uint8Array, at: bigint): Promise<void> {
    const { detectZeroes, flags } = this.#options;
    if (detectZeroes) this.#canZero ??= await this.#disk.canZero();
    if (!detectZeroes || !this.#canZero) {
      await this.#disk.pwrite(bytes, at, { flags });
      return;
    }
    const runs = zeroRuns(bytes, Math.max(leastZeroes, Number(this.#geometry.minimum)));
    const writes = runs.map(({ start, end, isZero }) =>
      isZero
        ? this.#disk.zero(end - start, at + BigInt(start), { flags })
        : this.#disk.pwrite(bytes.subarray(start, end), at + BigInt(start), { flags }),
    );
    await allEnded(writes);
  }
}

/** Waits for all of them, even when one has failed: only then may others write there. */
async function allEnded(requests: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(requests)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The result of what goes on in any case, or at once the reason of the abort. */
function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  return new Promise<T>((resolve, reject) => {
    const settler = new Settler<T>(resolve, reject, signal);
    result.then(
      (value) => settler.resolve(value),
      (error: unknown) => settler.reject(error),
    );
  });
}
