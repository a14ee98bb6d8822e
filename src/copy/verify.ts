// Whether what was written is what the source has.
import { NBDError } from '../base/errors.js';
import type { Range } from '../disk/ranges.js';
import { firstDifference } from './compare.js';
import type { RandomSource } from './ends.js';
import { requestSizeFor, type Settings } from './options.js';
import { plan } from './plan.js';
import { Meter } from './progress.js';

/** Reads everything back. Nothing is taken for zero that was not read: a source whose block status lies is found out. */
export async function verify(
  source: RandomSource,
  written: RandomSource,
  { settings, meter, signal }: { settings: Settings; meter: Meter; signal: AbortSignal },
): Promise<void> {
  const all = { start: 0n, end: source.size };
  const ranges =
    settings.onlyDirty === undefined
      ? whole(all)
      : dirty(source, all, Math.max(source.block, written.block), requestSizeFor(settings, source, written), signal);
  const first = await firstDifference({ one: source, other: written }, ranges, settings, meter, signal);
  meter.end();
  if (first === undefined) return;
  throw new NBDError(`verify: what was read back at offset ${first} differs from ${source.name}`, 'EIO');
}

/** How much of each end of what is said to be done is looked at, in bytes. */
const sample = 2n ** 16n;

/**
 * Whether ranges that are said to be done hold what the source has, by the first and the last bytes of them: a journal may be of
 * another disk of the same size.
 */
export async function isDone(
  done: Iterable<Readonly<Range>>,
  source: RandomSource,
  written: RandomSource,
  { settings, signal }: { settings: Settings; signal: AbortSignal },
): Promise<boolean> {
  const ranges = [...done];
  const [first, last] = [ranges[0], ranges.at(-1)];
  if (first === undefined || last === undefined) return true;
  const block = BigInt(source.block);
  async function* samples(ends: readonly Range[]) {
    yield* ends;
  }
  const ends = [
    { start: first.start, end: least(first.end, first.start + sample) },
    { start: most(last.start, last.end - sample - (last.end % block)), end: last.end },
  ];
  return (
    (await firstDifference({ one: source, other: written }, samples(ends), settings, new Meter({}, undefined), signal)) ===
    undefined
  );
}

async function* whole(range: Range): AsyncGenerator<Range, undefined> {
  yield range;
}

async function* dirty(
  source: RandomSource,
  range: Range,
  block: number,
  request: number,
  signal: AbortSignal,
): AsyncGenerator<Range, undefined> {
  for await (const { content, ...part } of plan(source, range, BigInt(block), request, signal))
    if (content !== 'clean') yield part;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
