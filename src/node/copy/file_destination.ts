// A regular file or a block device, to be copied to. A new file is written under another name, NAME.partial, and gets its own once it
// is complete and on stable storage.
import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RandomDestination } from '../../copy/ends.js';
import { sync, writeAll } from './descriptor.js';
import { FileJournal } from './file_journal.js';
import { FileSource, fileOf } from './file_source.js';
import { makePartial, namePartial, removePartial } from './partial_file.js';

export interface Opened {
  readonly name: string;
  /** Those of the file when it was opened. */
  readonly stats: BigIntStats;
  /** A device's size; undefined for a file, which grows. */
  readonly room: bigint | undefined;
  /** Whether the handle is closed with the destination. */
  readonly isOurs: boolean;
  /** Where a new file is written before it gets its name, and whether something was there; undefined for one that is written in place. */
  readonly partial: { readonly path: string; readonly wasThere: boolean } | undefined;
}

export class FileDestination implements RandomDestination {
  readonly isRandom = true;
  readonly block = 1;
  readonly longest = 2 ** 25;
  readonly canZero = false;
  readonly longestZero = 2 ** 20;
  readonly name: string;
  readonly room: bigint | undefined;
  #handle: FileHandle;
  #opened: Opened;
  #length: bigint | undefined;

  constructor(handle: FileHandle, opened: Opened) {
    this.name = opened.name;
    this.room = opened.room;
    this.#handle = handle;
    this.#opened = opened;
  }

  get file(): string {
    return fileOf(this.#opened.stats);
  }

  get journal(): FileJournal | undefined {
    const { name, stats, room, isOurs } = this.#opened;
    return room === undefined && isOurs ? new FileJournal(name, stats) : undefined;
  }

  get written(): FileSource {
    const { name, stats, room } = this.#opened;
    // Its size is that of what is copied, which is not known yet: nobody asks for it.
    return new FileSource(this.#handle, { name, stats, size: room ?? 0n, isOurs: false });
  }

  /** What is at the path of the partial file may be what another copy writes: this one makes its own. */
  async startAnew(): Promise<void> {
    const { partial, stats } = this.#opened;
    if (partial?.wasThere !== true) return;
    await removePartial(partial.path, stats);
    await this.#handle.close();
    this.#handle = await makePartial(partial.path);
    this.#opened = {
      ...this.#opened,
      stats: await this.#handle.stat({ bigint: true }),
      partial: { ...partial, wasThere: false },
    };
  }

  async begin(length: bigint | undefined, keep: boolean): Promise<boolean> {
    if (this.room !== undefined) return false;
    if (!keep) await this.#handle.truncate(0); // in place: all of it is written anew, and what is left out becomes a hole
    this.#length = length;
    if (length !== undefined) await this.#handle.truncate(Number(length));
    return !keep;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, at: bigint, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await writeAll(this.#handle.fd, bytes, at, this.name);
  }

  async zero(count: number, at: bigint, signal: AbortSignal): Promise<void> {
    await this.write(new Uint8Array(count), at, signal);
  }

  async flush(): Promise<void> {
    await sync(this.#handle.fd);
  }

  async finish(length: bigint): Promise<undefined> {
    const { name, stats, partial, isOurs } = this.#opened;
    if (this.room === undefined && length !== this.#length) {
      await this.#handle.truncate(Number(length)); // a stream that ended in zeroes has left them out
      await sync(this.#handle.fd);
    }
    if (partial !== undefined) await namePartial(partial.path, stats, name);
    if (isOurs) await this.#handle.close();
    if (partial !== undefined) await syncFolder(name);
  }

  async abandon(keep: boolean): Promise<void> {
    const { stats, partial, isOurs } = this.#opened;
    if (partial !== undefined && !keep) await removePartial(partial.path, stats);
    if (isOurs) await this.#handle.close();
  }
}

/** Has a file's name on stable storage too. */
export async function syncFolder(name: string): Promise<void> {
  const folder = await open(dirname(name));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
