// What is told of the files of a disk.
import type { WaitOptions } from '../base/abort.js';

export type FileType = 'file' | 'directory' | 'symlink' | 'block' | 'character' | 'fifo' | 'socket' | 'unknown';

/** What is known of a file. What a file system does not keep is left out. */
export interface FileStat {
  readonly type: FileType;
  /** In bytes; of a symbolic link, of its target's name. */
  readonly size: bigint;
  /** The number under which the file system keeps it: two names with one number are one file. */
  readonly inode?: bigint;
  /** Permissions, with the bits for setuid, setgid and sticky: at most 0o7777. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** How many names it has. */
  readonly links?: number;
  /** What it takes on the disk, in bytes. */
  readonly allocated?: bigint;
  /** Of its contents' last change, in nanoseconds since 1970. */
  readonly mtimeNs?: bigint;
  /** Of the last time that it was read. */
  readonly atimeNs?: bigint;
  /** Of the last change of what is told here. */
  readonly ctimeNs?: bigint;
  /** When it was made. */
  readonly birthtimeNs?: bigint;
  /** Of a device: its number. */
  readonly device?: { readonly major: number; readonly minor: number };
}

/** A name in a directory, and what is known of its file. */
export interface DirectoryEntry extends Partial<FileStat> {
  /** With U+FFFD where its bytes are not UTF-8. */
  readonly name: string;
  /** The name as it is on the disk, where it is not UTF-8: a path can be made of bytes. */
  readonly bytes?: Uint8Array;
  readonly type: FileType;
  /** Why nothing more is known: what is on the disk in its place is damaged, or could not be read. */
  readonly problem?: string;
}

/** A path from the root of the file system on: text, or bytes where names are not UTF-8. `/` alone is the root. */
export type Path = string | Uint8Array;

export interface StatOptions extends WaitOptions {
  /** Whether a symbolic link at the end of the path is followed; true unless told otherwise. */
  followLinks?: boolean | undefined;
}

export interface FileReadOptions extends WaitOptions {
  /** Where to start, in bytes; 0 unless told otherwise. */
  start?: number | bigint | undefined;
  /** The first byte that is not wanted any more; the end of the file unless told otherwise. */
  end?: number | bigint | undefined;
}

/** A part of a file, and where it is. */
export interface Place {
  /** In the file, in bytes. */
  readonly offset: bigint;
  readonly length: bigint;
  /** On the disk, in bytes; undefined where it reads as zeroes, and nothing has to be read: a hole, or space that was never written. */
  readonly place: bigint | undefined;
}

/** What the file system says of itself. */
export interface FileSystemInfo {
  /** libblkid's name of it, such as `ext4`. */
  readonly type: string;
  readonly label?: string;
  readonly uuid?: string;
  /** In bytes. */
  readonly size?: bigint;
  readonly free?: bigint;
  readonly blockSize?: number;
  /** What a reader should know: that it was not unmounted, or that errors were found in it. */
  readonly warnings: readonly string[];
}
