// The kinds of structures: where each may stand in a volume, and what tells that it does.
import { btrfs, exfat, ext, fat16, fat32, fsInfo, iso9660, ntfs, squashfs, xfs } from './file_systems.js';
import { ebr, gptEntry, gptHeader, mbr } from './partition_tables.js';
import { luks1, luks2, lvm2, md, qcow2, swap, swapMagic } from './volumes.js';

export interface Kind {
  /** For people. */
  readonly name: string;
  /** In the notation of `fields.ts`. */
  readonly table: string;
  /** In bytes; what the table does not name is reserved. */
  readonly length: number;
  /** Where it may stand, in bytes from the beginning of a volume of a size. */
  readonly places: (size: bigint) => readonly bigint[];
  /** Whether it stands there, by its bytes, or by those that `probe` names. */
  readonly isAt: (bytes: Uint8Array) => boolean;
  /** Where its magic stands, if outside of it, from its beginning. */
  readonly probe?: { readonly offset: number; readonly length: number };
}

/** Whether text or bytes stand somewhere. */
const has = (bytes: Uint8Array, at: number, magic: string): boolean =>
  Array.from(magic).every((char, index) => bytes[at + index] === char.charCodeAt(0));

/** Whether a sector ends as boot sectors do. */
const isBootable = (bytes: Uint8Array): boolean => has(bytes, 510, '\x55\xaa');
const isExfat = (bytes: Uint8Array): boolean => has(bytes, 3, 'EXFAT   ') && isBootable(bytes);
const isNtfs = (bytes: Uint8Array): boolean => has(bytes, 3, 'NTFS    ') && isBootable(bytes);
const isFat32 = (bytes: Uint8Array): boolean => has(bytes, 82, 'FAT32   ') && isBootable(bytes);
const isFat16 = (bytes: Uint8Array): boolean =>
  ['FAT12   ', 'FAT16   ', 'FAT     '].some((type) => has(bytes, 54, type)) && isBootable(bytes);

const entries = [446, 462, 478, 494];

/** A partition table has a flag before each entry that is 0 or 0x80, and a boot sector of a file system is none. */
function isMbr(bytes: Uint8Array): boolean {
  const hasFlags = entries.every((at) => ((bytes[at] ?? 1) & 0x7f) === 0);
  return isBootable(bytes) && hasFlags && ![isExfat, isNtfs, isFat32, isFat16].some((isAt) => isAt(bytes));
}

const at =
  (...offsets: bigint[]) =>
  () =>
    offsets;

/** Of a whole disk alone. */
export const mbrKind: Kind = { name: 'MBR', table: mbr, length: 512, places: at(0n), isAt: isMbr };
/** At places that the chain of logical partitions names. */
export const ebrKind: Kind = { name: 'EBR', table: ebr, length: 512, places: at(), isAt: isBootable };
/** In the second sector and in the last, whose size is the disk's. */
export const gptKind: Kind = {
  name: 'GPT header',
  table: gptHeader,
  length: 92,
  places: at(),
  isAt: (bytes) => has(bytes, 0, 'EFI PART'),
};
/** At places that a header names. */
export const gptEntryKind: Kind = { name: 'GPT entry', table: gptEntry, length: 128, places: at(), isAt: () => true };

const isSwap = (bytes: Uint8Array): boolean => has(bytes, 0, 'SWAPSPACE2');
const pageSizes = [4096n, 8192n, 16384n, 65536n];
const luksHeaderSizes = [0x4000n, 0x8000n, 0x10000n, 0x20000n, 0x40000n, 0x80000n, 0x100000n, 0x200000n, 0x400000n];
const isLuks = (version: number) => (bytes: Uint8Array) =>
  (has(bytes, 0, 'LUKS\xba\xbe') || has(bytes, 0, 'SKUL\xba\xbe')) && bytes[6] === 0 && bytes[7] === version;

/** Where mdadm writes a superblock of version 1.0: 8 KiB before the end at least, at a multiple of 4 KiB. */
const mdAtEnd = (size: bigint): bigint => (size / 512n - 16n) * 512n - (((size / 512n - 16n) * 512n) % 4096n);

/** Of a disk or a partition. */
export const volumeKinds: readonly Kind[] = [
  { name: 'ext superblock', table: ext, length: 1024, places: at(1024n), isAt: (bytes) => has(bytes, 0x38, '\x53\xef') },
  { name: 'XFS superblock', table: xfs, length: 264, places: at(0n), isAt: (bytes) => has(bytes, 0, 'XFSB') },
  {
    name: 'btrfs superblock',
    table: btrfs,
    length: 4096,
    places: at(0x10000n, 0x4000000n, 0x4000000000n),
    isAt: (bytes) => has(bytes, 0x40, '_BHRfS_M'),
  },
  { name: 'FAT boot sector', table: fat16, length: 512, places: at(0n), isAt: (bytes) => isFat16(bytes) && !isFat32(bytes) },
  { name: 'FAT32 boot sector', table: fat32, length: 512, places: at(0n), isAt: isFat32 },
  {
    name: 'FAT32 FSInfo',
    table: fsInfo,
    length: 512,
    places: at(512n, 4096n),
    isAt: (bytes) => has(bytes, 0, 'RRaA') && has(bytes, 484, 'rrAa'),
  },
  { name: 'exFAT boot sector', table: exfat, length: 512, places: at(0n), isAt: isExfat },
  { name: 'NTFS boot sector', table: ntfs, length: 512, places: (size) => [0n, size - (size % 512n) - 512n], isAt: isNtfs },
  {
    name: 'ISO 9660 primary volume descriptor',
    table: iso9660,
    length: 2048,
    places: at(0x8000n),
    isAt: (bytes) => has(bytes, 0, '\x01CD001'),
  },
  { name: 'squashfs superblock', table: squashfs, length: 96, places: at(0n), isAt: (bytes) => has(bytes, 0, 'hsqs') },
  ...pageSizes.flatMap((pageSize) => [
    {
      name: 'swap header',
      table: swap,
      length: 44,
      places: at(1024n),
      isAt: isSwap,
      probe: { offset: Number(pageSize) - 1024 - 10, length: 10 },
    },
    { name: 'swap magic', table: swapMagic, length: 10, places: at(pageSize - 10n), isAt: isSwap },
  ]),
  { name: 'LUKS1 header', table: luks1, length: 592, places: at(0n), isAt: isLuks(1) },
  { name: 'LUKS2 header', table: luks2, length: 4096, places: at(0n, ...luksHeaderSizes), isAt: isLuks(2) },
  {
    name: 'LVM2 label',
    table: lvm2,
    length: 512,
    places: at(0n, 512n, 1024n, 1536n),
    isAt: (bytes) => has(bytes, 0, 'LABELONE') && has(bytes, 20, ' \0\0\0LVM2 001'),
  },
  {
    name: 'md superblock',
    table: md,
    length: 256,
    places: (size) => [0n, 4096n, mdAtEnd(size)],
    isAt: (bytes) => has(bytes, 0, '\xfc\x4e\x2b\xa9\x01\0\0\0'),
  },
  { name: 'qcow2 header', table: qcow2, length: 112, places: at(0n), isAt: (bytes) => has(bytes, 0, 'QFI\xfb') },
];
