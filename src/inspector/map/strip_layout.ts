// Where the partitions stand in the strip above the map: to scale, but each wide enough to be clicked.
//
// 1. What is too much for the width becomes groups: the two neighbours that are narrowest together, again and again.
// 2. Each box has its own place and width, at least the least; wider ones give up what is too much in all.
// 3. From left to right, boxes that would overlap move on; from right to left, those that went too far move back.
import type { Partition } from '../../probe/types.js';
import type { Window } from './columns.js';
import { placeOf } from './zoom.js';

export interface Box {
  /** One, or several that are too narrow for a box each. */
  readonly partitions: readonly Partition[];
  /** In pixels. */
  readonly left: number;
  readonly width: number;
}

interface Item {
  partitions: Partition[];
  from: number;
  to: number;
}

export function layOut(partitions: readonly Partition[], window: Window, width: number, least: number): Box[] {
  const items: Item[] = partitions
    .filter(({ start, size, extended }) => !extended && start < window.offset + window.length && start + size > window.offset)
    .map((partition) => ({
      partitions: [partition],
      from: Math.max(0, placeOf(partition.start, window) * width),
      to: Math.min(width, placeOf(partition.start + partition.size, window) * width),
    }))
    .sort((one, other) => one.from - other.from || one.to - other.to);
  group(items, Math.max(1, Math.floor(width / least)));

  const widths = items.map(({ from, to }) => Math.max(least, to - from));
  const sum = widths.reduce((total, own) => total + own, 0);
  const spare = sum - widths.length * least;
  const factor = sum > width && spare > 0 ? Math.max(0, (width - widths.length * least) / spare) : 1;
  const boxes = items.map(({ partitions: own, from }, i) => ({
    partitions: own,
    left: from,
    width: least + ((widths[i] ?? least) - least) * factor,
  }));

  let end = 0;
  for (const box of boxes) {
    box.left = Math.max(box.left, end);
    end = box.left + box.width;
  }
  let limit = width;
  for (const box of boxes.toReversed()) {
    box.left = Math.max(0, Math.min(box.left, limit - box.width));
    limit = box.left;
  }
  return boxes;
}

function group(items: Item[], most: number): void {
  while (items.length > most) {
    let narrowest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i + 1 < items.length; i++) {
      const [one, next] = [items[i] as Item, items[i + 1] as Item];
      if (next.to - one.from < least) [narrowest, least] = [i, next.to - one.from];
    }
    const [one, next] = items.slice(narrowest, narrowest + 2) as [Item, Item];
    const both = { partitions: [...one.partitions, ...next.partitions], from: one.from, to: Math.max(one.to, next.to) };
    items.splice(narrowest, 2, both);
  }
}

/** The parts of the disk that no partition has. */
export function freeRanges(partitions: readonly Partition[], size: bigint): Window[] {
  const ranges: Window[] = [];
  let end = 0n;
  const sorted = partitions.filter(({ extended }) => !extended).sort((one, other) => (one.start < other.start ? -1 : 1));
  for (const { start, size: length } of sorted) {
    if (start > end) ranges.push({ offset: end, length: start - end });
    if (start + length > end) end = start + length;
  }
  if (end < size) ranges.push({ offset: end, length: size - end });
  return ranges;
}
