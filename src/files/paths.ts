// Paths, as bytes that end with a NUL.
import { describe } from '../base/describe.js';
import { NBDError } from '../base/errors.js';
import type { Path } from './types.js';

const slash = 0x2f;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });

/**
 * A path as engines take it: from the root on, whether it begins with `/` or not.
 *
 * @throws TypeError for what is no path; NBDError `EINVAL` for one with a NUL.
 */
export function pathBytes(call: string, path: Path): Uint8Array {
  const isBytes = path instanceof Uint8Array;
  if (typeof path !== 'string' && !isBytes) {
    throw new TypeError(`${call}: path must be a string or a Uint8Array, not ${describe(path)}`);
  }
  const bytes = isBytes ? path : encoder.encode(path);
  if (bytes.includes(0)) throw new NBDError(`${call}: a path has no NUL`, 'EINVAL');
  // One slash before each name: an engine may take an empty name for one that is not there.
  const names: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? slash;
    if (byte === slash) continue;
    if (at === 0 || bytes[at - 1] === slash) names.push(slash);
    names.push(byte);
  }
  return Uint8Array.from([...(names.length === 0 ? [slash] : names), 0]);
}

/** A path as text for errors. */
export const shownPath = (path: Path): string => (typeof path === 'string' ? path : decoder.decode(path));

/** Bytes as text, with U+FFFD where they are not UTF-8. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes);

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
