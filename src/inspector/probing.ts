// How far the search for partitions and file systems has come.
import type { Disk } from '../disk/disk.js';
import type { Content, Partition, Probe } from '../probe/types.js';
import { escapeControls } from '../text/escape.js';
import { explain, type Problem } from './problems.js';
import type { Selection } from './selection.js';

/** Looks for partitions and contents on a disk. */
export type ProbeFunction = (disk: Disk, options: { readonly signal: AbortSignal }) => Promise<Probe>;

export type Probing =
  /** Nobody has given the page such a function. */
  | { readonly state: 'none' }
  | { readonly state: 'asking' }
  | { readonly state: 'failed'; readonly problem: Problem }
  | { readonly state: 'found'; readonly probe: Probe };

/** Probes a disk; undefined when the signal has ended that. */
export async function probing(probe: ProbeFunction, disk: Disk, signal: AbortSignal): Promise<Probing | undefined> {
  try {
    const found = await probe(disk, { signal });
    return signal.aborted ? undefined : { state: 'found', probe: found };
  } catch (error) {
    if (signal.aborted) return undefined;
    return { state: 'failed', problem: { ...explain(error), what: 'The partitions could not be read' } };
  }
}

/** A row of the table: a partition, or a space between partitions. */
export interface PartitionRow {
  readonly start: bigint;
  readonly size: bigint;
  /** Undefined for free space. */
  readonly partition: Partition | undefined;
}

/** Less than this between two partitions is not worth a row: it is what alignment leaves. */
const leastFree = 1024n * 1024n;

/** The partitions, with the free space between them, in the order of the disk. An extended partition counts as free but for what is in it. */
export function rowsOf(partitions: readonly Partition[], size: bigint): PartitionRow[] {
  const sorted = partitions.map((partition) => ({ start: partition.start, size: partition.size, partition }));
  sorted.sort((a, b) => Number(a.start < b.start ? -1n : a.start > b.start ? 1n : 0n));
  const rows: PartitionRow[] = [];
  let end = 0n;
  for (const row of sorted) {
    if (row.start - end > leastFree) rows.push({ start: end, size: row.start - end, partition: undefined });
    rows.push(row);
    const reaches = row.partition.extended ? row.start : row.start + row.size;
    if (reaches > end) end = reaches;
  }
  if (rows.length > 0 && size - end >= leastFree) rows.push({ start: end, size: size - end, partition: undefined });
  return rows;
}

/** The partition that a place is in: the innermost, where one is in another. */
export function partitionAt(partitions: readonly Partition[], offset: bigint): Partition | undefined {
  let found: Partition | undefined;
  for (const partition of partitions) {
    const isIn = offset >= partition.start && offset < partition.start + partition.size;
    if (isIn && (found === undefined || partition.size < found.size)) found = partition;
  }
  return found;
}

/** `ext4 “root”`, for a table. */
export function contentInWords(content: Content | undefined): string {
  if (content === undefined) return 'not recognized';
  const label = content.label === undefined ? '' : ` “${escapeControls(content.label)}”`;
  return `${escapeControls(content.type)}${label}${content.ambivalent ? ', maybe' : ''}`;
}

/** What a partition is called: its label, or what its type is called. */
export function partitionName({ name, typeName, type, extended }: Partition): string {
  if (name !== undefined && name !== '') return escapeControls(name);
  if (extended) return 'Extended';
  return escapeControls(typeName ?? type);
}

export function selectionOf({ start, size, partition }: PartitionRow): Selection {
  const why = partition === undefined ? 'free space' : `partition ${partition.number}, ${partitionName(partition)}`;
  return { offset: start, length: size, why };
}
