// Both copies of a GPT, checked: libblkid takes the first that is whole and says nothing of the other. By the UEFI specification 2.10,
// section 5.3.2.
import { NBDError } from '../base/errors.js';
import type { BlockReader } from '../disk/block_reader.js';
import type { Range } from '../disk/ranges.js';
import { crc32 } from './crc32.js';
import type { GptHeaderCheck } from './types.js';

/** What a copy of the GPT says, as far as the copies are compared, and how whole it is. */
export interface GptCopy extends GptHeaderCheck {
  /** The sector of the other header. */
  readonly alternate?: bigint;
  /** What both copies have to have in common. */
  readonly common?: string;
  /** Where the entries are. */
  readonly entriesAt?: { offset: bigint; length: bigint };
  /** What is wrong, where something is. */
  readonly why?: string;
}

/** In bytes. */
const headerSize = 92;
const entrySize = 128;
/** As many bytes of entries as libblkid reads. */
const mostEntries = 2 ** 23;

/** The disk, in sectors. */
export interface Sectors {
  readonly reader: BlockReader;
  readonly range: Range;
  readonly sectorSize: number;
  readonly signal: AbortSignal | undefined;
}

export const lastSector = ({ range, sectorSize }: Sectors): bigint => (range.end - range.start) / BigInt(sectorSize) - 1n;
export const offsetOf = ({ range, sectorSize }: Sectors, sector: bigint): bigint => range.start + sector * BigInt(sectorSize);

/** Reads sectors; an error where they could not be read. */
export async function readSectors(sectors: Sectors, sector: bigint, length: number): Promise<DataView | NBDError> {
  const bytes = await sectors.reader.read(offsetOf(sectors, sector), length, sectors.signal);
  return bytes instanceof NBDError ? bytes : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Checks the copy of the GPT whose header is in a sector. */
export async function checkCopy(sectors: Sectors, sector: bigint): Promise<GptCopy> {
  const offset = offsetOf(sectors, sector);
  const last = lastSector(sectors);
  if (sector < 1n || sector > last) return { header: 'missing', offset, why: 'its place is beyond the end of the disk' };
  const header = await readSectors(sectors, sector, sectors.sectorSize);
  if (header instanceof NBDError) return { header: 'unreadable', offset, why: header.message };
  if (!hasSignature(header)) return { header: 'missing', offset, why: 'there is no signature "EFI PART"' };
  const why = faultOf(header, sector, last);
  if (why !== undefined) return { header: 'damaged', offset, why };
  const first = header.getBigUint64(72, true);
  const size = BigInt(header.getUint32(80, true)) * BigInt(header.getUint32(84, true));
  const copy: GptCopy = {
    header: 'ok',
    offset,
    alternate: header.getBigUint64(32, true),
    common: commonFields(header),
    entriesAt: { offset: offsetOf(sectors, first), length: size },
  };
  const isOnDisk = first <= last && offsetOf(sectors, first) + size <= sectors.range.end;
  if (!isOnDisk || size > mostEntries)
    return { ...copy, entries: 'damaged', why: 'they are beyond the end of the disk, or too many' };
  const entries = await readSectors(sectors, first, Number(size));
  if (entries instanceof NBDError) return { ...copy, entries: 'unreadable', why: entries.message };
  const isWhole = crc32(new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength)) === header.getUint32(88, true);
  return isWhole ? { ...copy, entries: 'ok' } : { ...copy, entries: 'damaged', why: 'their CRC is wrong' };
}

export const hasSignature = (view: DataView): boolean =>
  view.byteLength >= headerSize && view.getBigUint64(0, true) === 0x5452415020494645n; // "EFI PART"

/** What both headers have alike: the usable sectors, the GUID, the number and size of entries, and their CRC. */
function commonFields(header: DataView): string {
  return [40, 48, 56, 64, 80].map((at) => header.getBigUint64(at, true)).join() + header.getUint32(88, true);
}

/** What is wrong with a header in a sector; libblkid makes the same checks, in this order. */
function faultOf(header: DataView, sector: bigint, last: bigint): string | undefined {
  const size = header.getUint32(12, true);
  if (size < headerSize || size > header.byteLength) return `it says that it has ${size} bytes`;
  const bytes = new Uint8Array(header.buffer, header.byteOffset, size).slice();
  bytes.fill(0, 16, 20); // the CRC's own place counts as zeroes
  if (crc32(bytes) !== header.getUint32(16, true)) return 'its CRC is wrong';
  if (header.getBigUint64(24, true) !== sector) return `it says that it is in sector ${header.getBigUint64(24, true)}`;
  const [firstUsable, lastUsable] = [header.getBigUint64(40, true), header.getBigUint64(48, true)];
  if (lastUsable < firstUsable || lastUsable > last)
    return `it has partitions up to sector ${lastUsable}, and the disk ends at ${last}`;
  if (firstUsable < sector && sector < lastUsable) return 'it lies where partitions may be';
  if (header.getUint32(84, true) !== entrySize || header.getUint32(80, true) === 0) return 'it describes no entries';
  return undefined;
}
