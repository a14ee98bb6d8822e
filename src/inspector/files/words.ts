// What is known of a file, in words.
import type { FileStat, FileType } from '../../files/types.js';
import { permissionsText } from '../../text/mode.js';
import type { Fact } from '../facts.js';
import { exactSize, grouped, shortSize } from '../format.js';

export const typeWords: Readonly<Record<FileType, string>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symbolic link',
  block: 'block device',
  character: 'character device',
  fifo: 'named pipe',
  socket: 'socket',
  unknown: 'of an unknown kind',
};

/** A letter before a name, so that no colour or picture is needed to tell kinds apart. */
export const marks: Readonly<Record<FileType, string>> = {
  file: '',
  directory: '▸',
  symlink: '↪',
  block: '▣',
  character: '▢',
  fifo: '⇥',
  socket: '⇄',
  unknown: '?',
};

export const sizeWords = ({ type, size, device }: Partial<FileStat>): string => {
  if (device !== undefined) return `${device.major}, ${device.minor}`;
  return type === 'directory' || size === undefined ? '' : shortSize(size);
};

/** `2026-11-29 12:34`, in UTC. */
export const shortTime = (ns: bigint | undefined): string => dateOf(ns)?.toISOString().slice(0, 16).replace('T', ' ') ?? '';

/** `2026-11-29 12:34:56.123456789 UTC`. */
export function exactTime(ns: bigint): string {
  const date = dateOf(ns);
  if (date === undefined) return `${grouped(ns)} ns after 1970`;
  const fraction = String(((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n).padStart(9, '0');
  return `${date.toISOString().replace('T', ' ').replace(/\..*$/, '')}.${fraction} UTC`;
}

function dateOf(ns: bigint | undefined): Date | undefined {
  if (ns === undefined) return undefined;
  const ms = ns / 1_000_000n - (ns < 0n && ns % 1_000_000n !== 0n ? 1n : 0n);
  const date = new Date(Number(ms));
  return Number.isNaN(date.valueOf()) ? undefined : date;
}

export const modeWords = (mode: number | undefined): string => (mode === undefined ? '' : permissionsText(mode));

/** All that is known of a file. */
export function statInWords(stat: FileStat): Fact[] {
  const { type, size, allocated, inode, mode, uid, gid, links, device, mtimeNs, atimeNs, ctimeNs, birthtimeNs } = stat;
  const time = (label: string, ns: bigint | undefined) => (ns === undefined ? [] : [{ label, words: exactTime(ns) }]);
  const number = (label: string, value: bigint | number | undefined) =>
    value === undefined ? [] : [{ label, words: String(value) }];
  const bytes = (label: string, value: bigint | undefined) =>
    value === undefined ? [] : [{ label, words: value < 1024n ? exactSize(value) : `${shortSize(value)}, ${exactSize(value)}` }];
  return [
    { label: 'Kind', words: typeWords[type] },
    ...bytes('Size', size),
    ...bytes('On the disk', allocated),
    ...(mode === undefined ? [] : [{ label: 'Permissions', words: `${modeWords(mode)}, ${mode.toString(8).padStart(4, '0')}` }]),
    ...number('Owner', uid),
    ...number('Group', gid),
    ...number('Hard links', links),
    ...number('Inode', inode),
    ...(device === undefined ? [] : [{ label: 'Device', words: `major ${device.major}, minor ${device.minor}` }]),
    ...time('Modified', mtimeNs),
    ...time('Read', atimeNs),
    ...time('Changed', ctimeNs),
    ...time('Made', birthtimeNs),
  ];
}
