// What can be copied from and to in Node alone: paths, file handles, Node's streams, child processes.
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type BigIntStats, constants, createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Destination, Source } from '../../copy/ends.js';
import type { DestinationOptions, Platform } from '../../copy/open.js';
import type { Hash } from '../../copy/sha256.js';
import { sizeOfBlockDevice } from './block_device.js';
import { ChildDestination, ChildSource } from './child_process.js';
import { FileDestination } from './file_destination.js';
import { FileSource } from './file_source.js';
import { NodeReadableSource, NodeWritableDestination } from './node_streams.js';
import { openPartial } from './partial_file.js';

export const nodePlatform: Platform & { sha256(): Hash } = {
  source(value) {
    const path = pathOf(value);
    if (path !== undefined) return openPathSource(path);
    if (isFileHandle(value)) return handleSource(value);
    if (isChildProcess(value) && value.stdout !== null) return Promise.resolve(new ChildSource(value, value.stdout));
    return value instanceof Readable ? Promise.resolve(new NodeReadableSource(value)) : undefined;
  },
  destination(value, options) {
    const path = pathOf(value);
    if (path !== undefined) return openPathDestination(path, options);
    if (isFileHandle(value)) return handleDestination(value);
    if (isChildProcess(value) && value.stdin !== null) return Promise.resolve(new ChildDestination(value, value.stdin));
    return value instanceof Writable ? Promise.resolve(new NodeWritableDestination(value)) : undefined;
  },
  sha256() {
    const hash = createHash('sha256');
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest('hex') };
  },
};

const pathOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : value instanceof URL ? fileURLToPath(value) : undefined;

const isFileHandle = (value: unknown): value is FileHandle =>
  typeof value === 'object' && value !== null && 'fd' in value && typeof value.fd === 'number' && 'datasync' in value;

const isChildProcess = (value: unknown): value is ChildProcess =>
  typeof value === 'object' && value !== null && 'spawnargs' in value && 'stdin' in value && 'stdout' in value;

const canSeek = (stats: BigIntStats): boolean => stats.isFile() || stats.isBlockDevice();

const sizeOf = (name: string, stats: BigIntStats): bigint | Promise<bigint> =>
  stats.isFile() ? stats.size : sizeOfBlockDevice(name, stats);

async function openPathSource(path: string): Promise<Source> {
  if (!canSeek(await stat(path, { bigint: true }))) return new NodeReadableSource(createReadStream(path), path); // a pipe, a terminal
  const handle = await open(path, constants.O_RDONLY);
  try {
    const stats = await handle.stat({ bigint: true });
    return new FileSource(handle, { name: path, stats, size: await sizeOf(path, stats), isOurs: true });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function handleSource(handle: FileHandle): Promise<Source> {
  const stats = await handle.stat({ bigint: true });
  const name = `the file handle ${handle.fd}`;
  if (!canSeek(stats)) return new NodeReadableSource(handle.createReadStream({ autoClose: false }), name);
  return new FileSource(handle, { name, stats, size: await sizeOf(name, stats), isOurs: false });
}

async function openPathDestination(path: string, options: DestinationOptions): Promise<Destination> {
  const there = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there !== undefined && !canSeek(there)) return new NodeWritableDestination(createWriteStream(path, { flags: 'w' }), path);
  const partial = there === undefined ? `${path}.partial` : undefined;
  const { handle, wasThere } =
    partial === undefined ? { handle: await open(path, constants.O_RDWR), wasThere: false } : await openPartial(partial, options);
  try {
    const stats = await handle.stat({ bigint: true });
    const where = partial === undefined ? undefined : { path: partial, wasThere };
    const room = stats.isFile() ? undefined : await sizeOf(path, stats);
    return new FileDestination(handle, {
      name: path,
      stats,
      room,
      isOurs: true,
      partial: where,
    });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function handleDestination(handle: FileHandle): Promise<Destination> {
  const stats = await handle.stat({ bigint: true });
  const name = `the file handle ${handle.fd}`;
  if (!canSeek(stats)) return new NodeWritableDestination(handle.createWriteStream({ autoClose: false }), name);
  const room = stats.isFile() ? undefined : await sizeOf(name, stats);
  return new FileDestination(handle, { name, stats, room, isOurs: false, partial: undefined });
}
