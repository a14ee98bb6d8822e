// An error that names ranges of a disk.
import { type ErrnoCode, NBDError, type NBDErrorOptions } from '../base/errors.js';
import type { Range } from './ranges.js';

/** A range of a disk, in bytes. */
export interface DiskRange {
  readonly offset: bigint;
  readonly length: bigint;
}

/** An error that says which bytes of the disk it leaves in doubt: made by a disk of {@link openDisk}. */
export class DiskError extends NBDError {
  /** What is not known to be on the disk as it was written, in the order of offsets. */
  readonly ranges: readonly DiskRange[];

  constructor(message: string, code: ErrnoCode | null, ranges: Iterable<Range>, options?: NBDErrorOptions) {
    super(message, code, options);
    this.ranges = diskRanges(ranges);
  }
}

export const diskRanges = (ranges: Iterable<Range>): DiskRange[] =>
  Array.from(ranges, ({ start, end }) => ({ offset: start, length: end - start }));
