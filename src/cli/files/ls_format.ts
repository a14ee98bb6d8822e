// The columns of `ls -l`, with numbers for owners and times in UTC: a disk's names of users are its own.
import type { DirectoryEntry, FileType } from '../../node.js';
import { permissionsText } from '../../text/mode.js';
import { nameOf } from './names.js';

const letters: Readonly<Record<FileType, string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  block: 'b',
  character: 'c',
  fifo: 'p',
  socket: 's',
  unknown: '?',
};

/** `drwxr-xr-x`. */
export const modeText = (type: FileType, mode: number | undefined): string => `${letters[type]}${permissionsText(mode)}`;

/** How many KiB files take: the first line of a directory. */
export const totalText = (entries: readonly Row[]): string =>
  `total ${entries.reduce((sum, { allocated = 0n }) => sum + allocated, 0n) / 1024n}`;

/** `2026-11-29 12:34`. */
export const timeText = (ns: bigint | undefined): string => {
  const date = ns === undefined ? undefined : new Date(Number(ns / 1_000_000n));
  return date === undefined || Number.isNaN(date.valueOf()) ? '?' : date.toISOString().slice(0, 16).replace('T', ' ');
};

interface Row extends DirectoryEntry {
  readonly target?: Uint8Array;
}

/** A line for each file. */
export function longLines(entries: readonly Row[], shown: (name: Uint8Array) => Uint8Array): Uint8Array[] {
  const cells = entries.map(({ type, mode, links, uid, gid, size, device }) => [
    modeText(type, mode),
    String(links ?? '?'),
    String(uid ?? '?'),
    String(gid ?? '?'),
    device === undefined ? String(size ?? '?') : `${device.major}, ${device.minor}`,
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)));
  return entries.map((entry, i) => {
    const { target, mtimeNs } = entry;
    const columns = (cells[i] ?? []).map((cell, column) =>
      column === 0 ? cell : column === 2 || column === 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    const arrow = target === undefined ? [] : [Buffer.from(' -> '), shown(target)];
    return Buffer.concat([Buffer.from(`${columns.join(' ')} ${timeText(mtimeNs)} `), shown(nameOf(entry)), ...arrow]);
  });
}
