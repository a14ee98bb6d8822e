// Files of a disk, written into a directory of this machine. The disk may be hostile: each name is looked at, a link that is there is never
// followed, and those of the disk are made when everything else is done, so that nothing is written through them.
import { constants } from 'node:fs';
import { chmod, type FileHandle, lchown, link, lstat, lutimes, mkdir, open, symlink, unlink, utimes } from 'node:fs/promises';
import { copy, type DirectoryEntry, type FileStat, type FileSystem } from '../node.js';
import { escapeControls } from '../text/escape.js';
import { join, nameOf, textOf } from './disk_names.js';
import type { Patience } from './patience.js';

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
  readonly #complain: (text: string) => void;
  readonly #links: Link[] = [];
  /** What has the permissions and times of the disk when all is in it, the innermost first. */
  readonly #directories: { to: Buffer; stat: Partial<FileStat> }[] = [];
  /** With `preserve`: where a file of several names was written first. */
  readonly #written = new Map<bigint, Buffer>();
  exitCode = 0;

  constructor(files: FileSystem, options: ExtractionOptions, patience: Patience, complain: (text: string) => void) {
    this.#files = files;
    this.#options = options;
    this.#patience = patience;
    this.#complain = complain;
  }

  /** Brings a file or a directory to a path that is its own. */
  async extract(path: Uint8Array, to: Buffer): Promise<void> {
    const stat = await this.#files.stat(path, { followLinks: !this.#options.recursive, signal: this.#patience.signal });
    if (stat.type === 'directory' && !this.#options.recursive) throw new Error(`${textOf(path)} is a directory: -R copies it`);
    await this.#one(path, to, stat, 0);
    for (const one of this.#links) await this.#trying(one.path, () => this.#link(one));
    for (const { to, stat } of this.#directories) await this.#trying(to, () => this.#finish(to, stat));
  }

  async #one(path: Uint8Array, to: Buffer, stat: Partial<FileStat>, depth: number): Promise<void> {
    if (this.#options.verbose) process.stderr.write(`${escapeControls(textOf(path))}\n`);
    switch (stat.type) {
      case 'directory':
        return this.#directory(path, to, stat, depth);
      case 'file':
        return this.#file(path, to, stat);
      case 'symlink':
        this.#links.push({ path, to, stat });
        return;
      default:
        this.#trouble(`${textOf(path)} is left out: it is no file, directory or symbolic link (${stat.type ?? 'unknown'})`);
    }
  }

  async #directory(path: Uint8Array, to: Buffer, stat: Partial<FileStat>, depth: number): Promise<void> {
    if (depth > deepest) throw new Error(`${textOf(path)}: directories are nested more than ${deepest} deep`);
    await mkdir(to, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const there = await lstat(to);
    if (depth > 0 && !there.isDirectory())
      throw new Error(`${textOf(to)} is there already, and is no directory: it is not followed`);
    for await (const entry of this.#files.readdir(path, { signal: this.#patience.signal })) {
      this.#patience.renew();
      const own = join(path, nameOf(entry));
      await this.#trying(own, () => this.#entry(own, to, entry, depth));
    }
    this.#directories.push({ to, stat });
  }

  async #entry(path: Uint8Array, to: Buffer, entry: DirectoryEntry, depth: number): Promise<void> {
    const name = nameOf(entry);
    if (entry.problem !== undefined) throw new Error(entry.problem);
    if (!isName(name)) throw new Error('this is no name for a file: it is left out');
    await this.#one(path, Buffer.from(join(to, name)), entry, depth + 1);
  }

  async #file(path: Uint8Array, to: Buffer, stat: Partial<FileStat>): Promise<void> {
    const first = this.#options.preserve && stat.inode !== undefined ? this.#written.get(stat.inode) : undefined;
    await makeRoom(to);
    if (first !== undefined) return link(first, to);
    const { signal } = this.#patience;
    const disk = await this.#files.disk(path, { signal });
    const handle = await open(to, newFile, 0o600);
    try {
      await copy(disk, handle, { destinationIsZero: true, flush: false, signal, progress: () => this.#patience.renew() });
      await handle.truncate(Number(stat.size ?? 0n)); // where it ends with a hole
      await this.#keep(handle, stat);
    } catch (error) {
      await unlink(to);
      throw error;
    } finally {
      await handle.close();
    }
    if (stat.inode !== undefined && (stat.links ?? 1) > 1) this.#written.set(stat.inode, to);
  }

  async #keep(handle: FileHandle, stat: Partial<FileStat>): Promise<void> {
    const { mode, uid, gid, atimeNs, mtimeNs } = stat;
    if (this.#options.preserve && uid !== undefined && gid !== undefined) await handle.chown(uid, gid);
    if (mode !== undefined) await handle.chmod(mode & 0o777);
    if (mtimeNs !== undefined) await handle.utimes(seconds(atimeNs ?? mtimeNs), seconds(mtimeNs));
  }

  async #link({ path, to, stat }: Link): Promise<void> {
    const target = await this.#files.readlinkBytes(path, { signal: this.#patience.signal });
    await makeRoom(to);
    await symlink(Buffer.from(target), to);
    const { uid, gid, atimeNs, mtimeNs } = stat;
    if (this.#options.preserve && uid !== undefined && gid !== undefined) await lchown(to, uid, gid);
    if (mtimeNs !== undefined) await lutimes(to, seconds(atimeNs ?? mtimeNs), seconds(mtimeNs));
  }

  async #finish(to: Buffer, { mode, uid, gid, atimeNs, mtimeNs }: Partial<FileStat>): Promise<void> {
    if (this.#options.preserve && uid !== undefined && gid !== undefined) await lchown(to, uid, gid);
    if (mode !== undefined) await chmod(to, mode & 0o777);
    if (mtimeNs !== undefined) await utimes(to, seconds(atimeNs ?? mtimeNs), seconds(mtimeNs));
  }

  /** Goes on after what fails for one file. */
  async #trying(path: Uint8Array, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#patience.signal.aborted) throw this.#patience.signal.reason;
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

/** What has the name now is removed, whatever it is, so that nothing is written through it; a directory is not. */
async function makeRoom(path: Buffer): Promise<void> {
  const there = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there?.isDirectory()) throw new Error(`${textOf(path)} is a directory already`);
  if (there !== undefined) await unlink(path);
}

/** Not empty, not `.` or `..`, and without a slash or a NUL. */
function isName(name: Uint8Array): boolean {
  const isDots = name.length <= 2 && name.every((byte) => byte === 0x2e);
  return !isDots && !name.includes(0x2f) && !name.includes(0);
}

/** Node takes seconds with a fraction. */
const seconds = (ns: bigint): number => Number(ns) / 1e9;
