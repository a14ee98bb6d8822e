// Files of a disk, written into a directory of this machine. The disk may be hostile: each name is looked at, a link that is there is never
// followed, and those of the disk are made when everything else is done, so that nothing is written through them.

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  chmod,
  type FileHandle,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  rename,
  stat,
  symlink,
  unlink,
  utimes,
} from 'node:fs/promises';
import { copy, type DirectoryEntry, type FileStat, type FileSystem } from '../../node.js';
import { escapeControls } from '../../text/escape.js';
import type { Patience } from '../servers/patience.js';
import { join, nameOf, textOf } from './names.js';

export interface ExtractionOptions {
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly verbose: boolean;
}

/** A symbolic link that is still to be made. */
interface Link {
  readonly path: Uint8Array;
  readonly to: Buffer;
  readonly stat: Partial<FileStat>;
}

/** Nesting, beyond which it is a trap. */
const deepest = 256;

export class Extraction {
  readonly #files: FileSystem;
  readonly #options: ExtractionOptions;
  readonly #patience: Patience;
  readonly #signal: AbortSignal;
  readonly #complain: (text: string) => void;
  readonly #links: Link[] = [];
  /** Those that are new: they have the permissions and times of the disk when all is in them, the innermost first. */
  readonly #directories: { to: Buffer; stat: Partial<FileStat> }[] = [];
  /** With `preserve`: where a file of several names was written first. */
  readonly #written = new Map<bigint, Buffer>();
  #mayChangeOwners = true;
  exitCode = 0;

  constructor(
    files: FileSystem,
    options: ExtractionOptions,
    patience: Patience,
    signal: AbortSignal,
    complain: (text: string) => void,
  ) {
    this.#files = files;
    this.#options = options;
    this.#patience = patience;
    this.#signal = AbortSignal.any([patience.signal, signal]);
    this.#complain = complain;
  }

