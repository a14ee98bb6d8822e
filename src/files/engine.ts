// What an engine is: code that reads file systems of some types. One is registered as an object, so that another package can bring one.
import type { ErrnoCode } from '../base/errors.js';
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

/** The names in a directory, as far as they can be read. */
export interface EngineDirectory {
  readonly entries: readonly EngineEntry[];
  /** Why there are names that are not told: a part of the directory is damaged, or could not be read. */
  readonly problem?: { readonly code: ErrnoCode; readonly message: string };
}

/** A part of a file that has no place of its own on the disk, such as one that is compressed: its bytes. */
export interface Piece {
  /** In the file, in bytes. */
  readonly offset: bigint;
  readonly bytes: Uint8Array;
}

/** A file's contents: parts that follow one another, each in a place of the disk or at hand; or all of it at hand. */
export type Contents = readonly (Place | Piece)[] | Uint8Array;

/**
 * An open file system. Paths end with a NUL. Errors are NBDErrors: `ENOENT`, `ENOTDIR`, `ELOOP`, `EUCLEAN` for a damaged structure, `EIO`
 * for what the disk cannot read, `ENOTSUP` for what the engine does not know, such as encryption.
 */
export interface EngineFileSystem {
  readonly info: FileSystemInfo;
  /** Gives up what it keeps. */
  close?(): void;
  lookup(path: Uint8Array, followLinks: boolean, signal: AbortSignal | undefined): Promise<EngineFile>;
  readdir(directory: EngineFile, signal: AbortSignal | undefined): Promise<EngineDirectory>;
  /** What is known of files. One that cannot be read is left out. */
  stats(ids: readonly number[], signal: AbortSignal | undefined): Promise<ReadonlyMap<number, FileStat>>;
  readlink(link: EngineFile, signal: AbortSignal | undefined): Promise<Uint8Array>;
  /**
   * From an offset in the file on, as far as the engine tells at a time; all of it where it is at hand. Of what it has to work for, such as
   * compressed parts, it tells about as many bytes as are wanted.
   */
  contents(file: EngineFile, from: bigint, wanted: number, signal: AbortSignal | undefined): Promise<Contents>;
}

/** An engine, and how it is made. */
export interface KnownEngine {
  readonly types: readonly string[];
  load(): Promise<Engine>;
}
