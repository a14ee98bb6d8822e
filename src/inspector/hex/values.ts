// What the bytes at the cursor are worth: as integers, floating point numbers, UUIDs, times and text.
import { dateOf, guidOf, integerOf, timeOf, uuidOf } from './structures/fields.js';

export interface Value {
  /** `u32 LE`, `UUID`, `Unix time, 64 bit`. */
  readonly name: string;
  /** Undefined where the disk ends before it, and where the bytes are no such value. */
  readonly text: string | undefined;
}

/** How many bytes {@link valuesAt} looks at. */
export const valuesLength = 64;

/** The values of bytes that begin at the cursor. */
export function valuesAt(bytes: Uint8Array): Value[] {
  return [...integers(bytes), ...floats(bytes), ...identities(bytes), ...times(bytes), ...texts(bytes)];
}

function* integers(bytes: Uint8Array): Generator<Value> {
  for (const size of [1, 2, 4, 8]) {
    const own = first(bytes, size);
    for (const order of size === 1 ? [''] : [' LE', ' BE']) {
      const value = (isSigned: boolean) => own && integerOf(own, order === ' BE', isSigned);
      const [unsigned, signed] = [value(false), value(true)];
      const hexadecimal = unsigned?.toString(16).padStart(2 * size, '0');
      yield { name: `u${8 * size}${order}`, text: unsigned === undefined ? undefined : `${unsigned} (0x${hexadecimal})` };
      yield { name: `i${8 * size}${order}`, text: signed?.toString() };
    }
  }
}

function* floats(bytes: Uint8Array): Generator<Value> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const isLittle of [true, false]) {
    const order = isLittle ? 'LE' : 'BE';
    yield { name: `f32 ${order}`, text: bytes.length < 4 ? undefined : String(view.getFloat32(0, isLittle)) };
    yield { name: `f64 ${order}`, text: bytes.length < 8 ? undefined : String(view.getFloat64(0, isLittle)) };
  }
}

function* identities(bytes: Uint8Array): Generator<Value> {
  const own = first(bytes, 16);
  yield { name: 'UUID', text: own && uuidOf(own) };
  yield { name: 'GUID (UEFI, Microsoft)', text: own && guidOf(own) };
}

function* times(bytes: Uint8Array): Generator<Value> {
  const little = (size: number) => {
    const own = first(bytes, size);
    return own && integerOf(own, false, true);
  };
  const unix32 = little(4);
  const unix64 = little(8);
  yield { name: 'Unix time, 32 bit', text: unix32 === undefined ? undefined : timeOf(unix32) };
  yield { name: 'Unix time, 64 bit', text: unix64 === undefined ? undefined : inYears(unix64) };
  yield { name: 'FILETIME', text: unix64 === undefined ? undefined : fileTimeOf(unix64) };
  yield { name: 'DOS date and time', text: unix32 === undefined ? undefined : dosTimeOf(Number(BigInt.asUintN(32, unix32))) };
}

/** Seconds between 1601 and 1970. */
const filetimeEpoch = 11_644_473_600n;
/** The years that are shown have four digits. */
const lastSecond = 253_402_300_799n;

const inYears = (seconds: bigint): string | undefined => (seconds >= 0n && seconds <= lastSecond ? timeOf(seconds) : undefined);

/** 100 ns since 1601. */
function fileTimeOf(value: bigint): string | undefined {
  if (value < 0n) return undefined;
  const seconds = value / 10_000_000n - filetimeEpoch;
  return seconds <= lastSecond ? dateOf(Number(seconds) * 1000) : undefined;
}

/** The time in the low half, in steps of two seconds, and the date in the high one. */
function dosTimeOf(value: number): string | undefined {
  const part = (shift: number, bits: number) => (value >>> shift) & ((1 << bits) - 1);
  const [second, minute, hour] = [2 * part(0, 5), part(5, 6), part(11, 5)];
  const [day, month, year] = [part(16, 5), part(21, 4), 1980 + part(25, 7)];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Whatever carries over into the next unit, such as a month 0 or a minute 60, was no date.
  const isDate = date.getUTCDate() === day && date.getUTCMinutes() === minute && date.getUTCHours() === hour && second < 60;
  return isDate && date.getUTCMonth() === month - 1 ? dateOf(date.getTime()).replace(' UTC', '') : undefined;
}

function* texts(bytes: Uint8Array): Generator<Value> {
  yield { name: 'UTF-8', text: textOf(bytes, 'utf-8') };
  yield { name: 'UTF-16LE', text: textOf(bytes.subarray(0, bytes.length - (bytes.length % 2)), 'utf-16le') };
}

/** What is printable, up to the first control character, NUL or malformed sequence. */
function textOf(bytes: Uint8Array, encoding: string): string | undefined {
  const [text = ''] = new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes).split(/[\p{C}\ufffd]/u);
  return text === '' ? undefined : text;
}

const first = (bytes: Uint8Array, size: number): Uint8Array | undefined =>
  bytes.length < size ? undefined : bytes.subarray(0, size);
