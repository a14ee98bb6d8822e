// The two ends of a copy. Each is either read or written at random, by several requests at a time, or from its beginning to its end.
import type { Range } from '../disk/ranges.js';
import type { Journal } from './journal.js';

/** What is known of a range before it is read. `clean` is what has not changed and need not be copied. */
export interface Known extends Range {
  content: 'data' | 'zero' | 'clean';
}

interface End {
  /** For the text of an error. */
  readonly name: string;
  /** The size of the blocks that it handles best, in bytes, a multiple of the smallest that it takes; undefined where nothing is known of it. */
  readonly preferred?: number | undefined;
  /** Over how many connections its requests go; undefined where there are none, or one. */
  readonly connections?: number | undefined;
  /** The file behind it: the same for both ends means that a copy would destroy what it reads. */
  readonly file?: string | undefined;
}

export interface RandomSource extends End {
  readonly isRandom: true;
  /** In bytes. */
  readonly size: bigint;
  /** Requests are a multiple of this, but for the last. */
  readonly block: number;
  /** The most that a request may ask for, in bytes. */
  readonly longest: number;
  /** Tells this source from another; undefined where nothing does. */
  readonly identity: string | undefined;
  /** Fills the view. */
  readInto(view: Uint8Array<ArrayBuffer>, at: bigint, signal: AbortSignal): Promise<void>;
  /** What is known of a range, without gaps. Undefined where the source cannot tell: all of it is data. */
  known(range: Range, signal: AbortSignal): AsyncIterable<Known> | undefined;
  close(): Promise<void>;
}

export interface SequentialSource extends End {
  readonly isRandom: false;
  /** In bytes; undefined until its end. */
  readonly size: bigint | undefined;
  /** The next bytes; undefined at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Called once, whether the end was reached or not; with an error when nothing more is wanted. */
  close(error?: unknown): Promise<void>;
}

export type Source = RandomSource | SequentialSource;

export interface RandomDestination extends End {
  readonly isRandom: true;
  /** How many bytes fit; undefined for one that grows. */
  readonly room: bigint | undefined;
  /** Whether all writes would be refused. */
  readonly isReadOnly?: boolean | undefined;
  /** Requests are a multiple of this, but for the last. */
  readonly block: number;
  /** The most that a request may carry, in bytes. */
  readonly longest: number;
  /** Whether `zero` costs less than a write. */
  readonly canZero: boolean;
  /** The most that `zero` takes, in bytes. */
  readonly longestZero: number;
  /** Where a copy keeps what it has done; undefined where it cannot go on later. */
  readonly journal: Journal | undefined;
  /** Called before `begin` by a copy that goes on with nothing of an earlier one. `file`, `journal` and `written` may be others after it. */
  startAnew?(): Promise<void>;
  /**
   * Called once before the first write. `length` is undefined for a copy whose length shows at its end; `keep` leaves what is there.
   * Resolves with whether all that is not written will read as zeroes.
   */
  begin(length: bigint | undefined, keep: boolean): Promise<boolean>;
  write(bytes: Uint8Array<ArrayBuffer>, at: bigint, signal: AbortSignal): Promise<void>;
  zero(count: number, at: bigint, signal: AbortSignal): Promise<void>;
  flush(signal: AbortSignal): Promise<void>;
  /** What was written, to be read again. Undefined where that is possible only after `finish`. */
  readonly written: RandomSource | undefined;
  /** Called once when all is written and flushed. What was written, for those that could not tell before. */
  finish(length: bigint): Promise<RandomSource | undefined>;
  /** Called once in place of `finish`. `keep` leaves what a later copy goes on with. */
  abandon(keep: boolean): Promise<void>;
}

export interface SequentialDestination extends End {
  readonly isRandom: false;
  /** Takes the bytes for good; resolves when it wants more. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Called once, when all is written. */
  finish(): Promise<void>;
  /** Called once in place of `finish`. */
  abandon(error: unknown): Promise<void>;
}

export type Destination = RandomDestination | SequentialDestination;
