// Whether a file, or a whole disk, is the image of a disk: by its bytes, and where they say nothing, by its name.
import { NBDError } from '../../base/errors.js';
import { BlockReader } from '../../disk/block_reader.js';
import type { Disk } from '../../disk/disk.js';
import { formatOf, readHeader } from '../../files/image/headers.js';
import type { ImageFormat } from '../../files/image/options.js';

export interface ImageSign {
  /** `raw`: the bytes are the disk. */
  readonly format: ImageFormat | 'raw';
  /** The bytes do not say so: the file may be damaged, or of another kind. */
  readonly isByName: boolean;
}

const formatNames: readonly (readonly [RegExp, ImageSign['format']])[] = [
  [/\.qcow2?$/i, 'qcow2'],
  [/\.vhdx$/i, 'vhdx'],
  [/\.vmdk$/i, 'vmdk'],
  [/\.vdi$/i, 'vdi'],
  [/\.(vhd|vpc)$/i, 'vhd'],
  [/\.(img|raw|iso|dd|squashfs|ext[234])$/i, 'raw'],
];

/** What is looked at of a raw disk, in bytes: up to the first volume descriptor of an ISO 9660. */
const discDescriptor = 0x8001;
const looked = discDescriptor + 5;

/** Undefined for what is no image as far as can be seen. */
export async function imageSign(disk: Disk, name: string, signal: AbortSignal): Promise<ImageSign | undefined> {
  const reader = await BlockReader.over('diskImage', disk, {}, 2 ** 15);
  const format = formatOf(await readHeader(reader, signal)) ?? ((await isRaw(reader, signal)) ? 'raw' : undefined);
  if (format !== undefined) return { format, isByName: false };
  const named = formatNames.find(([ending]) => ending.test(name))?.[1];
  return named === undefined ? undefined : { format: named, isByName: true };
}

/** The format of which a whole disk is an image; undefined for none. */
export async function imageFormatOf(disk: Disk, signal: AbortSignal): Promise<ImageFormat | undefined> {
  return formatOf(await readHeader(await BlockReader.over('diskImage', disk, {}, 2 ** 15), signal));
}

async function isRaw(reader: BlockReader, signal: AbortSignal): Promise<boolean> {
  const { size } = reader.geometry;
  const length = size < BigInt(looked) ? Number(size) : looked;
  if (length < 512) return false;
  const bytes = await reader.read(0n, length, signal);
  if (bytes instanceof NBDError) throw bytes;
  const has = (text: string, at: number) => text === String.fromCharCode(...bytes.subarray(at, at + text.length));
  const isTable = has('EFI PART', 512) || has('EFI PART', 4096);
  const isExt = has('\x53\xef', 0x438);
  return isTable || isExt || has('hsqs', 0) || has('XFSB', 0) || has('CD001', discDescriptor) || isBootSector(bytes);
}

/** A table of partitions, or the jump with which a FAT or an NTFS begins: the last two bytes alone stand in kernels as well. */
function isBootSector(bytes: Uint8Array): boolean {
  if (bytes[510] !== 0x55 || bytes[511] !== 0xaa) return false;
  if ((bytes[0] === 0xeb && bytes[2] === 0x90) || bytes[0] === 0xe9) return true;
  const entries = [0x1be, 0x1ce, 0x1de, 0x1ee].map((at) => bytes.subarray(at, at + 16));
  return entries.every(([status]) => status === 0 || status === 0x80) && entries.some(([, , , , type]) => type !== 0);
}
