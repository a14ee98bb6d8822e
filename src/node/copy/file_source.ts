// A regular file or a block device, to be copied from.
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { RandomSource } from '../../copy/ends.js';
import { readAll } from './descriptor.js';

export class FileSource implements RandomSource {
  readonly isRandom = true;
  readonly block = 1;
  readonly longest = 2 ** 25;
  readonly name: string;
  readonly size: bigint;
  readonly identity: string;
  readonly file: string;
  readonly #handle: FileHandle;
  readonly #isOurs: boolean;

  /** @param isOurs Whether the handle is closed with the source. */
  constructor(
    handle: FileHandle,
    { name, stats, size, isOurs }: { name: string; stats: BigIntStats; size: bigint; isOurs: boolean },
  ) {
    this.#handle = handle;
    this.name = name;
    this.size = size;
    this.file = fileOf(stats);
    this.identity = `${this.file} ${stats.mtimeNs}`;
    this.#isOurs = isOurs;
  }

  async readInto(view: Uint8Array<ArrayBuffer>, at: bigint, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await readAll(this.#handle.fd, view, at, this.name);
  }

  /** Node has no SEEK_HOLE: holes are read, and found to be zeroes. */
  known(): undefined {}

  async close(): Promise<void> {
    if (this.#isOurs) await this.#handle.close();
  }
}

/** What two names of one file have in common. */
export const fileOf = ({ dev, ino, rdev }: BigIntStats): string => (rdev > 0n ? `device ${rdev}` : `file ${dev}:${ino}`);
