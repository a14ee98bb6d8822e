// The part of a disk that holds a file system, for code that reads it synchronously: through a cache, and with read-ahead.
import type { NBDError } from '../base/errors.js';
import type { BlockReader } from '../disk/block_reader.js';
import type { Geometry } from '../disk/disk.js';
import type { Range } from '../disk/ranges.js';
import type { Volume } from './engine.js';

/** What is read beyond a piece that was missing, in bytes: metadata lies together, and each time that a call is made again costs all of its work so far. */
const readAhead = 3 * 2 ** 15;
/** It doubles so often while a call goes on, every `doublingRounds` rounds. */
const mostDoublings = 4;
const doublingRounds = 4;

export class DiskVolume implements Volume {
  readonly size: bigint;
  readonly #reader: BlockReader;
  readonly #start: bigint;

  constructor(reader: BlockReader, { start, end }: Range) {
    this.#reader = reader;
    this.#start = start;
    this.size = end - start;
  }

  get geometry(): Geometry {
    return this.#reader.geometry;
  }

  peek(view: Uint8Array, offset: bigint): boolean {
    return this.#reader.peek(view, this.#start + offset);
  }

  /** Without a round nothing is read beyond; nor where the piece is long, which says itself what is wanted. */
  async read(offset: bigint, length: number, signal: AbortSignal | undefined, round?: number): Promise<Uint8Array | NBDError> {
    if (round !== undefined && length <= readAhead) {
      const doublings = Math.min(mostDoublings, Math.floor(round / doublingRounds));
      const wanted = BigInt(length + readAhead * 2 ** doublings);
      const rest = this.size - offset;
      this.#reader.ahead(this.#start + offset, Number(wanted < rest ? wanted : rest));
    }
    return this.#reader.read(this.#start + offset, length, signal);
  }
}
