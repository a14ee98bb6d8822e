// An inode of ext2, ext3 or ext4, as wasm/ext2 tells it, as FileStat.
import { typeOfMode } from './mode.js';
import type { FileStat } from './types.js';

/** Times are seconds, of 34 bits where an inode has room for them, and nanoseconds. */
export type InodeFields = [
  inode: number,
  mode: number,
  uid: number,
  gid: number,
  links: number,
  size: bigint,
  blocks: bigint,
  flags: number,
  device: number,
  atime: bigint,
  atimeNs: number,
  mtime: bigint,
  mtimeNs: number,
  ctime: bigint,
  ctimeNs: number,
  birth: bigint,
  birthNs: number,
];

export function statOf(...fields: InodeFields): FileStat {
  const [inode, mode, uid, gid, links, size, blocks, , device, ...times] = fields;
  const [atime, atimeNs, mtime, mtimeNs, ctime, ctimeNs, birth, birthNs] = times;
  const type = typeOfMode(mode) ?? 'unknown';
  return {
    type,
    size: BigInt.asUintN(64, size),
    inode: BigInt(inode >>> 0),
    mode: mode & 0o7777,
    uid: uid >>> 0,
    gid: gid >>> 0,
    links,
    allocated: BigInt.asUintN(64, blocks) * 512n,
    mtimeNs: nanoseconds(mtime, mtimeNs),
    atimeNs: nanoseconds(atime, atimeNs),
    ctimeNs: nanoseconds(ctime, ctimeNs),
    ...(birth === 0n ? {} : { birthtimeNs: nanoseconds(birth, birthNs) }),
    ...(type === 'block' || type === 'character' ? { device: deviceOf(device) } : {}),
  };
}

const nanoseconds = (seconds: bigint, rest: number): bigint => seconds * 1_000_000_000n + BigInt(rest);

/** Linux's encoding of 32 bits, of which the old one of 16 bits is a part. */
const deviceOf = (device: number): { major: number; minor: number } => ({
  major: (device >>> 8) & 0xfff,
  minor: (device & 0xff) | ((device >>> 12) & 0xfff00),
});
