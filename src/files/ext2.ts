// ext2, ext3 and ext4 by libext2fs: its calls, and what it tells as JavaScript has it.

import { codeOfErrno, type ErrnoCode, NBDError } from '../base/errors.js';
import type { CompiledModule, ModuleImports } from '../base/platform_types.js';
import { type Memory, nullPointer, type Pointer } from '../wasm/memory.js';
import { noSystem } from '../wasm/no_system.js';
import { Replay, type ReplayExports } from '../wasm/replay.js';
import type { Contents, Engine, EngineDirectory, EngineEntry, EngineFile, EngineFileSystem, Volume } from './engine.js';
import { type InodeFields, statOf } from './ext2_inode.js';
import { NameStore } from './names.js';
import type { FileStat, FileSystemInfo, FileType, Place } from './types.js';

interface Exports extends ReplayExports {
  nbd_ext2_alloc(size: number): Pointer;
  nbd_ext2_open(diskSize: bigint): number;
  nbd_ext2_lookup(diskSize: bigint, path: Pointer, follow: number): number;
  nbd_ext2_inodes(diskSize: bigint, numbers: Pointer, count: number): number;
  nbd_ext2_readdir(diskSize: bigint, inode: number): number;
  nbd_ext2_readlink(diskSize: bigint, inode: number): number;
  nbd_ext2_extents(diskSize: bigint, inode: number, from: bigint, to: bigint, most: number): number;
}

/** A directory of 20,000 names takes some 50 rounds. */
const limits = { rounds: 2_000, reads: 200_000, bytes: 2 ** 26, misses: 64 };
/** Names in a directory, beyond which it is a trap. */
const mostEntries = 2 ** 20;
/** Parts of a file that are told at a time. */
const mostPlaces = 4096;

interface Damage {
  readonly parts: number;
  readonly place: bigint;
}

/** What a round has told. */
class Told {
  failure: { code: number; text: string } | undefined;
  /** Of a directory: how many parts could not be read, and where the first is, or 0. */
  damage: Damage | undefined;
  info: Omit<FileSystemInfo, 'type'> | undefined;
  readonly files = new Map<number, FileStat>();
  readonly entries: EngineEntry[] = [];
  readonly names = new NameStore();
  readonly places: Place[] = [];
  bytes: Uint8Array | undefined;
}

export class Ext2 implements Engine {
  readonly name = 'libext2fs';
  readonly types = ['ext2', 'ext3', 'ext4'];
  readonly #replay: Replay<Exports>;
  /** Filled by the call whose round is running. */
  #told = new Told();

  constructor(compiled: CompiledModule) {
    this.#replay = new Replay(this.name, compiled, (memory) => this.#imports(memory), limits);
  }

  async open(volume: Volume, type: string, signal: AbortSignal | undefined): Promise<EngineFileSystem> {
    const { info } = await this.call(volume, (exports) => exports.nbd_ext2_open(volume.size), signal);
    return new Ext2FileSystem(this, volume, { type, warnings: [], ...info });
  }

  /** Makes a call. Its errors are those of libext2fs, and of the disk. */
  async call(volume: Volume, call: Call, signal: AbortSignal | undefined): Promise<Told> {
    const { told, problem } = await this.tryCall(volume, call, signal);
    if (problem !== undefined) throw errorOf(problem);
    return told;
  }

  /** As {@link Ext2.call}, with what was told until it failed. */
  async tryCall(volume: Volume, call: Call, signal: AbortSignal | undefined): Promise<{ told: Told; problem?: Problem }> {
    const work = (exports: Exports, memory: Memory): Told => {
      this.#told = new Told();
      call(exports, memory);
      return this.#told;
    };
    const { value: told, unreadable } = await this.#replay.call(volume, work, signal);
    const { failure, damage } = told;
    if (failure === undefined) return { told };
    const [first] = unreadable;
    if (first !== undefined) {
      const where = `${first.length} bytes at offset ${first.offset} of the file system could not be read`;
      return { told, problem: { code: 'EIO', message: `${this.name}: ${where}: ${first.error.message}`, cause: first.error } };
    }
    const message = `${this.name}: ${failure.text}${damage === undefined ? '' : damageText(damage)}`;
    return { told, problem: { code: codeOfErrno(failure.code) ?? 'EUCLEAN', message } };
  }

