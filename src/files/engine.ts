// What an engine is: code that reads file systems of some types. One is registered as an object, so that another package can bring one.
import type { Geometry } from '../disk/disk.js';
import type { ReplaySource } from '../wasm/replay.js';
import type { DirectoryEntry, FileStat, FileSystemInfo, Place } from './types.js';

/** The part of a disk that holds a file system. Offsets count from its beginning. */
export interface Volume extends ReplaySource {
  /** In bytes. */
  readonly size: bigint;
  readonly geometry: Geometry;
}

export interface Engine {
  /** For errors. */
  readonly name: string;
  /** What it reads: libblkid's names of types. */
  readonly types: readonly string[];
  /** @throws NBDError `EUCLEAN` for what is none of its file systems. */
  open(volume: Volume, type: string, signal: AbortSignal | undefined): Promise<EngineFileSystem>;
}

/** A file, by what the engine knows it by. */
export interface EngineFile {
  readonly id: number;
  readonly stat: FileStat;
}

/** A name in a directory, as the directory has it. */
export interface EngineEntry {
  readonly name: Uint8Array;
  readonly id: number;
  readonly type: DirectoryEntry['type'];
}

/** Where the contents of a file are: in places of the disk, or at hand. */
export type Contents = readonly Place[] | Uint8Array;

/**
 * An open file system. Paths end with a NUL. Errors are NBDErrors: `ENOENT`, `ENOTDIR`, `ELOOP`, `EUCLEAN` for a damaged structure, `EIO`
 * for what the disk cannot read, `ENOTSUP` for what the engine does not know, such as encryption.
 */
export interface EngineFileSystem {
  readonly info: FileSystemInfo;
  lookup(path: Uint8Array, followLinks: boolean, signal: AbortSignal | undefined): Promise<EngineFile>;
  readdir(directory: EngineFile, signal: AbortSignal | undefined): Promise<readonly EngineEntry[]>;
  /** What is known of files. One that cannot be read is left out. */
  stats(ids: readonly number[], signal: AbortSignal | undefined): Promise<ReadonlyMap<number, FileStat>>;
  readlink(link: EngineFile, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /** From an offset in the file on, as far as the engine tells at a time; all of it where it is at hand. */
  contents(file: EngineFile, from: bigint, signal: AbortSignal | undefined): Promise<Contents>;
}

/** An engine, and how it is made. */
export interface KnownEngine {
  readonly types: readonly string[];
  load(): Promise<Engine>;
}
