// Finds the structures that stand in a range of a disk: partition tables, and the superblocks of the disk and of its partitions.
//
// 1. Each kind says where it may stand in a volume: the disk and each partition. A place outside the range costs nothing.
// 2. What stands at a place is read, and is a structure only where the magic fits.
// 3. A GPT header says where its entries are, a record of logical partitions where the next one is.
import type { Partition } from '../../../probe/types.js';
import { type Field, fieldValue, integerOf, parseTable } from './fields.js';
import { ebrKind, gptEntryKind, gptKind, type Kind, mbrKind, volumeKinds } from './kinds.js';

/** What is known of the disk. */
export interface Layout {
  /** In bytes. */
  readonly size: bigint;
  /** In bytes. */
  readonly sectorSize: number;
  readonly partitions: readonly Partition[];
}

/** Reads bytes of the disk; fails where they cannot be read. */
export type ReadBytes = (offset: bigint, length: number) => Promise<Uint8Array>;

export interface Structure {
  /** What it is: `MBR`, `GPT entry 3`, `ext superblock`. */
  readonly name: string;
  /** The number of the partition that it is in; undefined outside of them. */
  readonly partition: number | undefined;
  /** On the disk, in bytes. */
  readonly offset: bigint;
  readonly length: number;
  readonly fields: readonly StructureField[];
}

export interface StructureField {
  readonly name: string;
  /** On the disk, in bytes. */
  readonly offset: bigint;
  readonly length: number;
  /** In words. */
  readonly value: string;
}

/** More logical partitions than any tool makes: a chain that is longer is a loop. */
const mostRecords = 256;
/** More entries of a GPT than any tool makes. */
const mostEntries = 4096;

interface Volume {
  readonly start: bigint;
  readonly size: bigint;
  readonly partition: number | undefined;
}

/** A place where a structure may stand. */
interface Candidate extends Volume {
  readonly kind: Kind;
  readonly name: string;
  readonly offset: bigint;
}

/** Places that are looked at for one range: partitions of a hostile table can all lie over one another. */
const mostCandidates = 256;

/** The structures that touch a range, those of the disk first. What cannot be read holds none. */
export async function structuresIn(
  range: { readonly offset: bigint; readonly length: bigint },
  layout: Layout,
  read: ReadBytes,
): Promise<Structure[]> {
  const end = range.offset + range.length;
  const touches = (offset: bigint, length: number) => offset < end && offset + BigInt(length) > range.offset;
  const candidates: Candidate[] = [];
  for (const candidate of volumeCandidates(layout, range.offset, end)) {
    if (touches(candidate.offset, candidate.kind.length)) candidates.push(candidate);
    if (candidates.length === mostCandidates) break;
  }
  candidates.push(...(await gptCandidates(layout, read, touches)), ...(await ebrCandidates(layout, read, touches)));
  const found = await Promise.all(candidates.map((candidate) => structureAt(candidate, layout, read)));
  return found.filter((structure) => structure !== undefined);
}

/** The structures that stand at an offset, each with the field there, if it has a name. */
export async function structuresAt(
  offset: bigint,
  layout: Layout,
  read: ReadBytes,
): Promise<{ structure: Structure; field: StructureField | undefined }[]> {
  const structures = await structuresIn({ offset, length: 1n }, layout, read);
  return structures.map((structure) => ({ structure, field: fieldAt(structure, offset) }));
}

/** The field of a structure that has a byte of the disk. */
export function fieldAt(structure: Structure, offset: bigint): StructureField | undefined {
  return structure.fields.find((field) => field.offset <= offset && offset < field.offset + BigInt(field.length));
}

function* volumeCandidates({ size, partitions }: Layout, from: bigint, end: bigint): Generator<Candidate> {
  const disk: Volume = { start: 0n, size, partition: undefined };
  yield { ...disk, kind: mbrKind, name: mbrKind.name, offset: 0n };
  const volumes = partitions
    .filter(({ start, size }) => start < end && start + size > from)
    .map(({ start, size, number }): Volume => ({ start, size, partition: number }));
  for (const volume of [disk, ...volumes]) {
    for (const kind of volumeKinds) {
      for (const place of new Set(kind.places(volume.size))) {
        if (place < 0n || place + BigInt(kind.length) > volume.size) continue;
        yield { ...volume, kind, name: kind.name, offset: volume.start + place };
      }
    }
  }
}

