// File systems and images of disks by 7-Zip's handlers. One reads all that it keeps when it opens a disk; the memory that this leaves is
// kept, and each call begins with it.

import { codeOfErrno, NBDError, retold } from '../../base/errors.js';
import type { CompiledModule, ModuleImports } from '../../base/platform_types.js';
import type { Memory, Pointer } from '../../wasm/memory.js';
import { noSystem } from '../../wasm/no_system.js';
import { type Opened, Replay, ReplayError, type ReplayResult } from '../../wasm/replay.js';
import type { Engine, EngineFileSystem, Piece, Volume } from '../engine.js';
import type { FileType, Place } from '../types.js';
import { type Archive, type Call, type Exports, laid, Told } from './archive.js';
import { SevenFileSystem } from './file_system.js';
import { SevenImage } from './image.js';
import { statOf, typeOf } from './stat.js';
import { fileSystemHandlers, imageHandlers } from './types.js';

/** Each round begins anew, so what takes more of them is too large for it. */
const limits = { rounds: 150, reads: 2_000_000, bytes: 2 ** 27, misses: 2 ** 13 };
/** Files in a file system. */
const mostItems = 200_000;
/** Bytes of the list of files of a file system that tells how long that is, before it is read: as many as a call may have. */
const mostBytes = BigInt(limits.bytes);
/** `no_parent` of wasm/7z/imports.h. */
const noParent = 0xffff_ffff;
/** Bytes of all their paths together. */
const longestPaths = 2 ** 26;
/** Parts that a call tells. */
const mostToldParts = 2 ** 16;

export class Seven implements Engine {
  readonly name = '7-Zip';
  readonly types = [...fileSystemHandlers.keys(), ...imageHandlers.keys()];
  readonly #replay: Replay<Exports>;
  /** Filled by the call whose round is running. */
  #told = new Told();
  #pathBytes = 0;

  constructor(compiled: CompiledModule) {
    this.#replay = new Replay(this.name, compiled, (memory) => this.#imports(memory), limits);
  }

