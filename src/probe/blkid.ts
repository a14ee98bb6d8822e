// libblkid: its calls, and what it tells as JavaScript has it.
import type { CompiledModule, ModuleImports } from '../base/platform_types.js';
import type { Memory, Pointer } from '../wasm/memory.js';
import { optionalString } from '../wasm/memory.js';
import { Replay, type ReplayExports, type ReplayResult, type ReplaySource } from '../wasm/replay.js';

/** Every NAME=value of one result. */
export type Values = ReadonlyMap<string, string>;

/** A range of a disk, as libblkid is asked about it. */
export interface Area {
  readonly diskSize: bigint;
  readonly offset: bigint;
  readonly size: bigint;
  readonly sectorSize: number;
}

/** What it found in a range. */
export interface Findings {
  /** One result; several where they are ambivalent, of which the last may be the partition table's. */
  readonly results: readonly Values[];
  readonly isAmbivalent: boolean;
}

/** A partition as libblkid tells of it; start and size in bytes. */
export interface FoundPartition {
  readonly number: number;
  readonly start: bigint;
  readonly size: bigint;
  /** A number, and a string where the table has strings. */
  readonly type: number;
  readonly typeString: string | undefined;
  readonly typeName: string | undefined;
  readonly uuid: string | undefined;
  readonly name: string | undefined;
  readonly flags: bigint;
  readonly scheme: string;
  readonly isLogical: boolean;
  readonly isExtended: boolean;
}

interface Exports extends ReplayExports {
  nbd_blkid_probe(diskSize: bigint, offset: bigint, size: bigint, sectorSize: number): number;
  nbd_blkid_partitions(diskSize: bigint, offset: bigint, size: bigint, sectorSize: number): number;
}

/** A probe of an empty disk makes some 150 reads. A table has at most 65,536 partitions, for its 8 MiB. */
const limits = { rounds: 200, reads: 20_000, bytes: 2 ** 26, misses: 64 };

export class Blkid {
  readonly #replay: Replay<Exports>;
  /** Filled by the call whose round is running. */
  #results: Map<string, string>[] = [];
  #partitions: FoundPartition[] = [];

  constructor(compiled: CompiledModule) {
    this.#replay = new Replay('libblkid', compiled, (memory) => this.#imports(memory), limits);
  }

  /** What is in a range: a superblock, a partition table, both, or several superblocks. */
  probe(
    source: ReplaySource,
    { diskSize, offset, size, sectorSize }: Area,
    signal?: AbortSignal,
  ): Promise<ReplayResult<Findings>> {
    const work = (exports: Exports): Findings => {
      this.#results = [];
      exports.nbd_blkid_probe(diskSize, offset, size, sectorSize);
      const superblocks = this.#results.filter((values) => values.has('TYPE'));
      return { results: this.#results, isAmbivalent: superblocks.length > 1 };
    };
    return this.#replay.call(source, work, signal);
  }

  /** The partitions of the table in a range. */
  partitions(source: ReplaySource, area: Area, signal?: AbortSignal): Promise<ReplayResult<readonly FoundPartition[]>> {
    const { diskSize, offset, size, sectorSize } = area;
    const work = (exports: Exports): readonly FoundPartition[] => {
      this.#partitions = [];
      exports.nbd_blkid_partitions(diskSize, offset, size, sectorSize);
      return this.#partitions;
    };
    return this.#replay.call(source, work, signal);
  }

  #imports(memory: Memory): ModuleImports {
    const value = (result: number, name: Pointer, data: number, length: number): void => {
      this.#results[result] ??= new Map();
      this.#results[result].set(memory.string(name), decoder.decode(memory.bytes.subarray(data, data + length)));
    };
    const partition = (
      number: number,
      start: bigint,
      size: bigint,
      type: number,
      typeString: Pointer,
      typeName: Pointer,
      uuid: Pointer,
      name: Pointer,
      flags: bigint,
      scheme: Pointer,
      isLogical: number,
      isExtended: number,
    ): void => {
      this.#partitions.push({
        number,
        start: BigInt.asUintN(64, start),
        size: BigInt.asUintN(64, size),
        type,
        typeString: optionalString(memory, typeString),
        typeName: optionalString(memory, typeName),
        uuid: optionalString(memory, uuid),
        name: optionalString(memory, name),
        flags: BigInt.asUintN(64, flags),
        scheme: memory.string(scheme),
        isLogical: isLogical !== 0,
        isExtended: isExtended !== 0,
      });
    };
    return { blkid: { value, partition } };
  }
}

const decoder = new TextDecoder();
