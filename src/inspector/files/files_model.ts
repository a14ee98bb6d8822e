// What the page knows of a file system: the directories and the targets of links that somebody has looked at.
import type { Disk } from '../../disk/disk.js';
import type { FileSystem } from '../../files/file_system.js';
import type { FileSystemInfo } from '../../files/types.js';
import type { FilesVolume } from '../files_place.js';
import { fileSystem } from './engines.js';
import { type Failure, failureOf } from './failure.js';
import { Folder } from './folder.js';
import { diskPath, textOfBytes } from './names.js';

/** Names that are kept. Beyond that, directories that were looked at long ago are forgotten. */
const mostNames = 400_000;
/** Targets of links that are kept. */
const mostTargets = 4096;

export class FilesModel {
  info: FileSystemInfo | undefined;
  failure: Failure | undefined;
  readonly files: Promise<FileSystem>;
  readonly #ending = new AbortController();
  readonly #onChange: () => void;
  readonly #folders = new Map<string, Folder>();
  readonly #targets = new Map<string, string>();

  constructor(disk: Disk, { start, size, type }: FilesVolume, onChange: () => void) {
    this.#onChange = onChange;
    this.files = fileSystem(disk, { partition: { start, size }, type, signal: this.signal });
    this.files.then(
      ({ info }) => {
        this.info = info;
        onChange();
      },
      (error: unknown) => {
        if (this.signal.aborted) return;
        this.failure = failureOf(error);
        onChange();
      },
    );
  }

  /** Fires when the file system is not looked at any more. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  close(): void {
    this.#ending.abort();
    this.files.then(
      (files) => files.close(),
      () => {}, // it was not opened
    );
  }

  /** A directory; it is read by the first who asks. */
  folder(path: string): Folder {
    const known = this.#folders.get(path);
    if (known !== undefined) {
      this.#folders.delete(path); // the last asked for stands last
      this.#folders.set(path, known);
      return known;
    }
    this.#forget();
    return this.#read(path);
  }

  /** The directory where it is known already. */
  known(path: string): Folder | undefined {
    return this.#folders.get(path);
  }

  /** Reads a directory once more. */
  again(path: string): void {
    this.#folders.delete(path);
    this.#read(path);
    this.#onChange();
  }

  /** The target of a link, for people; undefined until it is read. */
  target(path: string): string | undefined {
    const known = this.#targets.get(path);
    if (known !== undefined) return known || undefined;
    if (this.#targets.size >= mostTargets) this.#targets.clear();
    this.#targets.set(path, '');
    void this.readlink(path).then(
      (target) => this.#tellTarget(path, target),
      (error: unknown) => {
        if (!this.signal.aborted) this.#tellTarget(path, `(${failureOf(error).code || 'not known'})`);
      },
    );
    return undefined;
  }

  /** The target of a link as a path has it. */
  async readlink(path: string): Promise<string> {
    const bytes = await (await this.files).readlinkBytes(diskPath(path), { signal: this.signal });
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replaceAll(/%(?=[0-9a-f]{2})/gi, '%25');
    } catch {
      return textOfBytes(bytes);
    }
  }

  #tellTarget(path: string, target: string): void {
    this.#targets.set(path, target);
    this.#onChange();
  }

  #read(path: string): Folder {
    const folder = new Folder(path);
    this.#folders.set(path, folder);
    void folder.read(this.files, this.signal, this.#onChange); // it keeps what goes wrong
    return folder;
  }

  #forget(): void {
    let names = 0;
    for (const { rows } of this.#folders.values()) names += rows.length;
    for (const [path, { rows, state }] of this.#folders) {
      if (names <= mostNames) return;
      if (state === 'reading') continue;
      names -= rows.length;
      this.#folders.delete(path);
    }
  }
}
