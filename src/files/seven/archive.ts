// What 7-Zip's module exports, and what a call of it tells.
import { NBDError } from '../../base/errors.js';
import type { Memory, Pointer } from '../../wasm/memory.js';
import type { ReplayExports } from '../../wasm/replay.js';
import type { Piece } from '../engine.js';
import type { FileStat, Place } from '../types.js';
import { Tree } from './tree.js';

export interface Exports extends ReplayExports {
  nbd_7z_alloc(size: number): Pointer;
  nbd_7z_open(diskSize: bigint, name: Pointer, mostItems: number, mostBytes: bigint): number;
  nbd_7z_items(): number;
  nbd_7z_stats(items: Pointer, count: number): number;
  nbd_7z_readlink(item: number): number;
  nbd_7z_size(item: number): bigint;
  nbd_7z_contents(item: number, from: bigint, to: bigint, wanted: bigint, most: number): number;
}

/** Parts that are asked for at a time. */
export const mostParts = 4096;

/** What a round has told. */
export class Told {
  failure: { code: number; text: string } | undefined;
  readonly warnings: string[] = [];
  readonly tree = new Tree();
  readonly stats = new Map<number, FileStat>();
  readonly parts: (Place | Piece)[] = [];
  /** What the export returned. */
  value: number | bigint = 0;
}

export type Call = (exports: Exports, memory: Memory) => number | bigint;

/** A disk that was opened. */
export interface Archive {
  call(call: Call, signal: AbortSignal | undefined): Promise<Told>;
}

/** Lays bytes into the module's memory, which is put back before the next call. */
export function laid(exports: Exports, memory: Memory, bytes: Uint8Array): Pointer {
  const pointer = exports.nbd_7z_alloc(bytes.length);
  if (pointer === 0) throw new NBDError(`7-Zip: there is no room for ${bytes.length} bytes`, 'ENOMEM');
  memory.bytes.set(bytes, pointer);
  return pointer;
}
