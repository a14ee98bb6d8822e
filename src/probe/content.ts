// What libblkid's NAME=value pairs say, as properties.
import type { Findings, FoundPartition, Values } from './blkid.js';
import type { Content, Partition, PartitionTable } from './types.js';

/** The superblock of a range that begins at `start`; undefined where there is none. */
export function contentOf({ results, isAmbivalent }: Findings, start: bigint): Content | undefined {
  const values = results[0];
  const type = values?.get('TYPE');
  const usage = values?.get('USAGE');
  if (values === undefined || type === undefined || !isUsage(usage)) return undefined;
  const blockSize = numberOf(values, 'BLOCK_SIZE');
  const size = sizeOf(values);
  return {
    usage,
    type,
    ...textOf(values, 'label', 'LABEL'),
    ...textOf(values, 'uuid', 'UUID'),
    ...textOf(values, 'version', 'VERSION'),
    ...(blockSize === undefined ? {} : { blockSize: Number(blockSize) }),
    ...(size === undefined ? {} : { size }),
    offset: start + (numberOf(values, 'SBMAGIC_OFFSET') ?? 0n),
    ambivalent: isAmbivalent,
    all: Object.fromEntries(values),
  };
}

/** The types of all superblocks of an ambivalent range. */
export const typesOf = ({ results }: Findings): string[] =>
  results.flatMap((values) => (values.has('TYPE') ? [values.get('TYPE') ?? ''] : []));

/** The partition table of a range that begins at `start`; undefined where there is none. */
export function tableOf({ results }: Findings, start: bigint): PartitionTable | undefined {
  const values = results.at(-1);
  const type = values?.get('PTTYPE');
  if (values === undefined || type === undefined) return undefined;
  return { type, ...textOf(values, 'id', 'PTUUID'), offset: start + (numberOf(values, 'PTMAGIC_OFFSET') ?? 0n) };
}

/** A partition, without its content. */
export function partitionOf(found: FoundPartition): Partition {
  const { number, start, size, type, typeString, typeName, uuid, name, flags, scheme, isLogical, isExtended } = found;
  return {
    number,
    start,
    size,
    type: typeString ?? `0x${type.toString(16)}`,
    ...(typeName === undefined ? {} : { typeName }),
    ...(uuid ? { uuid } : {}),
    ...(name ? { name } : {}),
    flags,
    scheme,
    ...(isLogical ? { logical: true } : {}),
    ...(isExtended ? { extended: true } : {}),
    warnings: [],
  };
}

const usages = ['filesystem', 'raid', 'crypto', 'other'] as const;
const isUsage = (usage: string | undefined): usage is Content['usage'] => usages.some((known) => known === usage);

function textOf<Key extends string>(values: Values, key: Key, name: string): { [K in Key]?: string } {
  const text = values.get(name);
  return (text ? { [key]: text } : {}) as { [K in Key]?: string };
}

function numberOf(values: Values, name: string): bigint | undefined {
  const text = values.get(name);
  return text !== undefined && /^\d+$/.test(text) ? BigInt(text) : undefined;
}

/** FSSIZE is what files have room in; where it is not told, the last block says how large the file system is. */
function sizeOf(values: Values): bigint | undefined {
  const [last, block] = [numberOf(values, 'FSLASTBLOCK'), numberOf(values, 'FSBLOCKSIZE')];
  return numberOf(values, 'FSSIZE') ?? (last === undefined || block === undefined ? undefined : last * block);
}
