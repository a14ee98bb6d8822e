// A stream of writes: chunks of any size become requests of which several are in flight.
import { NBDError } from '../base/errors.js';
import type { CmdFlag } from '../generated/constants.js';
import { BlockLocks } from './block_locks.js';
import type { Disk, Geometry } from './disk.js';
import { checkedInFlight, InFlight } from './in_flight.js';
import { aligned, checkedRange, requestSize, type TransferOptions } from './ranges.js';
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
  const window = new InFlight(checkedInFlight('writable', options));
  const writer = new Writer(disk, geometry, options);
  const size = requestSize('writable', geometry, options);
  let position = range.start; // where the block begins
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
    await window.add(writer.write(bytes, at));
  };
  return new WritableStream<Uint8Array>({
    async write(chunk) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('writable: a chunk must be a Uint8Array');
      const end = position + BigInt(filled + chunk.length);
      if (end > range.end) {
        const text = `writable: a chunk of ${chunk.length} bytes ends at ${end}, and there is room up to ${range.end}`;
        throw new NBDError(text, 'ENOSPC');
      }
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
    const whole = aligned(this.#geometry, { at, count: bytes.length });
    if (whole.count === bytes.length) {
      await this.#locks.hold(at, at + BigInt(bytes.length), () => this.#writeAligned(bytes, at));
    } else {
      // What is around the piece is read, and written back with it: nobody else may write there meanwhile.
      await this.#locks.hold(whole.at, whole.at + BigInt(whole.count), async () => {
        const around = await this.#disk.pread(whole.count, whole.at, { signal: this.#options.signal });
        around.set(bytes, whole.before);
        await this.#writeAligned(around, whole.at);
      });
    }
    this.#written += BigInt(bytes.length);
    this.#options.onprogress?.(this.#written);
  }

  async #writeAligned(bytes: Uint8Array, at: bigint): Promise<void> {
    const { detectZeroes, flags, signal } = this.#options;
    if (detectZeroes) this.#canZero ??= await this.#disk.canZero();
    if (!detectZeroes || !this.#canZero) {
      await this.#disk.pwrite(bytes, at, { flags, signal });
      return;
    }
    const runs = zeroRuns(bytes, Math.max(leastZeroes, Number(this.#geometry.minimum)));
    await Promise.all(
      runs.map(({ start, end, isZero }) =>
        isZero
          ? this.#disk.zero(end - start, at + BigInt(start), { flags, signal })
          : this.#disk.pwrite(bytes.subarray(start, end), at + BigInt(start), { flags, signal }),
      ),
    );
  }
}
