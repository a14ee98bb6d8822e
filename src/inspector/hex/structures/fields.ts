// Fields of structures on disks: the notation that the tables are written in, and how the value of a field reads.
//
// A table is a text with one field a line: its type, its name and, where they help, the words for its values.
//
//   @0x38 u16x s_magic                  `@` says where the field stands; without it, behind the one before
//   u16 s_errors 1=continue 2=read-only  an enumeration
//   u32x s_feature_compat |1=dir_prealloc |4=has_journal    names of bits
//
// Types: u8 u16 u32 u64 (i… signed, …be big-endian, …x told in hexadecimal); lba32 lba64 (sectors of the disk) and sec64 (of 512 bytes), both with
// their place in bytes; t32 t40 t64 (Unix times in seconds); uuid, guid (first three parts little-endian); cN (N characters), wN (N units of
// UTF-16LE) and bN (N bytes).

export interface Field {
  readonly name: string;
  /** From the beginning of the structure, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  readonly type: string;
  /** What a value means. */
  readonly words: ReadonlyMap<bigint, string>;
  /** The same for the bits of a value. */
  readonly bits: ReadonlyMap<bigint, string>;
}

/** The fields of a table, in the order of their offsets. */
export function parseTable(text: string): Field[] {
  const fields: Field[] = [];
  let next = 0;
  for (const line of text.split('\n')) {
    const parts = line.split(' ').filter((part) => part !== '');
    if (parts.length === 0) continue;
    if (parts[0]?.startsWith('@')) next = Number(parts.shift()?.slice(1));
    const [type = '', name = '', ...notes] = parts;
    const length = lengthOf(type);
    fields.push({
      name,
      offset: next,
      length,
      type,
      words: notesOf(notes.filter((note) => !note.startsWith('|')).map((note) => note.replaceAll('_', ' '))),
      bits: notesOf(notes.filter((note) => note.startsWith('|')).map((note) => note.slice(1))),
    });
    next += length;
  }
  return fields;
}

/** A table's fields several times over: `name[0].field`, `name[1].field`, … */
export function times(count: number, name: (index: number) => string, text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Array.from({ length: count }, (_, index) =>
    lines.map((line) => line.replace(/^(\s*\S+ )/, `$1${name(index)}.`)).join('\n'),
  ).join('\n');
}

const notesOf = (notes: readonly string[]): Map<bigint, string> =>
  new Map(
    notes.map((note) => {
      const [value = '', ...words] = note.split('=');
      return [BigInt(value), words.join('=')];
    }),
  );

const lengths: Readonly<Record<string, number>> = { uuid: 16, guid: 16, w: 2, c: 1, b: 1 };

function lengthOf(type: string): number {
  const [, kind = '', count = '1'] = /^([a-z]+)(\d*)/.exec(type) ?? [];
  const length = lengths[kind];
  return length === undefined ? Number(count) / 8 : length * Number(count || 1);
}

/** What a field says, in words. `bytes` begins where the structure does. */
export function fieldValue(field: Field, bytes: Uint8Array, sectorSize: number): string {
  const own = bytes.subarray(field.offset, field.offset + field.length);
  if (own.length < field.length) return '';
  const { type } = field;
  if (type === 'uuid') return uuidOf(own);
  if (type === 'guid') return guidOf(own);
  if (type.startsWith('c')) return textOf(own);
  if (type.startsWith('w')) return wideTextOf(own);
  if (type.startsWith('b')) return bytesOf(own);
  const value = integerOf(own, type.includes('be'), type.startsWith('i'));
  if (type.startsWith('t')) return timeOf(value);
  if (type.startsWith('lba')) return `${value} (0x${(value * BigInt(sectorSize)).toString(16)})`;
  if (type.startsWith('sec')) return `${value} (0x${(value * 512n).toString(16)})`;
  const number = type.endsWith('x') ? `0x${value.toString(16).padStart(2, '0')}` : String(value);
  const names = [...field.bits].filter(([bit]) => (value & bit) !== 0n).map(([, name]) => name);
  const word = field.words.get(value) ?? names.join(', ');
  return word === '' ? number : `${number} (${word})`;
}

/** An integer of any length. */
export function integerOf(bytes: Uint8Array, isBigEndian: boolean, isSigned: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < bytes.length; i++) {
    value = (value << 8n) | BigInt(bytes[isBigEndian ? i : bytes.length - 1 - i] ?? 0);
  }
  return isSigned ? BigInt.asIntN(8 * bytes.length, value) : value;
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** A UUID whose bytes stand in the order in which they are written. */
export function uuidOf(bytes: Uint8Array): string {
  return hexOf(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** A UUID whose first three parts are little-endian, as Microsoft and UEFI have it. */
export function guidOf(bytes: Uint8Array): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return uuidOf(Uint8Array.from(order, (index) => bytes[index] ?? 0));
}

/** Characters up to the first NUL, without the spaces at the end. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return quoted(new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)).trimEnd());
}

function wideTextOf(bytes: Uint8Array): string {
  const text = new TextDecoder('utf-16le').decode(bytes);
  const end = text.indexOf('\0');
  return quoted(end < 0 ? text : text.slice(0, end));
}

const quoted = (text: string): string => (text === '' ? 'empty' : `"${text}"`);

const mostBytes = 16;

function bytesOf(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte === 0)) return 'zeroes';
  const shown = Array.from(bytes.subarray(0, mostBytes), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > mostBytes ? `${shown} …` : shown;
}

/** The limit of JavaScript's dates, in seconds. */
const lastSecond = 8_640_000_000_000n;

/** A time of Unix's in UTC: `2024-05-01 12:00:00`. */
export function timeOf(seconds: bigint): string {
  if (seconds === 0n) return 'never';
  if (seconds > lastSecond || seconds < -lastSecond) return `${seconds} s`;
  return dateOf(Number(seconds) * 1000);
}

/** The same of milliseconds. */
export function dateOf(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString();
  return `${text.slice(0, -5).replace('T', ' ')} UTC`;
}
