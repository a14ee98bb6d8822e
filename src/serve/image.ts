// Image files, which qemu-nbd serves. What is in an image must not choose what this machine opens: whoever could write to it,
// such as a guest to its disk, would have any file of the host served to the page.
//
// A file is raw unless its format is told; nothing is guessed. Of the formats those are taken whose images are one file, and an
// image that names other files is refused by its header, before qemu-nbd opens it. qemu-nbd is told as well to open none.
import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** The formats, as qemu calls them. The others need keys, or several files. */
export const formats = ['raw', 'qcow2', 'vmdk', 'vdi', 'vhdx', 'vpc'] as const;
export type Format = (typeof formats)[number];

export const isFormat = (name: string): name is Format => formats.some((format) => format === name);

/**
 * The command that serves an image, for reading alone, on the socket that it inherits. Rejects with an Error for an image that
 * names other files.
 */
export async function serveImage(path: string, format: Format): Promise<string[]> {
  const kind = await stat(path);
  if (!kind.isFile() && !kind.isBlockDevice()) throw new Error(`${path} is neither a file nor a block device`);
  await checkImage(path, format);
  const image = {
    driver: format,
    ...(format === 'qcow2' || format === 'vmdk' ? { backing: null } : {}),
    // With its driver named, the path is a path, whatever it looks like to qemu.
    file: { driver: kind.isFile() ? 'file' : 'host_device', filename: resolve(path) },
  };
  return ['qemu-nbd', '--read-only', '--persistent', '--shared=0', '--allocation-depth', `json:${JSON.stringify(image)}`];
}

async function checkImage(path: string, format: Format): Promise<void> {
  const check = checks[format];
  if (check === undefined) return;
  await using file = await open(path);
  const problem = await check(file);
  if (problem !== undefined) throw new Error(`${path} ${problem}`);
}

/** As many bytes as there are from an offset on, up to a length. */
async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

const namesOthers =
  'names another file, which is not opened for it: inspect that file, or one made of both with qemu-img convert';

/** What keeps an image of the format from being served. VDI and VHDX have other files too, and qemu opens none of those. */
const checks: Partial<Record<Format, (file: FileHandle) => Promise<string | undefined>>> = {
  qcow2: async (file) => {
    const header = await read(file, 0, 104);
    if (header.length < 72 || header.readUInt32BE(0) !== 0x514649fb) return 'is no qcow2 image';
    const hasBackingFile = header.readBigUInt64BE(8) !== 0n;
    const hasDataFile = header.readUInt32BE(4) >= 3 && (header.length < 80 || (header.readBigUInt64BE(72) & 4n) !== 0n);
    return hasBackingFile || hasDataFile ? namesOthers : undefined;
  },
  vmdk: async (file) => {
    const header = await read(file, 0, 512);
    if (/^(# Disk DescriptorFile|COWD)/i.test(header.toString('latin1').trimStart())) return namesOthers;
    if (header.length < 512 || header.readUInt32BE(0) !== 0x4b444d56) return 'is no VMDK image of one file';
    // Without a capacity of its own it is a description of a disk in other files.
    if (header.readBigUInt64LE(12) === 0n) return namesOthers;
    const at = header.readBigUInt64LE(28) * 512n;
    if (at > BigInt(Number.MAX_SAFE_INTEGER)) return 'is no VMDK image of one file';
    // qemu looks for the parent in the second sector, whatever the header says of the descriptor's place.
    for (const place of [512, Number(at)]) {
      const descriptor = (await read(file, place, 20 * 512)).toString('latin1');
      if (/parentFileNameHint/i.test(descriptor) || /parentCID\s*=\s*(?!f{8}\b)/i.test(descriptor)) return namesOthers;
    }
    return undefined;
  },
  vpc: async (file) => {
    const footer = await read(file, 0, 512); // a copy of the footer, of an image that is not as long as its disk
    const isDifference = footer.length === 512 && footer.toString('latin1', 0, 8) === 'conectix' && footer.readUInt32BE(60) === 4;
    return isDifference ? namesOthers : undefined;
  },
};
