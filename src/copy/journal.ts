// What a copy remembers of itself, so that another can go on after it was killed.
import type { Range } from '../disk/ranges.js';

export interface Journal {
  /** What the last copy left. Undefined where nothing fits the source and what is there now. */
  load(source: JournalSource): Promise<JournalState | undefined>;
  /** Called with what is on stable storage. */
  save(source: JournalSource, state: JournalState): Promise<void>;
  remove(): Promise<void>;
}

/** What must be the same when a copy goes on. */
export interface JournalSource {
  readonly size: bigint;
  readonly identity: string | undefined;
  /** What of the source is copied: a metadata context, or all. */
  readonly selection: string | undefined;
}

export interface JournalState {
  readonly done: Iterable<Readonly<Range>>;
  /** Whether all that is not done reads as zeroes. */
  readonly isZero: boolean;
}
