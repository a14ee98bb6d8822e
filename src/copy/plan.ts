// What is to be done, in the order of the source: ranges to read, ranges of zeroes, and ranges that stay as they are.
import type { Range } from '../disk/ranges.js';
import type { Known, RandomSource } from './ends.js';

/**
 * The ranges that a source is made of, with ends at multiples of a block. What is data stays data, even at the cost of its neighbours:
 * a block of which only a part is known to be zero or clean is read.
 *
 * @param request The size of a request, in bytes: data are handed over as soon as there is as much of them, in ranges of whole requests.
 */
export async function* plan(
  source: RandomSource,
  range: Range,
  block: bigint,
  request: number,
  signal: AbortSignal,
): AsyncGenerator<Known, undefined> {
  const known = source.known(range, signal);
  if (known === undefined) {
    yield { ...range, content: 'data' };
    return;
  }
  const step = up(BigInt(request), block);
  let position = range.start;
  function* left({ start, end, content }: Known): Generator<Known, undefined> {
    const first = most(position, up(start, block));
    const last = end >= range.end ? range.end : end - (end % block);
    if (content === 'data' || last <= first) return;
    if (first > position) yield { start: position, end: first, content: 'data' };
    yield { start: first, end: last, content };
    position = last;
  }
  /** What a server tells in several parts is one where it is not read: the parts may end anywhere. */
  let run: Known | undefined;
  for await (const told of known) {
    if (run !== undefined && run.content !== told.content) yield* left(run);
    run = run?.content === told.content ? { ...run, end: told.end } : told;
    if (run.content !== 'data') continue;
    const whole = run.end - ((run.end - position) % step);
    if (whole > position) yield { start: position, end: whole, content: 'data' };
    position = whole;
  }
  if (run !== undefined) yield* left(run);
  if (position < range.end) yield { start: position, end: range.end, content: 'data' };
}

const up = (value: bigint, block: bigint): bigint => value + ((block - (value % block)) % block);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
