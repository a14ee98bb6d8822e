// The rows of a directory in the order that somebody wants to see them, and those of them that a filter leaves.
import type { FileRow } from './folder.js';

export type Column = 'name' | 'size' | 'modified' | 'permissions';

export interface Order {
  readonly by: Column;
  readonly isDown: boolean;
}

/** More names than this are compared by their characters alone: words would take seconds. */
const mostCollated = 20_000;
const words = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });

export function arranged(rows: readonly FileRow[], { by, isDown }: Order, filter: string): FileRow[] {
  const wanted = filter.toLowerCase();
  const kept = wanted === '' ? [...rows] : rows.filter(({ name }) => name.toLowerCase().includes(wanted));
  const byName =
    kept.length > mostCollated
      ? (a: FileRow, b: FileRow) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
      : (a: FileRow, b: FileRow) => words.compare(a.name, b.name);
  const direction = isDown ? -1 : 1;
  const compare = (a: FileRow, b: FileRow) => {
    const directories = Number(isDirectory(b)) - Number(isDirectory(a)); // they stand first in either direction
    if (directories !== 0) return directories;
    const [one, other] = [keyOf(a, by), keyOf(b, by)];
    return one === other ? (by === 'name' ? direction : 1) * byName(a, b) : direction * (one < other ? -1 : 1);
  };
  return kept.sort(compare);
}

export const isDirectory = ({ entry }: FileRow): boolean => entry.type === 'directory';

function keyOf({ entry }: FileRow, by: Column): bigint {
  if (by === 'size') return entry.size ?? -1n;
  if (by === 'modified') return entry.mtimeNs ?? -(2n ** 63n);
  return by === 'permissions' ? BigInt(entry.mode ?? -1) : 0n;
}