type Touches = (offset: bigint, length: number) => boolean;

async function gptCandidates(layout: Layout, read: ReadBytes, touches: Touches): Promise<Candidate[]> {
  const { size, sectorSize } = layout;
  const sector = BigInt(sectorSize);
  const disk: Volume = { start: 0n, size, partition: undefined };
  const candidates: Candidate[] = [];
  const last = size - (size % sector) - sector;
  for (const [offset, which] of [
    [sector, 'GPT'],
    [last, 'backup GPT'],
  ] as const) {
    if (offset < sector || offset + sector > size) continue;
    const header = await readOr(read, offset, gptKind.length);
    if (header === undefined || !gptKind.isAt(header)) continue;
    if (touches(offset, gptKind.length)) candidates.push({ ...disk, kind: gptKind, name: `${which} header`, offset });
    const start = integerOf(header.subarray(72, 80), false, false) * sector;
    const count = Math.min(Number(integerOf(header.subarray(80, 84), false, false)), mostEntries);
    const step = Number(integerOf(header.subarray(84, 88), false, false));
    if (step < gptEntryKind.length) continue;
    for (let index = 0; index < count; index++) {
      const at = start + BigInt(index * step);
      if (at + BigInt(gptEntryKind.length) > size) break;
      if (!touches(at, gptEntryKind.length)) continue;
      candidates.push({ ...disk, kind: gptEntryKind, name: `${which} entry ${index + 1}`, offset: at });
    }
  }
  return candidates;
}

/** The records before the logical partitions: the first stands where the extended partition begins, and each names the next. */
async function ebrCandidates(layout: Layout, read: ReadBytes, touches: Touches): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const { start, size, number, extended } of layout.partitions) {
    if (!extended) continue;
    const seen = new Set<bigint>();
    for (let offset = start; !seen.has(offset) && seen.size < mostRecords && offset + 512n <= layout.size; ) {
      seen.add(offset);
      const record = await readOr(read, offset, ebrKind.length);
      if (record === undefined || !ebrKind.isAt(record)) break;
      const candidate = { start, size, partition: number, kind: ebrKind, name: `EBR ${seen.size}`, offset };
      if (touches(offset, ebrKind.length)) candidates.push(candidate);
      const next = integerOf(record.subarray(470, 474), false, false);
      if (next === 0n) break;
      offset = start + next * BigInt(layout.sectorSize);
    }
  }
  return candidates;
}

async function structureAt(candidate: Candidate, layout: Layout, read: ReadBytes): Promise<Structure | undefined> {
  const { kind, name, offset, partition } = candidate;
  const { probe } = kind;
  if (probe !== undefined) {
    const at = offset + BigInt(probe.offset);
    const magic = at + BigInt(probe.length) <= layout.size ? await readOr(read, at, probe.length) : undefined;
    if (magic === undefined || !kind.isAt(magic)) return undefined;
  }
  const bytes = await readOr(read, offset, kind.length);
  if (bytes === undefined || (probe === undefined && !kind.isAt(bytes))) return undefined;
  const fields = fieldsOf(kind).map((field) => ({
    name: field.name,
    offset: offset + BigInt(field.offset),
    length: field.length,
    value: fieldValue(field, bytes, layout.sectorSize),
  }));
  return { name, partition, offset, length: kind.length, fields };
}

const parsed = new Map<string, Field[]>();

function fieldsOf({ table }: Kind): Field[] {
  const fields = parsed.get(table) ?? parseTable(table);
  parsed.set(table, fields);
  return fields;
}

/** Undefined for what cannot be read. The rows of the same place say so. */
async function readOr(read: ReadBytes, offset: bigint, length: number): Promise<Uint8Array | undefined> {
  try {
    return await read(offset, length);
  } catch {
    return undefined;
  }
}
