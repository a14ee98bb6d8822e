// The errors of a disk that stays: which end a connection, and what they say of a call.
import { codeOf, NBDError } from '../base/errors.js';
import { DiskError } from '../disk/disk_error.js';
import type { Range } from '../disk/ranges.js';

/** Whether an error says that the connection is over, or that the server goes: all other errors are the disk's or the caller's. */
export function endsConnection(error: unknown): error is NBDError {
  return error instanceof NBDError && (error.isFatal || error.code === 'ESHUTDOWN');
}

/** The error of a call that was not answered, told of the call and its range. */
export function unanswered(call: string, error: NBDError, range?: Range): NBDError {
  return new NBDError(told(call, error, range), codeOf(error, 'ENOTCONN'), {
    cause: error.cause ?? error,
    isFatal: error.isFatal,
  });
}

/** The same of a change that the server may have made: of a flush, `range` is undefined and `ranges` is all that it was about. */
export function inDoubt(call: string, error: NBDError, ranges: Iterable<Range>, range?: Range): DiskError {
  const doubt = range === undefined ? '' : ': the server may have made the change, or may still make it';
  const options = { cause: error.cause ?? error, isFatal: error.isFatal };
  return new DiskError(`${told(call, error, range)}${doubt}`, codeOf(error, 'ENOTCONN'), ranges, options);
}

function told(call: string, { message }: NBDError, range: Range | undefined): string {
  const text = message.startsWith('nbd_') ? message : `${call}: ${message}`;
  if (range === undefined || text.includes('at offset')) return text;
  return `${text} (${range.end - range.start} bytes at offset ${range.start})`;
}
