// Finds out what kind of thing is to be copied from or to.
import { describe } from '../base/describe.js';
import type { Disk } from '../disk/disk.js';
import { spread } from '../disk/spread.js';
import { BlobSource } from './blob_source.js';
import { DiskDestination } from './disk_destination.js';
import { DiskSource } from './disk_source.js';
import type { Destination, Source } from './ends.js';
import { type FileHandleLike, openFileHandle } from './file_handle.js';
import { ReadableSource, WritableDestination } from './web_streams.js';

/** What can be copied from on every platform. Several disks are several connections to one. */
export type AnySource = Disk | readonly Disk[] | Blob | FileHandleLike | ReadableStream<Uint8Array>;

/** What can be copied to on every platform. */
export type AnyDestination = Disk | readonly Disk[] | FileHandleLike | WritableStream<Uint8Array>;

export interface SourceOptions {
  readonly onlyDirty: string | undefined;
}

export interface DestinationOptions {
  readonly allocated: boolean;
  readonly resume: boolean;
  /** The file behind the source, which must not give way to the destination; undefined where there is none. */
  readonly source: string | undefined;
}

/** The kinds that only one platform has. Undefined for what is none of them. */
export interface Platform {
  source(value: unknown): Promise<Source> | undefined;
  destination(value: unknown, options: DestinationOptions): Promise<Destination> | undefined;
}

export async function openSource(
  call: string,
  value: unknown,
  platform: Platform,
  { onlyDirty }: SourceOptions,
): Promise<Source> {
  refuseUri(call, 'source', value);
  const disk = isDisk(value) ? value : isList(value) ? await spread(value, 'read') : undefined;
  if (disk !== undefined) return DiskSource.open(disk, onlyDirty);
  if (onlyDirty !== undefined) throw new TypeError(`${call}: onlyDirty needs a disk to copy from, not ${describe(value)}`);
  if (value instanceof Blob) return new BlobSource(value);
  if (isFileHandle(value)) return new BlobSource(await value.getFile());
  if (value instanceof ReadableStream) return new ReadableSource(value);
  const source = platform.source(value);
  if (source === undefined) throw new TypeError(`${call}: the source must be a disk, a file or a stream, not ${describe(value)}`);
  return source;
}

export async function openDestination(
  call: string,
  value: unknown,
  platform: Platform,
  options: DestinationOptions,
): Promise<Destination> {
  refuseUri(call, 'destination', value);
  const disk = isDisk(value) ? value : isList(value) ? await spread(value, 'write') : undefined;
  if (disk !== undefined) return DiskDestination.open(disk, options);
  if (isFileHandle(value)) return openFileHandle(value);
  if (value instanceof WritableStream) return new WritableDestination(value);
  const destination = platform.destination(value, options);
  if (destination === undefined) {
    throw new TypeError(`${call}: the destination must be a disk, a file or a stream, not ${describe(value)}`);
  }
  return destination;
}

function refuseUri(call: string, which: string, value: unknown): void {
  if ((typeof value === 'string' && /^(nbds?|wss?)(\+\w+)?:/.test(value)) || value instanceof URL) {
    if (value instanceof URL && value.protocol === 'file:') return;
    throw new TypeError(`${call}: the ${which} is a URI: connect to ${value} first, and pass the handle`);
  }
}

const has = (value: unknown, ...members: string[]): value is object =>
  typeof value === 'object' && value !== null && members.every((name) => name in value);

const isDisk = (value: unknown): value is Disk => has(value, 'preadInto', 'pwrite', 'getSize');

const isList = (value: unknown): value is readonly Disk[] => Array.isArray(value) && value.length > 0 && value.every(isDisk);

const isFileHandle = (value: unknown): value is FileHandleLike => has(value, 'kind', 'getFile');
