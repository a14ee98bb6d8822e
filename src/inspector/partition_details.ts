// All that is known of a partition or of a content, as labels and words.
import type { Content, Partition, PartitionTable } from '../probe/types.js';
import { escapeControls } from '../text/escape.js';
import type { Fact } from './facts.js';
import { exactSize, grouped, hexOffset, shortSize } from './format.js';
import { contentInWords } from './probing.js';

export function detailsOfPartition(partition: Partition, sectorSize: number): Fact[] {
  const { start, size, type, typeName, uuid, name, flags, scheme } = partition;
  const end = start + size - 1n;
  return [
    ...some('Name', name),
    {
      label: 'Type',
      words: typeName === undefined ? escapeControls(type) : `${escapeControls(typeName)}, ${escapeControls(type)}`,
    },
    ...some('UUID', uuid),
    { label: 'Starts at', words: placeInWords(start, sectorSize) },
    { label: 'Ends at', words: `${placeInWords(end, sectorSize)}, its last byte` },
    { label: 'Size', words: `${shortSize(size)}, ${exactSize(size)}` },
    ...(flags === 0n ? [] : [{ label: 'Flags', words: flagsInWords(flags, scheme) }]),
  ];
}

export function detailsOfContent(content: Content): Fact[] {
  const { usage, label, uuid, version, blockSize, size, ambivalent, all } = content;
  const told = new Set(['TYPE', 'USAGE', 'LABEL', 'UUID', 'VERSION', 'BLOCK_SIZE', 'FSSIZE']);
  const others = Object.entries(all).filter(([name]) => !told.has(name));
  return [
    { label: 'Content', words: `${contentInWords(content)}, ${usages[usage]}` },
    ...(ambivalent ? [{ label: 'Careful', words: 'signatures of several kinds stand here, and none is preferred' }] : []),
    ...some('Label', label),
    ...some('UUID', uuid),
    ...some('Version', version),
    ...(blockSize === undefined ? [] : [{ label: 'Block size', words: exactSize(BigInt(blockSize)) }]),
    ...(size === undefined ? [] : [{ label: 'Its own size', words: `${shortSize(size)}, ${exactSize(size)}` }]),
    ...others.map(([name, value]) => ({ label: escapeControls(name), words: escapeControls(value) })),
  ];
}

const tableNames = new Map([
  ['gpt', 'GPT'],
  ['dos', 'MBR'],
]);

/** `GPT, 5 partitions`, for a heading. */
export function tableInWords(table: PartitionTable | undefined, count: number): string {
  if (table === undefined) return 'no partition table';
  const type = tableNames.get(table.type) ?? escapeControls(table.type);
  return `${type}, ${count === 1 ? '1 partition' : `${count} partitions`}`;
}

/** `1 MiB, 0x100000, sector 2,048` */
export function placeInWords(offset: bigint, sectorSize: number): string {
  const sector = sectorSize > 0 ? `, sector ${grouped(offset / BigInt(sectorSize))}` : '';
  return `${hexOffset(offset)}, ${exactSize(offset)}${sector}`;
}

const usages = { filesystem: 'a file system', raid: 'a member of a RAID', crypto: 'encrypted', other: 'something else' } as const;

const gptFlags: readonly (readonly [bit: bigint, words: string])[] = [
  [1n << 0n, 'required by the platform'],
  [1n << 1n, 'ignored by EFI'],
  [1n << 2n, 'bootable by BIOS'],
];

function flagsInWords(flags: bigint, scheme: string): string {
  const hex = `0x${flags.toString(16)}`;
  const known = scheme === 'gpt' ? gptFlags : scheme === 'dos' ? [[0x80n, 'active, to boot from'] as const] : [];
  const words = known.flatMap(([bit, words]) => ((flags & bit) !== 0n ? [words] : []));
  return words.length === 0 ? hex : `${words.join(', ')} (${hex})`;
}

function some(label: string, text: string | undefined): Fact[] {
  return text === undefined || text === '' ? [] : [{ label, words: escapeControls(text) }];
}
