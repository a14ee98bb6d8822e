// copy(): from anything that has bytes to anything that takes them.
//
// 1. Open both ends, and refuse what cannot be done before the first byte is written.
// 2. Take up the journal, if the copy is to be resumed.
// 3. Move the bytes (run.ts), flush, and verify if asked to.
// 4. Finish the destination: a new file gets its name now. After a failure, abandon it, and say how far the copy came.
import { abortable } from '../base/abort.js';
import { NBDError } from '../base/errors.js';
import { RangeSet } from '../disk/range_set.js';
import { copyError } from './copy_error.js';
import type { Destination, RandomDestination, RandomSource, Source } from './ends.js';
import type { JournalSource } from './journal.js';
import { openDestination, openSource, type Platform } from './open.js';
import { type CopyOptions, checkedOptions, type Settings } from './options.js';
import { Meter } from './progress.js';
import { copyAtRandom, copyFromStream, copyToStream, passOn, refuseOverflow } from './run.js';
import { isDone, verify } from './verify.js';

export interface CopyResult {
  /** The length of what was copied, in bytes: zeroes, what was not dirty and what an earlier copy had done included. */
  bytes: bigint;
  /** How many of them were sent to the destination as data now. */
  written: bigint;
}

export async function copyWith(platform: Platform, from: unknown, to: unknown, options: CopyOptions): Promise<CopyResult> {
  const settings = checkedOptions(options);
  const { signal = new AbortController().signal } = options;
  signal.throwIfAborted();
  const source = await openSource('copy', from, platform, settings);
  let destination: Destination | undefined;
  let meter: Meter | undefined;
  try {
    destination = await openDestination('copy', to, platform, { ...settings, source: source.file });
    refuse(source, destination, settings);
    meter = new Meter(options, source.size);
    const result = await move(source, destination, { options, settings, meter, signal });
    await source.close();
    return result;
  } catch (error) {
    const failure = signal.aborted ? signal.reason : meter === undefined ? error : copyError(error, meter.bytes, meter.total);
    // What goes wrong while the ends are let go comes of the same failure, which is the one to tell.
    await Promise.allSettled([source.close(failure), destination?.abandon(destination.isRandom ? settings.resume : failure)]);
    throw failure;
  }
}

/** Refuses what cannot succeed. */
function refuse(source: Source, destination: Destination, { resume, verify, onlyDirty }: Settings): void {
  if (destination.isRandom && destination.isReadOnly) {
    throw new NBDError(`copy: ${destination.name} is read-only, and cannot be written to`, 'EROFS');
  }
  if (destination.isRandom && source.size !== undefined) refuseOverflow(destination, source.size);
  if (source.file !== undefined && source.file === destination.file) {
    throw new NBDError(`copy: ${source.name} would be copied to itself`, 'EINVAL');
  }
  const isAtRandom = source.isRandom && destination.isRandom;
  if (resume && !(isAtRandom && destination.journal !== undefined)) {
    throw new TypeError('copy: resume needs a source that can be read at random, and the path of a regular file to copy to');
  }
  if (verify && !isAtRandom) throw new TypeError('copy: verify needs ends that can be read again: a stream cannot');
  if (onlyDirty !== undefined && !destination.isRandom) {
    throw new TypeError('copy: onlyDirty needs a destination whose other bytes stay as they are: a stream has none');
  }
}

interface Work {
  readonly options: CopyOptions;
  readonly settings: Settings;
  readonly meter: Meter;
  readonly signal: AbortSignal;
}

async function move(source: Source, destination: Destination, work: Work): Promise<CopyResult> {
  if (!destination.isRandom) {
    const written = source.isRandom ? await copyToStream(source, destination, work) : await passOn(source, destination, work);
    work.meter.end(written);
    await abortable(destination.finish(), work.signal);
    return { bytes: written, written };
  }
  if (source.isRandom) return moveAtRandom(source, destination, work);
  const isZero = (await destination.begin(source.size, false)) || work.settings.destinationIsZero;
  const { length, written } = await copyFromStream(source, destination, { ...work, isZero });
  work.meter.end(length);
  await destination.finish(length);
  return { bytes: length, written };
}

async function moveAtRandom(source: RandomSource, destination: RandomDestination, work: Work): Promise<CopyResult> {
  const { settings, meter } = work;
  const { size, identity } = source;
  const all = { start: 0n, end: size };
  const journalSource: JournalSource = { size, identity, selection: settings.onlyDirty };
  const left = settings.resume ? await destination.journal?.load(journalSource) : undefined;
  const isOurs = left !== undefined && destination.written !== undefined;
  const resumed = isOurs && (await isDone(left.done, source, destination.written, work)) ? left : undefined;
  if (resumed === undefined) {
    await destination.journal?.remove();
    await destination.startAnew?.();
  }
  const done = new RangeSet(resumed?.done);
  const begunZero = await destination.begin(size, resumed !== undefined || settings.onlyDirty !== undefined);
  const isZero = begunZero || (resumed?.isZero ?? false) || settings.destinationIsZero;
  meter.begin(done.bytes);
  const { journal } = destination;
  const flushed = async (ranges: RangeSet) => {
    done.addAll(ranges);
    if (settings.resume) await journal?.save(journalSource, { done, isZero });
  };
  const ranges = [...done.gaps(all)];
  const written = await copyAtRandom(source, destination, { ...work, ranges, isZero, flushed });
  meter.end();
  const verified = async (copied: RandomSource | undefined) => {
    if (settings.verify && copied !== undefined)
      await verify(source, copied, { ...work, meter: new Meter(work.options, size, 'verify') });
  };
  await verified(destination.written);
  await verified(await destination.finish(size));
  await journal?.remove();
  return { bytes: size, written };
}
