// The files of a disk, for users: one interface over all engines.
import { checkedSignal, type WaitOptions } from '../base/abort.js';
import { NBDError, retold } from '../base/errors.js';
import { bigInteger, uint64Max } from '../base/integers.js';
import type { BlockReader } from '../disk/block_reader.js';
import type { Disk } from '../disk/disk.js';
import type { Range } from '../disk/ranges.js';
import type { EngineEntry, EngineFile, EngineFileSystem } from './engine.js';
import { FileDisk } from './file_disk.js';
import { isUtf8, pathBytes, shownPath, textOf } from './paths.js';
import type { DirectoryEntry, FileReadOptions, FileStat, FileSystemInfo, Path, Place, StatOptions } from './types.js';

/** Entries of which more than the name is asked for at a time: the first are there soon, and the others with few requests. */
const firstBatch = 32;
const mostInBatch = 1024;
/** What `read` puts into one buffer at most, in bytes. */
const longestRead = 2n ** 31n;

/**
 * A file system on a disk, to read. Nothing is mounted and nothing is written. Errors are NBDErrors with the codes that a mounted file
 * system has: `ENOENT`, `ENOTDIR`, `EISDIR`, `ELOOP`; and `EUCLEAN` for a damaged structure, `EIO` for what the disk cannot read, `ENOTSUP` for
 * what is encrypted.
 */
export class FileSystem {
  readonly info: FileSystemInfo;
  readonly #files: EngineFileSystem;
  readonly #reader: BlockReader;
  readonly #start: bigint;
  readonly #length: bigint;

  /** @internal */
  constructor(files: EngineFileSystem, info: FileSystemInfo, reader: BlockReader, { start, end }: Range) {
    this.#files = files;
    this.info = info;
    this.#reader = reader;
    this.#start = start;
    this.#length = end - start;
  }

