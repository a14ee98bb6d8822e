// What the map shows, in words.
import { describeFlags } from '../../disk/describe_flags.js';
import { CONTEXT_BASE_ALLOCATION, CONTEXT_QEMU_ALLOCATION_DEPTH, NAMESPACE_QEMU } from '../../generated/constants.js';
import { grouped, hexOffset, shortSize } from '../format.js';
import type { Window } from './columns.js';
import type { DiskMap } from './disk_map.js';
import type { ExtentMap } from './extent_map.js';
import { bitOf, failed, sharedBit, unknown } from './kinds.js';

const bitmap = `${NAMESPACE_QEMU}dirty-bitmap:`;

/** What a metadata context tells. */
export function contextTitle(context: string): string {
  if (context === CONTEXT_BASE_ALLOCATION) return 'Allocation';
  if (context === CONTEXT_QEMU_ALLOCATION_DEPTH) return 'Depth of the image';
  if (context.startsWith(bitmap)) return `Changed since “${context.slice(bitmap.length)}”`;
  return context;
}

export const isBitmap = (context: string): boolean => context.startsWith(bitmap);

/** What a run is, in nbdinfo's words where it has one. */
export function kindName(context: string, map: ExtentMap, kind: number): string {
  if (kind === unknown) return 'not known yet';
  if (kind === failed) return 'could not be asked';
  const flags = map.kinds.flags(kind);
  if (flags === undefined) return 'other flags';
  return describeFlags(context, flags) ?? `flags 0x${flags.toString(16)}`;
}

/** The kinds of which some are there, in their order. */
export function kindsIn(map: ExtentMap, mask: number): number[] {
  const kinds: number[] = [];
  for (let kind = 0; kind < Math.min(31, map.kinds.count); kind++) if ((mask & bitOf(kind)) !== 0) kinds.push(kind);
  return kinds;
}

function namesIn(context: string, map: ExtentMap, mask: number): string {
  const names = kindsIn(map, mask).map((kind) => kindName(context, map, kind));
  if ((mask & sharedBit) !== 0) names.push('other flags');
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join('; ')} and ${names.at(-1)}`;
}

/** What a pixel stands for in one context. */
export function pixelWords(context: string, map: ExtentMap, bytes: Window): string {
  const { mask, runs } = map.summary(bytes);
  const names = namesIn(context, map, mask);
  if (runs > 1) return `${contextTitle(context)}: ${names} (${grouped(runs)} extents)`;
  const { offset, length } = map.at(bytes.offset);
  return `${contextTitle(context)}: ${names}, ${shortSize(length)} from ${hexOffset(offset)}`;
}

/** Where a pixel is. */
export function placeWords({ offset, length }: Window): string {
  const start = `${hexOffset(offset)} (${shortSize(offset)})`;
  return length <= 1n ? start : `${start}, ${shortSize(length)} a pixel`;
}

/** How far the map has come, in words. */
export function phaseWords(map: DiskMap): string {
  switch (map.phase) {
    case 'waiting':
      return '';
    case 'asking':
      return `Asking the server… ${percent(map.known, map.size)} known`;
    case 'whole':
      return 'All of the disk was asked about';
    case 'places':
      return `Known in places, ${percent(map.known, map.size)} of the disk. Zoom in to know more`;
    case 'full':
      return 'There are more extents than can be kept. Zoom in to see them';
    case 'untold':
      return 'The server does not tell what is on the disk: it has no block status';
    case 'stopped':
      return map.error === undefined ? 'Stopped' : `Stopped: ${messageOf(map.error)}`;
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Rounded down: what is not all is not called 100 %. */
function percent(part: bigint, whole: bigint): string {
  if (whole === 0n || part === whole) return '100 %';
  const thousandths = Number((part * 1000n) / whole);
  if (thousandths === 0) return part === 0n ? '0 %' : 'less than 0.1 %';
  return `${(thousandths / 10).toFixed(1)} %`;
}
