// Which byte of what is shown belongs to which field of which structure.
import type { Structure, StructureField } from './structures/structures.js';

export interface Annotation {
  readonly structure: Structure;
  /** Undefined for a byte of the structure that no field names. */
  readonly field: StructureField | undefined;
  /** For its colour: neighbours differ, and the fields of one entry of an array have the same. Undefined for bytes without a meaning. */
  readonly colour: number | undefined;
}

/** Boot code, padding and the like, in bytes. */
const longestColoured = 64;

/** For each byte of a range, by its distance from the beginning. Where structures overlap, the smaller one counts. */
export function annotate(structures: readonly Structure[], start: bigint, length: number): Map<number, Annotation> {
  const found = new Map<number, Annotation>();
  const fill = (offset: bigint, count: number, annotation: Annotation) => {
    const from = offset - start;
    const last = from + BigInt(count) < BigInt(length) ? Number(from) + count : length;
    for (let at = from > 0n ? Number(from) : 0; at < last; at++) found.set(at, annotation);
  };
  for (const structure of [...structures].sort((a, b) => b.length - a.length)) {
    fill(structure.offset, structure.length, { structure, field: undefined, colour: undefined });
    let group = '';
    let colour = 0;
    for (const field of structure.fields) {
      const own = field.name.split('.').slice(0, -1).join('.');
      if (own === '' || own !== group) colour++;
      group = own;
      fill(field.offset, field.length, { structure, field, colour: field.length > longestColoured ? undefined : colour });
    }
  }
  return found;
}

/** `GPT header, DiskGUID: 1234…`, for people and for screen readers. */
export function describeAnnotation({ structure, field }: Annotation): string {
  const where = structure.partition === undefined ? structure.name : `partition ${structure.partition}, ${structure.name}`;
  return field === undefined ? `${where}, reserved` : `${where}, ${field.name}: ${field.value}`;
}
