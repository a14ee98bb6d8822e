// Opens a file system: finds out what it is, loads the engine that reads it, and puts the user's interface over it.
import { checkedSignal } from '../base/abort.js';
import { NBDError } from '../base/errors.js';
import { BlockReader } from '../disk/block_reader.js';
import type { Disk } from '../disk/disk.js';
import { checkedRange, type Range } from '../disk/ranges.js';
import type { ProbeCall } from '../probe/calls.js';
import type { Content } from '../probe/types.js';
import type { KnownEngine } from './engine.js';
import { FileSystem } from './file_system.js';
import type { FileSystemOptions } from './options.js';
import { unreadable } from './unreadable.js';
import { DiskVolume } from './volume.js';

export async function open(
  engines: readonly KnownEngine[],
  probe: ProbeCall,
  disk: Disk,
  options: FileSystemOptions,
): Promise<FileSystem> {
  const call = 'fileSystem';
  const reader = await BlockReader.over(call, disk, options.cache ?? {}, 2 ** 15);
  const { partition } = options;
  const signal = checkedSignal(call, options);
  const range = checkedRange(call, reader.geometry.size, { offset: partition?.start, length: partition?.size });
  const content = options.type === undefined ? await contentOf(probe, disk, range, signal) : undefined;
  const type = options.type ?? content?.type;
  const known = engines.find(({ types }) => type !== undefined && types.includes(type));
  if (type === undefined || known === undefined) {
    const all = engines.flatMap(({ types }) => types);
    throw unreadable(type, content?.usage, all);
  }
  const files = await (await known.load()).open(new DiskVolume(reader, range), type, signal);
  const { label, uuid } = content ?? {};
  const info = { ...files.info, ...(label === undefined ? {} : { label }), ...(uuid === undefined ? {} : { uuid }) };
  return new FileSystem(files, info, reader, range);
}

async function contentOf(probe: ProbeCall, disk: Disk, { start, end }: Range, signal: AbortSignal | undefined) {
  const found = await probe(disk, { offset: start, length: end - start, signal });
  if (found.content === undefined && found.table !== undefined) {
    const numbers = found.partitions.map(({ number, content }) => `${number} (${content?.type ?? 'unknown'})`).join(', ');
    const text = `fileSystem: there is a partition table (${found.table.type}): name one of its partitions, ${numbers}`;
    throw new NBDError(text, 'ENOTSUP');
  }
  return found.content satisfies Content | undefined;
}
