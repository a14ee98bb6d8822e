// Warnings of what could not be read, and of what is not one thing alone.
import type { Range } from '../disk/ranges.js';
import type { Unreadable } from '../wasm/replay.js';
import type { Warning } from './types.js';

/** One warning for each stretch that could not be read. */
export function unreadableWarnings(unreadable: readonly Unreadable[], what: string): Warning[] {
  const sorted = [...unreadable].sort((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0));
  const stretches: { offset: bigint; end: bigint; error: Error }[] = [];
  for (const { offset, length, error } of sorted) {
    const last = stretches.at(-1);
    const end = offset + BigInt(length);
    if (last === undefined || offset > last.end) stretches.push({ offset, end, error });
    else if (end > last.end) last.end = end;
  }
  return stretches.map(({ offset, end, error }) => ({
    code: 'unreadable',
    message: `${end - offset} bytes at offset ${offset} could not be read when ${what}: ${error.message}`,
    offset,
    length: end - offset,
  }));
}

export function ambivalentWarning(types: readonly string[], { start, end }: Range): Warning {
  const message = `it looks like several things at once: ${types.join(', ')}. libblkid takes none of them; wipefs shows where they are`;
  return { code: 'ambivalent', message, offset: start, length: end - start };
}
