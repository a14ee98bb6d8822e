// What goes between a page, or a Node program, and the worker in which an engine runs.

import type { ErrnoCode } from '../../base/errors.js';
import type { CompiledModule } from '../../base/platform_types.js';
import type { Geometry } from '../../disk/disk.js';
import type { EngineFile, EngineFileSystem } from '../engine.js';
import type { FileSystemInfo } from '../types.js';

/** The engines that a worker can run, by their modules. */
export type EngineName = 'ext2' | '7z';

/** The calls of an open file system, and what they take but for the signal. */
export interface Calls {
  lookup: [path: Uint8Array, followLinks: boolean];
  readdir: [directory: EngineFile];
  stats: [ids: readonly number[]];
  readlink: [link: EngineFile];
  contents: [file: EngineFile, from: bigint, wanted: number];
}

export type CallName = keyof Calls;
export type Answer<Name extends CallName> = Awaited<ReturnType<EngineFileSystem[Name]>>;

/** An error, as it can be sent. */
export interface SentError {
  readonly message: string;
  /** Undefined for what is no NBDError: a fault of the library's. */
  readonly code: ErrnoCode | undefined;
}

/** A worker has one file system, which the first call opens. Calls and reads have numbers, each of their own. */
export type ToWorker =
  | { readonly kind: 'start'; readonly engine: EngineName; readonly compiled: CompiledModule }
  | {
      readonly kind: 'open';
      readonly call: number;
      readonly size: bigint;
      readonly geometry: Geometry;
      readonly type: string;
    }
  | { readonly kind: 'call'; readonly call: number; readonly name: CallName; readonly args: unknown[] }
  | { readonly kind: 'abort'; readonly call: number }
  | { readonly kind: 'bytes'; readonly read: number; readonly bytes: Uint8Array }
  | { readonly kind: 'unread'; readonly read: number; readonly error: SentError };

export type FromWorker =
  | { readonly kind: 'read'; readonly read: number; readonly offset: bigint; readonly length: number }
  | { readonly kind: 'opened'; readonly call: number; readonly info: FileSystemInfo }
  | { readonly kind: 'answer'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly call: number; readonly error: SentError };