  #imports(memory: Memory): ModuleImports {
    const copied = (address: number, length: number) => memory.bytes.slice(address, address + length);
    return {
      ext2: {
        failed: (code: number, text: Pointer) => {
          this.#told.failure = { code, text: memory.string(text) };
        },
        damage: (parts: number, place: bigint) => {
          this.#told.damage = { parts, place };
        },
        entry: (name: number, length: number, id: number, type: number) => {
          if (this.#told.entries.length >= mostEntries) {
            throw new NBDError(`${this.name}: the directory has more than ${mostEntries} names`, 'EFBIG');
          }
          const { entries, names } = this.#told;
          const bytes = memory.bytes.subarray(name, name + length);
          entries.push({ name: names.add(bytes), id: id >>> 0, type: entryTypes[type] ?? 'unknown' });
        },
        inode: (...fields: InodeFields) => {
          const [inode] = fields;
          this.#told.files.set(inode >>> 0, statOf(...fields));
        },
        extent: (offset: bigint, length: bigint, place: bigint) => {
          this.#told.places.push({ offset, length, place: place < 0n ? undefined : place });
        },
        bytes: (address: number, length: number) => {
          this.#told.bytes = copied(address, length);
        },
        superblock: (
          blockSize: number,
          blocks: bigint,
          free: bigint,
          _inodes: number,
          _freeInodes: number,
          state: number,
          needsRecovery: number,
        ) => {
          const size = BigInt.asUintN(64, blocks) * BigInt(blockSize);
          this.#told.info = {
            size,
            free: BigInt.asUintN(64, free) * BigInt(blockSize),
            blockSize,
            warnings: warningsOf(state, needsRecovery !== 0),
          };
        },
      },
      wasi_snapshot_preview1: noSystem,
    };
  }
}

/** Why a call has failed. */
interface Problem {
  readonly code: ErrnoCode;
  readonly message: string;
  readonly cause?: unknown;
}

const errorOf = ({ message, code, cause }: Problem): NBDError =>
  new NBDError(message, code, cause === undefined ? {} : { cause });

function damageText({ parts, place }: Damage): string {
  const where = place === 0n ? '' : `, ${parts === 1 ? '' : 'the first '}at offset ${place} of the file system`;
  return `: ${parts === 1 ? 'a damaged part' : `${parts} damaged parts`}${where}`;
}

type Call = (exports: Exports, memory: Memory) => number;

class Ext2FileSystem implements EngineFileSystem {
  readonly info: FileSystemInfo;
  readonly #engine: Ext2;
  readonly #volume: Volume;

  constructor(engine: Ext2, volume: Volume, info: FileSystemInfo) {
    this.#engine = engine;
    this.#volume = volume;
    this.info = info;
  }

  async lookup(path: Uint8Array, followLinks: boolean, signal: AbortSignal | undefined): Promise<EngineFile> {
    const { files } = await this.#call((exports, memory) => {
      return exports.nbd_ext2_lookup(this.#volume.size, laid(exports, memory, path), followLinks ? 1 : 0);
    }, signal);
    const [file] = files;
    if (file === undefined) throw new NBDError(`${this.#engine.name}: the path has no inode`, 'EUCLEAN');
    return { id: file[0], stat: file[1] };
  }

  async readdir({ id }: EngineFile, signal: AbortSignal | undefined): Promise<EngineDirectory> {
    const call: Call = (exports) => exports.nbd_ext2_readdir(this.#volume.size, id);
    const { told, problem } = await this.#engine.tryCall(this.#volume, call, signal);
    const { entries, damage } = told;
    if (problem === undefined) return { entries };
    if (damage === undefined) throw errorOf(problem); // there was nothing to begin with
    const { code, message } = problem;
    return { entries, problem: { code, message } };
  }

  async stats(ids: readonly number[], signal: AbortSignal | undefined): Promise<ReadonlyMap<number, FileStat>> {
    const numbers = new Uint8Array(Uint32Array.from(ids).buffer); // little-endian, as the module's memory is
    const { files } = await this.#call((exports, memory) => {
      return exports.nbd_ext2_inodes(this.#volume.size, laid(exports, memory, numbers), ids.length);
    }, signal);
    return files;
  }

  async readlink({ id }: EngineFile, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { bytes } = await this.#call((exports) => exports.nbd_ext2_readlink(this.#volume.size, id), signal);
    return bytes ?? new Uint8Array();
  }

  async contents({ id, stat }: EngineFile, from: bigint, _wanted: number, signal: AbortSignal | undefined): Promise<Contents> {
    const { bytes, places } = await this.#call((exports) => {
      return exports.nbd_ext2_extents(this.#volume.size, id, from, stat.size, mostPlaces);
    }, signal);
    return bytes ?? places;
  }

  #call(call: Call, signal: AbortSignal | undefined): Promise<Told> {
    return this.#engine.call(this.#volume, call, signal);
  }
}

/** Lays bytes into the module's memory, which is put back before the next call. */
function laid(exports: Exports, memory: Memory, bytes: Uint8Array): Pointer {
  const pointer = exports.nbd_ext2_alloc(bytes.length);
  if (pointer === nullPointer) throw new NBDError(`libext2fs: there is no room for ${bytes.length} bytes`, 'ENOMEM');
  memory.bytes.set(bytes, pointer);
  return pointer;
}

/** By EXT2_FT_*. */
const entryTypes: readonly FileType[] = ['unknown', 'file', 'directory', 'character', 'block', 'fifo', 'socket', 'symlink'];

/** By s_state: unmounted cleanly is 1, errors are 2. */
function warningsOf(state: number, needsRecovery: boolean): string[] {
  return [
    ...(needsRecovery
      ? ['it was not unmounted: what its journal has was not applied, and some of it may look old or damaged']
      : []),
    ...(!needsRecovery && (state & 1) === 0 ? ['it was not unmounted cleanly'] : []),
    ...((state & 2) === 0 ? [] : ['errors were found in it before: e2fsck should check it']),
  ];
}
