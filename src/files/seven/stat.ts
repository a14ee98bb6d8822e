// An item of 7-Zip's, as wasm/7z tells it, as FileStat.
import { typeOfMode } from '../mode.js';
import type { FileStat, FileType } from '../types.js';

/** -1 where something is not kept. Times are in units of 100 ns since 1601, with the nanoseconds beyond. */
export type StatFields = [
  item: number,
  mode: number,
  uid: bigint,
  gid: bigint,
  links: bigint,
  inode: bigint,
  size: bigint,
  packed: bigint,
  mtime: bigint,
  mtimeNs: number,
  atime: bigint,
  atimeNs: number,
  ctime: bigint,
  ctimeNs: number,
  birth: bigint,
  birthNs: number,
];

/** From 1601 to 1970, in units of 100 ns. */
const epoch = 116_444_736_000_000_000n;

/** By `kind_*` of wasm/7z/imports.h. */
const kinds: readonly FileType[] = ['file', 'directory', 'unknown'];

/** Of files the mode decides, where the file system keeps one. */
export function typeOf(kind: number, mode: number): FileType {
  const type = kinds[kind] ?? 'unknown';
  return type === 'file' ? (typeOfMode(mode) ?? type) : type;
}

export function statOf(type: FileType, ...fields: StatFields): FileStat {
  const [, mode, uid, gid, links, inode, size, packed, ...times] = fields;
  const [mtime, mtimeNs, atime, atimeNs, ctime, ctimeNs, birth, birthNs] = times;
  return {
    type,
    size: type === 'directory' || size === -1n ? 0n : BigInt.asUintN(64, size),
    ...(inode === -1n ? {} : { inode: BigInt.asUintN(64, inode) }),
    ...(mode === 0 ? {} : { mode: mode & 0o7777 }),
    ...(uid === -1n ? {} : { uid: Number(uid) }),
    ...(gid === -1n ? {} : { gid: Number(gid) }),
    ...(links === -1n ? {} : { links: Number(links) }),
    ...(packed === -1n ? {} : { allocated: BigInt.asUintN(64, packed) }),
    ...time('mtimeNs', mtime, mtimeNs),
    ...time('atimeNs', atime, atimeNs),
    ...time('ctimeNs', ctime, ctimeNs),
    ...time('birthtimeNs', birth, birthNs),
  };
}

/** Some file systems keep 0 for a time that they do not know. */
function time<Name extends string>(name: Name, ticks: bigint, beyond: number): { readonly [Key in Name]?: bigint } {
  if (ticks === -1n || ticks === 0n) return {};
  return { [name]: (BigInt.asUintN(64, ticks) - epoch) * 100n + BigInt(beyond) } as { [Key in Name]: bigint };
}
