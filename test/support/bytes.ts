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
  for (let i = 0; i < bytes.length; i += 8) view.setBigUint64(i, start + BigInt(i));
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
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : length;
}