  /** Ends the worker in which the engine runs, and gives up what it keeps. No call is good after that. */
  close(): void {
    this.#files.close?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Requests to the disk, and the bytes that they asked for. */
  get reads(): { readonly requests: number; readonly bytes: number } {
    return { ...this.#reader.reads };
  }

  /**
   * What is known of a file.
   *
   * @throws NBDError as {@link FileSystem} tells.
   */
  async stat(path: Path, options: StatOptions = {}): Promise<FileStat> {
    return (await this.#lookup('stat', path, options)).stat;
  }

  /**
   * The entries of a directory, without `.` and `..`, in the order in which they are on the disk. Of a damaged directory come first those
   * that can be read; then it rejects.
   *
   * @throws NBDError `ENOTDIR` for another file; `EUCLEAN` or `EIO` where names are missing.
   */
  async *readdir(path: Path, options: WaitOptions = {}): AsyncGenerator<DirectoryEntry, void, undefined> {
    const directory = await this.#lookup('readdir', path, options);
    if (directory.stat.type !== 'directory') throw told('readdir', path, new NBDError('it is no directory', 'ENOTDIR'));
    const listed = await this.#asking('readdir', path, this.#files.readdir(directory, options.signal));
    const entries = listed.entries.filter(({ name }) => !isDots(name));
    let size = firstBatch;
    for (let at = 0; at < entries.length; at += size, size = Math.min(2 * size, mostInBatch)) {
      const batch = entries.slice(at, at + size);
      const ids = batch.map(({ id }) => id);
      const stats = await this.#asking('readdir', path, this.#files.stats(ids, options.signal));
      for (const entry of batch) yield entryOf(entry, stats.get(entry.id));
    }
    const { problem } = listed;
    if (problem !== undefined)
      throw told('readdir', path, new NBDError(`${problem.message}. Names may be missing`, problem.code));
  }

  /**
   * The target of a symbolic link.
   *
   * @throws NBDError `EINVAL` for another file.
   */
  async readlink(path: Path, options: WaitOptions = {}): Promise<string> {
    return textOf(await this.readlinkBytes(path, options));
  }

  /** As {@link FileSystem.readlink | readlink}: the bytes, where they may not be UTF-8. */
  async readlinkBytes(path: Path, options: WaitOptions = {}): Promise<Uint8Array> {
    const link = await this.#lookup('readlink', path, { ...options, followLinks: false });
    if (link.stat.type !== 'symlink') throw told('readlink', path, new NBDError('it is no symbolic link', 'EINVAL'));
    return this.#asking('readlink', path, this.#files.readlink(link, options.signal));
  }

  /**
   * A file as a disk: it can be read anywhere, copied with its holes, or opened in turn where it is the image of a disk.
   *
   * @throws NBDError `EISDIR` for a directory, `EINVAL` for what has no contents, such as a device.
   */
  async disk(path: Path, options: WaitOptions = {}): Promise<Disk> {
    return this.#open('disk', path, options);
  }

  /** The contents of a file as a stream of chunks. Holes are not read. */
  async readable(path: Path, options: FileReadOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const file = await this.#open('readable', path, options);
    const { start, end } = rangeOf('readable', file.getSize(), options);
    return file.readable({ offset: start, length: end - start, signal: options.signal, skipZeroes: true });
  }

  /**
   * The contents of a file in one buffer.
   *
   * @throws NBDError `EFBIG` for more than 2 GiB, for which there is `readable`.
   */
  async read(path: Path, options: FileReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const file = await this.#open('read', path, options);
    const { start, end } = rangeOf('read', file.getSize(), options);
    if (end - start > longestRead) {
      throw told('read', path, new NBDError(`it has ${end - start} bytes: use readable()`, 'EFBIG'));
    }
    return file.readFully(Number(end - start), start, { signal: options.signal });
  }

  /**
   * Where the contents of a file are on the disk. What has no place of its own there, such as a file inside its inode, is left out.
   */
  async *places(path: Path, options: WaitOptions = {}): AsyncGenerator<Place, void, undefined> {
    const file = await this.#open('places', path, options);
    yield* file.places(0n, file.getSize(), options.signal);
  }

  async #open(call: string, path: Path, options: WaitOptions): Promise<FileDisk> {
    const file = await this.#lookup(call, path, options);
    const { type } = file.stat;
    if (type === 'directory') throw told(call, path, new NBDError('it is a directory', 'EISDIR'));
    if (type !== 'file') throw told(call, path, new NBDError(`it is no regular file (${type}), and has no contents`, 'EINVAL'));
    const source = {
      name: shownPath(path),
      files: this.#files,
      file,
      reader: this.#reader,
      start: this.#start,
      length: this.#length,
    };
    return new FileDisk(source);
  }

  async #lookup(call: string, path: Path, { followLinks = true, ...options }: StatOptions): Promise<EngineFile> {
    const signal = checkedSignal(call, options);
    signal?.throwIfAborted();
    return this.#asking(call, path, this.#files.lookup(pathBytes(call, path), followLinks, signal));
  }

  /** The errors of an engine, with the call and the path. */
  async #asking<T>(call: string, path: Path, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw error instanceof NBDError && !error.isFatal ? told(call, path, error) : error;
    }
  }
}

const told = (call: string, path: Path, error: NBDError): NBDError =>
  retold(error, { message: `${call}: ${shownPath(path)}: ${error.message}`, cause: error.cause });

const dot = 0x2e;
const isDots = (name: Uint8Array): boolean => (name.length === 1 || name.length === 2) && name.every((byte) => byte === dot);

function entryOf({ name, type }: EngineEntry, stat: FileStat | undefined): DirectoryEntry {
  return {
    name: textOf(name),
    ...(isUtf8(name) ? {} : { bytes: name.slice() }),
    ...(stat ?? { problem: 'what the file system keeps of it is damaged, or could not be read' }),
    type: stat?.type ?? type,
  };
}

function rangeOf(call: string, size: bigint, { start = 0n, end = size }: FileReadOptions): { start: bigint; end: bigint } {
  const last = bigInteger(call, 'end', end, 0n, uint64Max);
  const range = { start: bigInteger(call, 'start', start, 0n, uint64Max), end: last < size ? last : size };
  return range.start < range.end ? range : { start: range.end, end: range.end };
}
