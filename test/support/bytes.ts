// Bytes to send and to compare with.

export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let length = 0;
  for (const part of parts) {
    result.set(part, length);
    length += part.length;
  }
  return result;
}

export const text = (characters: string): Uint8Array => new TextEncoder().encode(characters);

/** Integers as the protocol has them: the most significant byte first. */
export const u16 = (value: number): Uint8Array => integer(2, (view) => view.setUint16(0, value));
export const u32 = (value: number): Uint8Array => integer(4, (view) => view.setUint32(0, value));
export const u64 = (value: number | bigint): Uint8Array => integer(8, (view) => view.setBigUint64(0, BigInt(value)));

function integer(length: number, set: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  set(new DataView(bytes.buffer));
  return bytes;
}

/** What nbdkit's pattern plugin has there: each 8 bytes are their own offset. */
export function pattern(offset: number | bigint, count: number): Uint8Array {
  const start = BigInt(offset) & ~7n;
  const skip = Number(BigInt(offset) - start);
  const bytes = new Uint8Array(Math.ceil((skip + count) / 8) * 8);
  const view = new DataView(bytes.buffer);
  const low = Number(start & 0xffff_ffffn);
  const high = Number(start >> 32n);
  for (let i = 0; i < bytes.length; i += 8) {
    view.setUint32(i, high + Math.floor((low + i) / 2 ** 32));
    view.setUint32(i + 4, low + i);
  }
  return bytes.subarray(skip, skip + count);
}

/** Bytes that look random and are the same each time (a linear congruential generator). */
export function noise(count: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** The first index at which two arrays differ, -1 if they are equal: quick for many megabytes, and short to report. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  // Eight at a time, as numbers whose every bit counts.
  const [left, right] = [new DataView(a.buffer, a.byteOffset, length), new DataView(b.buffer, b.byteOffset, length)];
  while (i + 8 <= length && left.getInt32(i) === right.getInt32(i) && left.getInt32(i + 4) === right.getInt32(i + 4)) i += 8;
  for (; i < length; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : length;
}