  async open(volume: Volume, type: string, signal: AbortSignal | undefined): Promise<EngineFileSystem> {
    const handler = fileSystemHandlers.get(type) ?? imageHandlers.get(type);
    if (handler === undefined) throw new NBDError(`${this.name} reads no ${type}`, 'ENOTSUP');
    const name = new TextEncoder().encode(`${handler}\0`);
    const work = this.#work((exports, memory) =>
      exports.nbd_7z_open(volume.size, laid(exports, memory, name), mostItems, mostBytes),
    );
    const result = await this.#replay.open(volume, work, signal).catch((error: unknown) => {
      throw error instanceof ReplayError ? retold(error, { message: `${error.message}. ${readsAll}`, cause: error }) : error;
    });
    const told = this.#checked(result);
    const isWhole = result.unreadable.length === 0;
    const warnings = isWhole ? told.warnings : [...told.warnings, 'parts of it could not be read: files may be missing'];
    const archive: Archive = {
      call: async (call, aborted) => this.#checked(await result.opened.call(this.#work(call), aborted)),
    };
    return imageHandlers.has(type)
      ? SevenImage.open(archive, type, warnings, signal)
      : SevenFileSystem.open(archive, { type, warnings, size: volume.size }, signal);
  }

  #work(call: Call): Parameters<Opened<Exports>['call']>[0] & ((exports: Exports, memory: Memory) => Told) {
    return (exports: Exports, memory: Memory): Told => {
      this.#told = new Told();
      this.#pathBytes = 0;
      this.#told.value = call(exports, memory);
      return this.#told;
    };
  }

  /** What a call has told; its errors are those of 7-Zip, and of the disk. */
  #checked({ value, unreadable }: ReplayResult<Told>): Told {
    const { failure } = value;
    if (failure === undefined) return value;
    const [first] = unreadable;
    if (first !== undefined) {
      const where = `${first.length} bytes at offset ${first.offset} could not be read`;
      throw new NBDError(`${this.name}: ${where}: ${first.error.message}`, 'EIO', { cause: first.error });
    }
    const code = codeOfErrno(failure.code);
    if (code === 'EFBIG') throw new NBDError(`${this.name}: ${failure.text}. ${readsAll}`, 'EFBIG');
    // The disk has given all that was asked for.
    if (code === 'EIO') throw new NBDError(`${this.name}: what is there is damaged`, 'EUCLEAN');
    throw new NBDError(`${this.name}: ${failure.text}`, code);
  }

  #imports(memory: Memory): ModuleImports {
    const copied = (address: number, length: number) => memory.bytes.slice(address, address + length);
    return {
      '7z': {
        failed: (code: number, text: Pointer) => {
          this.#told.failure = { code, text: memory.string(text) };
        },
        outOfMemory: () => {
          throw new NBDError(`${this.name}: it needs more memory than an engine has (128 MiB). ${readsAll}`, 'ENOMEM');
        },
        warning: (flags: number, text: number, length: number) => {
          const words = new TextDecoder().decode(copied(text, length)).trim();
          this.#told.warnings.push(...(words === '' ? warningsOf(flags) : words.split('\n')));
        },
        item: (item: number, path: number, length: number, kind: number, mode: number) => {
          this.#told.tree.add(item, this.#name(copied(path, length)), typeOf(kind, mode));
        },
        child: (item: number, parent: number, isRoot: number, name: number, length: number, kind: number, mode: number) => {
          const from = parent >>> 0 === noParent ? undefined : parent >>> 0;
          if (isRoot !== 0) this.#told.tree.addRoot(item);
          else this.#told.tree.addChild(item, from, this.#name(copied(name, length)), typeOf(kind, mode));
        },
        stat: (...fields: Parameters<typeof statOf> extends [FileType, ...infer Rest] ? Rest : never) => {
          const [item, mode] = fields;
          this.#told.stats.set(item >>> 0, statOf(typeOf(0, mode), ...fields));
        },
        bytes: (offset: bigint, address: number, length: number) => this.#part({ offset, bytes: copied(address, length) }),
        place: (offset: bigint, length: bigint, place: bigint) => this.#part({ offset, length, place }),
        zeroes: (offset: bigint, length: bigint) => this.#part({ offset, length, place: undefined }),
      },
      wasi_snapshot_preview1: noSystem,
    };
  }

  /** A path, or a name, of which there is an end. */
  #name(bytes: Uint8Array): Uint8Array {
    this.#pathBytes += bytes.length;
    if (this.#pathBytes <= longestPaths) return bytes;
    throw new NBDError(`${this.name}: the paths of its files have more than ${longestPaths} bytes`, 'EFBIG');
  }

  /** Adds a part; one that goes on where the last has ended makes that longer. */
  #part(part: Place | Piece): void {
    const { parts } = this.#told;
    const last = parts.at(-1);
    if (last !== undefined && 'length' in part && 'length' in last && last.offset + last.length === part.offset) {
      const next = last.place === undefined ? undefined : last.place + last.length;
      if (next === part.place) {
        parts[parts.length - 1] = { ...last, length: last.length + part.length };
        return;
      }
    }
    if (parts.length >= mostToldParts) throw new NBDError(`${this.name}: it told more than ${mostToldParts} parts`, 'EFBIG');
    parts.push(part);
  }
}

const readsAll = '7-Zip reads all that a disk keeps of its files when it opens it';

/** By kpv_ErrorFlags_*. */
const flagTexts: readonly string[] = [
  'it is not of this format',
  'its headers are damaged',
  'its encrypted headers are damaged',
  'a part of it is not there',
  'something begins before it',
  'its end is missing',
  'something follows it',
  'it uses a method that 7-Zip does not know',
  'it uses a feature that 7-Zip does not know',
  'some data are damaged',
  'a checksum is wrong',
];

const warningsOf = (flags: number): string[] =>
  flagTexts.filter((_, bit) => (flags & (1 << bit)) !== 0).map((text) => `7-Zip: ${text}`);
