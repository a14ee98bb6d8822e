// Reads what somebody types to go to a place: an offset, a sector, a partition, a part of the disk, or a step from here.
//
//   0x1be  446  4K  1.5G      an offset in bytes; K, M, G, T, P, E are powers of 1024
//   s2048                     a sector
//   p2                        the beginning of a partition
//   50%                       a part of the disk
//   end                       behind the last byte
//   p2+0x400  end-512  +512  -1M   a step from there, or from where the cursor is
import type { Partition } from '../../probe/types.js';
import { exactSize, hexOffset } from '../format.js';

export interface PlaceContext {
  /** Of the disk, in bytes. */
  readonly size: bigint;
  /** In bytes. */
  readonly sectorSize: number;
  readonly partitions: readonly Partition[];
  /** Where the cursor is. */
  readonly here: bigint;
}

/** Why a text is no place on the disk; the message is for the person who typed it. */
export class PlaceError extends Error {
  override readonly name = 'PlaceError';
}

/** The offset that a text names, in bytes: that of a byte of the disk. */
export function parsePlace(text: string, context: PlaceContext): bigint {
  const compact = text.replaceAll(/[\s,_]/g, '').toLowerCase();
  if (compact === '') throw new PlaceError('Type an offset such as 0x1be, 4K, s2048, p2, 50% or end-512.');
  const [, base = '', sign, step] = /^([^+-]*)(?:([+-])(.+))?$/.exec(compact) ?? [];
  if (base === '' && step === undefined) throw unknownPlace(text);
  const start = base === '' ? context.here : parseBase(base, text, context);
  const distance = step === undefined ? 0n : parseDistance(step, text, context);
  const offset = sign === '-' ? start - distance : start + distance;
  if (offset < 0n) throw new PlaceError(`${text} is ${exactSize(-offset)} before the beginning of the disk.`);
  if (offset < context.size) return offset;
  const hint = base === 'end' && step === undefined ? ' end-1 is its last byte.' : '';
  throw new PlaceError(`${hexOffset(offset)} is beyond the end of the disk, which has ${exactSize(context.size)}.${hint}`);
}

function parseBase(base: string, text: string, context: PlaceContext): bigint {
  const { size, partitions } = context;
  if (base === 'end') return size;
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(base) ?? [];
  if (percent !== undefined) {
    const offset = scaled(percent, size) / 100n;
    return offset === size && size > 0n ? size - 1n : offset;
  }
  const [, number] = /^p(\d+)$/.exec(base) ?? [];
  if (number === undefined) return parseDistance(base, text, context);
  const partition = partitions.find((each) => each.number === Number(number));
  if (partition !== undefined) return partition.start;
  const known = partitions.map((each) => `p${each.number}`).join(', ');
  throw new PlaceError(`There is no partition ${number}. ${known === '' ? 'The disk has none.' : `There are: ${known}.`}`);
}

/** A number of bytes, or of sectors. */
function parseDistance(word: string, text: string, { sectorSize }: PlaceContext): bigint {
  const [, sectors] = /^s(0x[0-9a-f]+|\d+)$/.exec(word) ?? [];
  if (sectors !== undefined) return BigInt(sectors) * BigInt(sectorSize);
  if (/^0x[0-9a-f]+$/.test(word)) return BigInt(word);
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(?:([kmgtpe])i?)?b?$/.exec(word) ?? [];
  if (number === undefined || (unit === '' && number.includes('.'))) throw unknownPlace(text);
  return scaled(number, 1024n ** BigInt(' kmgtpe'.indexOf(unit || ' ')));
}

/** A decimal number times a factor, rounded down. */
function scaled(number: string, factor: bigint): bigint {
  const [whole = '', fraction = ''] = number.split('.');
  return (BigInt(whole + fraction) * factor) / 10n ** BigInt(fraction.length);
}

const unknownPlace = (text: string): PlaceError =>
  new PlaceError(
    `“${text}” is no place: type an offset (0x1be, 446, 4K), a sector (s2048), a partition (p2, p2+0x400), 50%, end-512 or +512.`,
  );