  /** Brings a file or a directory to a path. One that is the user's own word may be a link to a directory. */
  async extract(path: Uint8Array, to: Buffer, isUsersWord: boolean): Promise<void> {
    const found = await this.#files.stat(path, { followLinks: !this.#options.recursive, signal: this.#signal });
    if (found.type === 'directory' && !this.#options.recursive) throw new Error(`${textOf(path)} is a directory: -R copies it`);
    await this.#one(path, to, found, isUsersWord ? stat : lstat, []);
    for (const one of this.#links) await this.#trying(one.path, () => this.#link(one));
    for (const { to, stat } of this.#directories) await this.#trying(to, () => this.#finish(to, stat));
  }

  async #one(path: Uint8Array, to: Buffer, stat: Partial<FileStat>, look: typeof lstat, above: readonly bigint[]): Promise<void> {
    if (this.#options.verbose) process.stderr.write(`${escapeControls(textOf(path))}\n`);
    switch (stat.type) {
      case 'directory':
        return this.#directory(path, to, stat, look, above);
      case 'file':
        return this.#file(path, to, stat);
      case 'symlink':
        this.#links.push({ path, to, stat });
        return;
      default:
        this.#trouble(`${textOf(path)} is left out: it is no file, directory or symbolic link (${stat.type ?? 'unknown'})`);
    }
  }

  async #directory(
    path: Uint8Array,
    to: Buffer,
    stat: Partial<FileStat>,
    look: typeof lstat,
    above: readonly bigint[],
  ): Promise<void> {
    if (above.length > deepest) throw new Error(`directories are nested more than ${deepest} deep`);
    if (stat.inode !== undefined && above.includes(stat.inode)) throw new Error('the directory is inside itself: it is left out');
    const isNew = await mkdir(to, { mode: 0o700 }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        return false;
      },
    );
    if (!(await look(to)).isDirectory()) {
      throw new Error(`${textOf(to)} is there already, and is no directory: it is not followed`);
    }
    const inside = [...above, stat.inode ?? -1n];
    // Of a damaged directory there are some names, and then its error.
    await this.#trying(path, async () => {
      for await (const entry of this.#files.readdir(path, { signal: this.#signal })) {
        this.#patience.renew();
        const own = join(path, nameOf(entry));
        await this.#trying(own, () => this.#entry(own, to, entry, inside));
      }
    });
    if (isNew) this.#directories.push({ to, stat });
  }

  async #entry(path: Uint8Array, to: Buffer, entry: DirectoryEntry, above: readonly bigint[]): Promise<void> {
    const name = nameOf(entry);
    if (entry.problem !== undefined) throw new Error(entry.problem);
    if (!isName(name)) throw new Error('this is no name for a file: it is left out');
    await this.#one(path, Buffer.from(join(to, name)), entry, lstat, above);
  }

  async #file(path: Uint8Array, to: Buffer, stat: Partial<FileStat>): Promise<void> {
    const first = this.#options.preserve && stat.inode !== undefined ? this.#written.get(stat.inode) : undefined;
    await inPlace(to, async (temporary) => {
      if (first !== undefined) return link(first, temporary);
      const signal = this.#signal;
      const disk = await this.#files.disk(path, { signal });
      const handle = await open(temporary, newFile, 0o600);
      try {
        await copy(disk, handle, { destinationIsZero: true, flush: false, signal, progress: () => this.#patience.renew() });
        await handle.truncate(Number(stat.size ?? 0n)); // where it ends with a hole
        await this.#keep(handle, stat);
      } finally {
        await handle.close();
      }
    });
    if (stat.inode !== undefined && (stat.links ?? 1) > 1) this.#written.set(stat.inode, to);
  }

  async #keep(handle: FileHandle, stat: Partial<FileStat>): Promise<void> {
    const { mode, uid, gid, atimeNs, mtimeNs } = stat;
    await this.#own(stat, () => handle.chown(uid ?? 0, gid ?? 0));
    if (mode !== undefined) await handle.chmod(mode & 0o777);
    if (mtimeNs !== undefined) await handle.utimes(seconds(atimeNs ?? mtimeNs), seconds(mtimeNs));
  }

  async #link({ path, to, stat }: Link): Promise<void> {
    const target = await this.#files.readlinkBytes(path, { signal: this.#signal });
    const { uid, gid, atimeNs, mtimeNs } = stat;
    await inPlace(to, async (temporary) => {
      await symlink(Buffer.from(target), temporary);
      await this.#own(stat, () => lchown(temporary, uid ?? 0, gid ?? 0));
      if (mtimeNs !== undefined) await lutimes(temporary, seconds(atimeNs ?? mtimeNs), seconds(mtimeNs));
    });
  }

  async #finish(to: Buffer, stat: Partial<FileStat>): Promise<void> {
    const { mode, uid, gid, atimeNs, mtimeNs } = stat;
    await this.#own(stat, () => lchown(to, uid ?? 0, gid ?? 0));
    if (mode !== undefined) await chmod(to, mode & 0o777);
    if (mtimeNs !== undefined) await utimes(to, seconds(atimeNs ?? mtimeNs), seconds(mtimeNs));
  }

  /** Gives a file to its owner, where that is wanted. Who may not do so is told once, and has the files all the same. */
  async #own({ uid, gid }: Partial<FileStat>, change: () => Promise<void>): Promise<void> {
    if (!this.#options.preserve || !this.#mayChangeOwners || uid === undefined || gid === undefined) return;
    await change().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPERM') throw error;
      this.#mayChangeOwners = false;
      this.#trouble('the owners cannot be kept: only root may give files to others');
    });
  }

  /** Goes on after what fails for one file. */
  async #trying(path: Uint8Array, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#signal.aborted) throw this.#signal.reason;
      this.#trouble(`${textOf(path)}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #trouble(text: string): void {
    this.#complain(text);
    this.exitCode = 1;
  }
}

/** A new file, which is not behind a link. */
const newFile = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Makes a file or a link under another name beside its own, and gives it its name when it is whole: what has the name now is there until
 * then. Only a file or a link gives way, and neither is written through.
 */
async function inPlace(to: Buffer, make: (temporary: Buffer) => Promise<void>): Promise<void> {
  const there = await lstat(to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there?.isDirectory()) throw new Error(`${textOf(to)} is a directory already`);
  if (there !== undefined && !there.isFile() && !there.isSymbolicLink()) {
    throw new Error(`${textOf(to)} is there already, and is no regular file: it stays as it is`);
  }
  const folder = to.subarray(0, to.lastIndexOf(0x2f) + 1);
  const temporary = Buffer.concat([folder, Buffer.from(`.libnbd-wasm-${randomBytes(8).toString('hex')}`)]);
  try {
    await make(temporary);
    await rename(temporary, to);
  } finally {
    await unlink(temporary).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** Not empty, not `.` or `..`, and without a slash or a NUL. */
function isName(name: Uint8Array): boolean {
  const isDots = name.length <= 2 && name.every((byte) => byte === 0x2e);
  const isWindows = process.platform === 'win32'; // where more characters lead elsewhere
  return !isDots && !name.includes(0x2f) && !name.includes(0) && !(isWindows && (name.includes(0x5c) || name.includes(0x3a)));
}

/** Node takes seconds with a fraction. */
const seconds = (ns: bigint): number => Number(ns) / 1e9;
