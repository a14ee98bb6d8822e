// Which format an image of a disk has, by its magic, and what its header says that makes it unreadable by itself.
import { NBDError } from '../../base/errors.js';
import type { BlockReader } from '../../disk/block_reader.js';
import type { ImageFormat } from './options.js';

/** What is looked at, from the start and at the end. */
const headLength = 1024;
const footerLength = 512;

interface Header {
  readonly head: DataView;
  /** The last 512 bytes, where a VHD has its footer. */
  readonly footer: DataView;
}

const textAt = ({ buffer, byteOffset }: DataView, at: number, length: number): string =>
  String.fromCharCode(...new Uint8Array(buffer, byteOffset + at, length));

const magics: Readonly<Record<ImageFormat, (header: Header) => boolean>> = {
  qcow2: ({ head }) => textAt(head, 0, 4) === 'QFI\xfb' && head.getUint32(4) >= 2,
  vhdx: ({ head }) => textAt(head, 0, 8) === 'vhdxfile',
  vmdk: ({ head }) => textAt(head, 0, 4) === 'KDMV' || textAt(head, 0, 21) === '# Disk DescriptorFile',
  vdi: ({ head }) => head.getUint32(0x40, true) === 0xbeda107f,
  vhd: ({ head, footer }) => textAt(head, 0, 8) === 'conectix' || textAt(footer, 0, 8) === 'conectix',
};

export const imageFormats = Object.keys(magics) as readonly ImageFormat[];

/** The format, or undefined for what is none. */
export const formatOf = (header: Header): ImageFormat | undefined => imageFormats.find((format) => magics[format](header));

/** The first bytes and the last. */
export async function readHeader(reader: BlockReader, signal: AbortSignal | undefined): Promise<Header> {
  const { size } = reader.geometry;
  const read = async (offset: bigint, length: number): Promise<DataView> => {
    const view = new Uint8Array(length); // of a shorter disk: zeroes behind it
    const rest = size - offset;
    const count = Number(rest < BigInt(length) ? rest : BigInt(length));
    if (count > 0) {
      const found = await reader.read(offset, count, signal);
      if (found instanceof NBDError) throw found;
      view.set(found);
    }
    return new DataView(view.buffer);
  };
  const end = size - BigInt(footerLength);
  const [head, footer] = await Promise.all([read(0n, headLength), read(end > 0n ? end : 0n, footerLength)]);
  return { head, footer };
}

/**
 * Refuses an image that is not all of its disk: no other file is ever opened for it.
 *
 * @throws NBDError `ENOTSUP`.
 */
export function refuseParts(format: ImageFormat, { head, footer }: Header): void {
  const why = partial[format]({ head, footer });
  if (why !== undefined) throw new NBDError(`diskImage: this ${format} ${why}`, 'ENOTSUP');
}

/** The name of a qcow2's backing file, where it is in what was read. */
function backingName(head: DataView): string {
  const [at, length] = [head.getBigUint64(8), head.getUint32(16)];
  if (length === 0 || at + BigInt(length) > BigInt(head.byteLength)) return '';
  return ` (${new TextDecoder().decode(new Uint8Array(head.buffer, head.byteOffset + Number(at), length))})`;
}

const flatten = "Make one image of both first, with 'qemu-img convert'";

const partial: Readonly<Record<ImageFormat, (header: Header) => string | undefined>> = {
  qcow2({ head }) {
    const features = head.getUint32(4) < 3 ? 0n : head.getBigUint64(72);
    if (head.getBigUint64(8) !== 0n) return `has a backing file${backingName(head)}, which is not opened. ${flatten}`;
    if (head.getUint32(32) !== 0) return 'is encrypted';
    if ((features & 4n) !== 0n) return `has its data in another file, which is not opened. ${flatten}`;
    const unknown = features & ~0b1011n; // dirty, corrupt and the type of compression are no matter, or 7-Zip's to refuse
    return unknown === 0n ? undefined : `has features that are not known here (0x${unknown.toString(16)}). ${flatten}`;
  },
  vdi: ({ head }) =>
    head.getUint32(0x4c, true) === 4 ? `is the changes to another image, which is not opened. ${flatten}` : undefined,
  vhd({ head, footer }) {
    const own = textAt(footer, 0, 8) === 'conectix' ? footer : head;
    return own.getUint32(60) === 4 ? `is the changes to another image, which is not opened. ${flatten}` : undefined;
  },
  vmdk({ head }) {
    return textAt(head, 0, 1) === '#' ? `only names the files that have the data, which are not opened. ${flatten}` : undefined;
  },
  vhdx: () => undefined, // 7-Zip tells it
};
