// The arguments of requests, refused in the words in which a handle refuses them: before there is a handle to ask.
import { bigInteger, integer, uint64Max, wrongType } from '../base/integers.js';
import type { Range } from '../disk/ranges.js';

export function rangeOf(call: string, count: number | bigint, offset: number | bigint): Range {
  const start = bigInteger(call, 'offset', offset, 0n, uint64Max);
  const length = typeof count === 'number' ? BigInt(integer(call, 'count', count, 0, Number.MAX_SAFE_INTEGER)) : count;
  return { start, end: start + bigInteger(call, 'count', length, 0n, uint64Max) };
}

export function checkedBytes(call: string, buf: ArrayBufferView): Uint8Array {
  if (buf instanceof Uint8Array) return buf;
  if (!ArrayBuffer.isView(buf)) throw wrongType(call, 'buf', 'a Uint8Array or another view of bytes', buf);
  return new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength);
}
