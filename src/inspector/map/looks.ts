// How each kind of run looks: a pattern of two colours, so that no kind is told from another by its colour alone.
import { CONTEXT_BASE_ALLOCATION, CONTEXT_QEMU_ALLOCATION_DEPTH, STATE_HOLE, STATE_ZERO } from '../../generated/constants.js';
import type { ExtentMap } from './extent_map.js';
import { failed, unknown } from './kinds.js';
import type { Pattern } from './tiles.js';
import { isBitmap } from './words.js';

/** The custom properties that have the colours of the ground and of the pattern on it. */
export interface Look {
  readonly ground: `--nbd-${string}`;
  readonly ink: `--nbd-${string}`;
  readonly pattern: Pattern;
}

const notKnown: Look = { ground: '--nbd-unknown', ink: '--nbd-rule-strong', pattern: 'hatched' };
const notAsked: Look = { ground: '--nbd-bad-ground', ink: '--nbd-unreadable', pattern: 'crossed' };
/** What stands for a pixel that has too many kinds for a band each, and for the kinds that share a bit. */
export const many: Look = { ground: '--nbd-raised', ink: '--nbd-mark', pattern: 'checked' };

const empty: Look = { ground: '--nbd-hole', ink: '--nbd-rule-strong', pattern: 'sparse' };

const allocation = new Map<bigint, Look>([
  [0n, { ground: '--nbd-data', ink: '--nbd-data', pattern: 'plain' }],
  [BigInt(STATE_HOLE), { ground: '--nbd-hole', ink: '--nbd-rule-strong', pattern: 'lined' }],
  [BigInt(STATE_ZERO), { ground: '--nbd-zero', ink: '--nbd-data', pattern: 'dotted' }],
  [BigInt(STATE_HOLE | STATE_ZERO), empty],
]);

const dirtiness = new Map<bigint, Look>([
  [0n, { ground: '--nbd-clean', ink: '--nbd-clean', pattern: 'plain' }],
  [1n, { ground: '--nbd-dirty', ink: '--nbd-clean', pattern: 'barred' }],
]);

const depths: readonly Pattern[] = ['lined', 'dotted', 'barred'];
const others: readonly Pattern[] = ['plain', 'dotted', 'barred', 'lined', 'sparse'];

export function lookOf(context: string, map: ExtentMap, kind: number): Look {
  if (kind === unknown) return notKnown;
  if (kind === failed) return notAsked;
  const flags = map.kinds.flags(kind);
  if (flags === undefined) return many;
  if (context === CONTEXT_QEMU_ALLOCATION_DEPTH) {
    if (flags === 0n) return empty;
    if (flags === 1n) return { ground: '--nbd-depth', ink: '--nbd-depth', pattern: 'plain' };
    return { ground: '--nbd-hole', ink: '--nbd-depth', pattern: depths[Number((flags - 2n) % BigInt(depths.length))] ?? 'lined' };
  }
  const known =
    context === CONTEXT_BASE_ALLOCATION ? allocation.get(flags) : isBitmap(context) ? dirtiness.get(flags) : undefined;
  return known ?? { ground: `--nbd-part-${(kind % 8) + 1}`, ink: '--nbd-ink', pattern: others[kind % others.length] ?? 'plain' };
}
