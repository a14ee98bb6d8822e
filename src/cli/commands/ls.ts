// `libnbd-wasm ls`: the files of a disk, as ls prints them.
import { type DirectoryEntry, type FileSystem, NBDError } from '../../node.js';
import { escapeControls } from '../../text/escape.js';
import { defineCommand, flag } from '../command.js';
import { longLines, totalText } from '../files/ls_format.js';
import { bytesOf, join, nameOf, textOf } from '../files/names.js';
import { diskPath, noMore, pathHelp, withFiles } from '../files/opened.js';
import { type Json, toJson } from '../printing/format.js';
import { complain, print } from '../printing/output.js';
import { type Patience, patienceOptions } from '../servers/patience.js';

/** A name to print, and what is known of its file. */
export interface Listed extends DirectoryEntry {
  /** Of a symbolic link. */
  readonly target?: Uint8Array;
}

export const command = defineCommand({
  name: 'ls',
  summary: 'lists the files of a disk',
  synopsis: ['[-alR] [OPTION ...] URI | [ CMD ARGS ... ] [[N:]PATH]'],
  about: `Lists a directory that is on a disk, or tells of a file, as ls does: one name a line, sorted by their bytes. Control characters in
names are escaped on a terminal.

${pathHelp}`,
  options: {
    all: flag('names that begin with a dot too, . and .. among them', { short: 'a' }),
    long: flag('permissions, links, owner, group, size and time of each; times are UTC', { short: 'l' }),
    recursive: flag('the directories in it too', { short: 'R' }),
    json: flag('for programs: a list of objects'),
    ...patienceOptions,
  },
  operands: 'servers',
  examples: [
    ['libnbd-wasm ls -l nbd://localhost 2:/etc', 'lists a directory of the second partition'],
    ['libnbd-wasm ls -R [ qemu-nbd -r -f qcow2 disk.qcow2 ] /', 'lists all files of an image'],
  ],
  async run({ values, operands: [disk, word = '/', ...rest] }) {
    const place = diskPath(word);
    noMore(rest);
    return withFiles(disk, place, values, (files, patience) => new Listing(files, values, patience).list(bytesOf(place.path)));
  },
});

interface ListOptions {
  readonly all: boolean;
  readonly long: boolean;
  readonly recursive: boolean;
  readonly json: boolean;
}

/** Nesting, beyond which it is a trap. */
const deepest = 256;

class Listing {
  readonly #files: FileSystem;
  readonly #options: ListOptions;
  readonly #patience: Patience;
  #exitCode = 0;

  constructor(files: FileSystem, options: ListOptions, patience: Patience) {
    this.#files = files;
    this.#options = options;
    this.#patience = patience;
  }

  async list(path: Uint8Array): Promise<number> {
    const stat = await this.#files.stat(path, { followLinks: !this.#options.long, signal: this.#patience.signal });
    if (stat.type === 'directory') await this.#directory(path, this.#options.recursive);
    else await this.#print([await this.#withTarget(path, { ...stat, name: textOf(path), bytes: path })], []);
    return this.#exitCode;
  }

  async #directory(path: Uint8Array, isNamed: boolean, above: readonly bigint[] = []): Promise<void> {
    const entries = await this.#entries(path);
    const heading = isNamed ? [Buffer.concat([shown(path), Buffer.from(':')])] : [];
    await this.#print(entries, this.#options.long ? [...heading, Buffer.from(totalText(entries))] : heading, path);
    if (!this.#options.recursive) return;
    for (const entry of entries) {
      if (entry.type !== 'directory' || entry.name === '.' || entry.name === '..') continue;
      const { inode = -1n } = entry;
      if (above.includes(inode) || above.length > deepest) {
        this.#trouble(`${textOf(join(path, nameOf(entry)))} is inside itself, or too deep: it is not listed`);
        continue;
      }
      if (!this.#options.json) await print('\n');
      await this.#directory(join(path, nameOf(entry)), true, [...above, inode]).catch((error: unknown) => {
        if (this.#patience.signal.aborted || !(error instanceof NBDError)) throw error;
        this.#trouble(error.message);
      });
    }
  }

  async #entries(path: Uint8Array): Promise<Listed[]> {
    const { signal } = this.#patience;
    const entries: Listed[] = [];
    try {
      for await (const entry of this.#files.readdir(path, { signal })) {
        this.#patience.renew();
        const own = join(path, nameOf(entry));
        if (entry.problem !== undefined) this.#trouble(`${textOf(own)}: ${entry.problem}`);
        if (this.#options.all || !entry.name.startsWith('.')) entries.push(await this.#withTarget(own, entry));
      }
    } catch (error) {
      // Of a damaged directory there are some names, and then its error.
      if (entries.length === 0 || signal.aborted || !(error instanceof NBDError) || error.isFatal) throw error;
      this.#trouble(error.message);
    }
    if (this.#options.all) {
      const dots = ['.', '..'].map(async (name) => ({
        ...(await this.#files.stat(join(path, bytesOf(name)), { signal })),
        name,
      }));
      entries.push(...(await Promise.all(dots)));
    }
    return entries.sort((a, b) => Buffer.compare(nameOf(a), nameOf(b)));
  }

  async #withTarget(path: Uint8Array, entry: Listed): Promise<Listed> {
    if (entry.type !== 'symlink' || !(this.#options.long || this.#options.json)) return entry;
    return { ...entry, target: await this.#files.readlinkBytes(path, { signal: this.#patience.signal }) };
  }

  async #print(entries: readonly Listed[], heading: readonly Uint8Array[], directory?: Uint8Array): Promise<void> {
    const { json, long } = this.#options;
    if (json) {
      const named = directory === undefined ? {} : { directory: textOf(directory) };
      return print(`${toJson({ ...named, entries: entries.map(asJson) })}\n`);
    }
    const lines = long ? longLines(entries, shown) : entries.map((entry) => shown(nameOf(entry)));
    await print(Buffer.concat([...heading, ...lines].flatMap((line) => [line, newline])));
  }

  #trouble(text: string): void {
    complain(text);
    this.#exitCode = 1;
  }
}

const newline = Buffer.from('\n');

/** A name for standard output: as it is, but for what would steer a terminal. */
const shown = (name: Uint8Array): Uint8Array => (process.stdout.isTTY === true ? bytesOf(escapeControls(textOf(name))) : name);

function asJson(entry: Listed): Json {
  const { name, type, size, mode, uid, gid, links, inode, mtimeNs, problem } = entry;
  const target = entry.target && textOf(entry.target);
  const known = { size, inode, uid, gid, links, mtimeNs, target, problem };
  return {
    name,
    type,
    ...(mode === undefined ? {} : { mode: `0${mode.toString(8)}` }),
    ...Object.fromEntries(
      Object.entries(known).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, typeof value === 'number' ? BigInt(value) : value]],
      ),
    ),
  };
}
