// What the flags of an extent mean, in nbdinfo's words.
import {
  CONTEXT_BASE_ALLOCATION,
  CONTEXT_QEMU_ALLOCATION_DEPTH,
  NAMESPACE_QEMU,
  STATE_HOLE,
  STATE_ZERO,
} from '../generated/constants.js';

const bitmap = `${NAMESPACE_QEMU}dirty-bitmap:`;

/**
 * Describes the flags of an extent, as `nbdinfo --map` does: `'data'`, `'hole'`, `'zero'` or `'hole,zero'` for `base:allocation`,
 * `'clean'` or `'dirty'` for a dirty bitmap of qemu's, `'absent'`, `'local'` or `'backing depth 2'` for `qemu:allocation-depth`.
 *
 * @returns Undefined for flags that nobody has a word for.
 */
export function describeFlags(context: string, flags: number | bigint): string | undefined {
  if (context === CONTEXT_BASE_ALLOCATION) {
    return new Map([
      [0n, 'data'],
      [BigInt(STATE_HOLE), 'hole'],
      [BigInt(STATE_ZERO), 'zero'],
      [BigInt(STATE_HOLE | STATE_ZERO), 'hole,zero'],
    ]).get(BigInt(flags));
  }
  if (context.startsWith(bitmap)) return ['clean', 'dirty'][Number(flags)];
  if (context === CONTEXT_QEMU_ALLOCATION_DEPTH) return ['absent', 'local'][Number(flags)] ?? `backing depth ${flags}`;
  return undefined;
}
