// A FileSystemFileHandle: a file of the origin's private file system (OPFS), or one that the user picked.
import { NBDError } from '../base/errors.js';
import { BlobSource } from './blob_source.js';
import type { RandomDestination, RandomSource } from './ends.js';

/** The members of a `FileSystemFileHandle` that are used here, for programs that are compiled without the DOM's types. */
export interface FileHandleLike {
  readonly kind: 'file';
  readonly name: string;
  getFile(): Promise<Blob>;
  createWritable?(options?: { keepExistingData?: boolean }): Promise<FileWriter>;
  /** Only workers have it, and only for files of the OPFS. */
  createSyncAccessHandle?(): Promise<SyncFile>;
}

/** A `FileSystemWritableFileStream`. */
export interface FileWriter {
  write(data: { type: 'write'; position: number; data: Uint8Array<ArrayBuffer> }): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
  abort(reason?: unknown): Promise<void>;
}

/** A `FileSystemSyncAccessHandle`. */
export interface SyncFile {
  read(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** Opens the file in the quickest way that there is: in a worker in place, in a page through a copy that takes its place at the end. */
export async function openFileHandle(handle: FileHandleLike): Promise<RandomDestination> {
  if (handle.createSyncAccessHandle !== undefined) {
    try {
      return new SyncDestination(handle.name, await handle.createSyncAccessHandle());
    } catch (error) {
      // A file that the user picked has no such access. One that is open already is an error in the other way too.
      if (handle.createWritable === undefined) throw error;
    }
  }
  return new WriterDestination(handle);
}

/** What both ways have in common. */
abstract class FileDestination {
  readonly isRandom = true;
  readonly room = undefined;
  readonly block = 1;
  readonly longest = 2 ** 25;
  readonly longestZero = 2 ** 20;
  readonly canZero = false;
  readonly journal = undefined;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  abstract write(bytes: Uint8Array<ArrayBuffer>, at: bigint): Promise<void>;

  async zero(count: number, at: bigint): Promise<void> {
    await this.write(new Uint8Array(count), at);
  }
}

class SyncDestination extends FileDestination implements RandomDestination {
  readonly written: RandomSource;
  readonly #file: SyncFile;

  constructor(name: string, file: SyncFile) {
    super(name);
    this.#file = file;
    this.written = new SyncSource(name, file);
  }

  async begin(length: bigint | undefined, keep: boolean): Promise<boolean> {
    if (!keep) this.#file.truncate(0);
    if (length !== undefined) this.#file.truncate(Number(length));
    return !keep;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, at: bigint): Promise<void> {
    const count = this.#file.write(bytes, { at: Number(at) });
    if (count !== bytes.length) throw new NBDError(`${this.name}: ${count} of ${bytes.length} bytes fitted at ${at}`, 'ENOSPC');
  }

  async flush(): Promise<void> {
    this.#file.flush();
  }

  async finish(length: bigint): Promise<undefined> {
    this.#file.truncate(Number(length));
    this.#file.flush();
    this.#file.close();
  }

  async abandon(): Promise<void> {
    this.#file.close();
  }
}

/** A file that is open in place, to be read back. */
class SyncSource implements RandomSource {
  readonly isRandom = true;
  readonly block = 1;
  readonly longest = 2 ** 25;
  readonly identity = undefined;
  readonly name: string;
  readonly #file: SyncFile;

  constructor(name: string, file: SyncFile) {
    this.name = name;
    this.#file = file;
  }

  get size(): bigint {
    return BigInt(this.#file.getSize());
  }

  async readInto(view: Uint8Array<ArrayBuffer>, at: bigint): Promise<void> {
    const count = this.#file.read(view, { at: Number(at) });
    if (count !== view.length) throw new NBDError(`${this.name} ends at ${Number(at) + count}`, 'EIO');
  }

  known(): undefined {}

  async close(): Promise<void> {}
}

class WriterDestination extends FileDestination implements RandomDestination {
  readonly written = undefined;
  readonly #handle: FileHandleLike;
  #writer: FileWriter | undefined;

  constructor(handle: FileHandleLike) {
    super(handle.name);
    this.#handle = handle;
  }

  async begin(length: bigint | undefined, keep: boolean): Promise<boolean> {
    this.#writer = await this.#handle.createWritable?.({ keepExistingData: keep });
    if (length !== undefined) await this.#open.truncate(Number(length));
    return !keep;
  }

  get #open(): FileWriter {
    if (this.#writer !== undefined) return this.#writer;
    throw new NBDError(`${this.name} cannot be written: this browser has no createWritable()`, 'ENOTSUP');
  }

  async write(bytes: Uint8Array<ArrayBuffer>, at: bigint): Promise<void> {
    await this.#open.write({ type: 'write', position: Number(at), data: bytes });
  }

  /** All of it reaches the file when it is closed. */
  async flush(): Promise<void> {}

  async finish(length: bigint): Promise<RandomSource> {
    await this.#open.truncate(Number(length));
    await this.#open.close();
    return new BlobSource(await this.#handle.getFile());
  }

  async abandon(): Promise<void> {
    await this.#writer?.abort();
  }
}
