// Moves the bytes: four ways, since each end is either at random or from its beginning to its end.
import { abortable } from '../base/abort.js';
import { NBDError } from '../base/errors.js';
import { InFlight } from '../disk/in_flight.js';
import { RangeSet } from '../disk/range_set.js';
import { type Piece, pieces, type Range } from '../disk/ranges.js';
import { ahead } from './ahead.js';
import { BufferPool } from './buffer_pool.js';
import { chunks } from './chunks.js';
import type { RandomDestination, RandomSource, SequentialDestination, SequentialSource } from './ends.js';
import { boundedInFlight, requestSizeFor, type Settings } from './options.js';
import { Output, type OutputOptions } from './output.js';
import { plan } from './plan.js';
import type { Meter } from './progress.js';

/** So many requests write again what a server lost. */
const rewritesInFlight = 8;

export interface Run {
  readonly settings: Settings;
  readonly meter: Meter;
  readonly signal: AbortSignal;
}

/** What of the source is to be copied, and what is known of the destination. */
export interface RandomRun extends Run {
  readonly ranges: Iterable<Range>;
  readonly isZero: boolean;
  readonly flushed: OutputOptions['flushed'];
}

/** How many bytes were sent as data. */
export async function copyAtRandom(source: RandomSource, destination: RandomDestination, run: RandomRun): Promise<bigint> {
  const { settings, meter, signal } = run;
  const size = requestSizeFor(settings, source, destination);
  const block = Math.max(source.block, destination.block);
  // What is clean is left out in the smallest blocks: beside it, all that is copied was changed.
  const unit = settings.onlyDirty === undefined ? Math.max(block, destination.preferred ?? 1) : block;
  const pool = new BufferPool(size);
  const window = new InFlight(boundedInFlight(settings, size));

  const transfer = async ({ at, count }: Piece, put: Output['put']) => {
    const buffer = pool.take();
    const bytes = count === buffer.length ? buffer : buffer.subarray(0, count);
    await source.readInto(bytes, at, signal);
    await put(bytes, at);
    pool.give(buffer); // after a failure the buffer may still be in use
  };
  const rewrite = async (lost: Iterable<Range>) => {
    const again = new InFlight(rewritesInFlight); // beside the other one, which goes on
    await whole(again, async () => {
      for (const range of new RangeSet(lost)) {
        const blocks = { start: range.start - (range.start % BigInt(block)), end: least(up(range.end, block), source.size) };
        for (const piece of pieces(blocks, size)) await again.add(transfer(piece, (bytes, at) => output.putAgain(bytes, at)));
      }
    });
  };
  const copied = async (piece: Piece) => {
    await transfer(piece, (bytes, at) => output.put(bytes, at));
    meter.add(piece.count);
  };
  const zeroed = async (range: Range) => {
    await output.zero(range);
    meter.add(range.end - range.start);
  };
  const output = new Output(destination, { ...settings, ...run, rewrite });

  try {
    await whole(window, async () => {
      for (const range of run.ranges) {
        for await (const { content, ...part } of plan(source, range, BigInt(unit), size, signal)) {
          if (content === 'clean') meter.add(part.end - part.start);
          else if (content === 'zero') {
            for (const { at, count } of pieces(part, zeroSizeFor(destination, output))) {
              await output.room();
              await window.add(zeroed({ start: at, end: at + BigInt(count) }));
            }
          } else {
            for (const piece of pieces(part, size)) {
              await output.room();
              await window.add(copied(piece));
            }
          }
        }
      }
    });
  } catch (error) {
    if (settings.resume) await output.end().catch(() => {}); // what has come so far is done; the first failure is the one to tell
    throw error;
  }
  await output.end();
  return output.written;
}

/** From a stream to a destination at random: chunks of any size become requests. Its length, and how many bytes were sent as data. */
export async function copyFromStream(
  source: SequentialSource,
  destination: RandomDestination,
  { settings, meter, signal, isZero }: Run & Pick<RandomRun, 'isZero'>,
): Promise<{ length: bigint; written: bigint }> {
  const size = requestSizeFor(settings, destination);
  const pool = new BufferPool(size);
  const window = new InFlight(boundedInFlight(settings, size));
  const output = new Output(destination, { ...settings, isZero, signal, rewrite: undefined, flushed: async () => {} });
  let at = 0n;
  let block = pool.take();
  let filled = 0;
  const writeBlock = async () => {
    const [buffer, count, start] = [block, filled, at];
    const put = async () => {
      await output.put(count === buffer.length ? buffer : buffer.subarray(0, count), start);
      pool.give(buffer);
      meter.add(count);
    };
    at += BigInt(count);
    await output.room();
    await window.add(put());
    block = pool.take();
    filled = 0;
  };
  await whole(window, async () => {
    for await (const chunk of chunks(source, signal)) {
      refuseOverflow(destination, at + BigInt(filled + chunk.length));
      for (let done = 0; done < chunk.length; ) {
        const count = Math.min(chunk.length - done, size - filled);
        block.set(chunk.subarray(done, done + count), filled);
        filled += count;
        done += count;
        if (filled === size) await writeBlock();
      }
    }
    if (filled > 0) await writeBlock();
  });
  await output.end();
  return { length: at, written: output.written };
}

/** To a stream: requests run ahead of it, and their bytes are handed over in order. */
export async function copyToStream(
  source: RandomSource,
  destination: SequentialDestination,
  { settings, meter, signal }: Run,
): Promise<bigint> {
  const size = requestSizeFor(settings, source);
  const inFlight = boundedInFlight(settings, size);
  const read = async ({ at, count }: Piece, isZero: boolean) => {
    const bytes = new Uint8Array(count); // the stream keeps it
    if (!isZero) await source.readInto(bytes, at, signal);
    return bytes;
  };
  async function* work() {
    for await (const { content, ...part } of plan(source, { start: 0n, end: source.size }, BigInt(source.block), size, signal)) {
      for (const piece of pieces(part, size)) yield () => read(piece, content === 'zero');
    }
  }
  for await (const bytes of ahead(work(), inFlight)) {
    const count = bytes.length;
    await abortable(destination.write(bytes), signal);
    meter.add(count);
  }
  return source.size;
}

/** From a stream to a stream. */
export async function passOn(
  source: SequentialSource,
  destination: SequentialDestination,
  { meter, signal }: Run,
): Promise<bigint> {
  for await (const chunk of chunks(source, signal)) {
    const { length } = chunk;
    await abortable(destination.write(new Uint8Array(chunk)), signal); // the chunk is the source's, and the stream keeps what it is given
    meter.add(length);
  }
  return meter.bytes;
}

/** A stream may turn out longer than the room for it. */
export function refuseOverflow({ name, room }: RandomDestination, length: bigint): void {
  if (room === undefined || length <= room) return;
  throw new NBDError(`${name} has room for ${room} bytes, and there are at least ${length} to copy`, 'ENOSPC');
}

/** Runs what adds to the window, and waits for all that runs, even after a failure: only then are files closed. */
async function whole(window: InFlight, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await window.end().catch(() => {}); // the first failure is the one that counts
    throw error;
  }
  await window.end();
}

/** Zeroes that are left out cost nothing, however many. */
const zeroSizeFor = ({ longestZero }: RandomDestination, { skipsZeroes }: Output): number =>
  skipsZeroes ? 2 ** 40 : longestZero;

const up = (value: bigint, block: number): bigint => value + ((BigInt(block) - (value % BigInt(block))) % BigInt(block));
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
