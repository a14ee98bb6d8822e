// What a copy fails with, once it has begun: it says how far the copy came.
import { codeOf, detailOf, type ErrnoCode, isErrnoCode, NBDError } from '../base/errors.js';

export class CopyError extends NBDError {
  /** How many bytes were copied, zeroes and what was skipped included; not all of them are on stable storage. */
  readonly bytes: bigint;

  constructor(message: string, code: ErrnoCode | null, bytes: bigint, options: ErrorOptions & { isFatal?: boolean }) {
    super(message, code, options);
    this.bytes = bytes;
  }
}

/** The error of a copy that one of its ends ended. An exception that is nobody's report, such as a callback's, stays what it is. */
export function copyError(error: unknown, bytes: bigint, total: bigint | undefined): unknown {
  const code = error instanceof NBDError ? (error.code as ErrnoCode | null) : codeOfReport(error);
  if (code === undefined) return error;
  const howFar = total === undefined ? `${bytes} bytes were copied` : `${bytes} of ${total} bytes were copied`;
  const text = detailOf(error) || (error as Error).message;
  const isFatal = error instanceof NBDError && error.isFatal;
  return new CopyError(`copy: ${text.replace(/^copy: /, '')} (${howFar})`, code, bytes, { cause: error, isFatal });
}

/** The code of a system call's error; undefined for another exception. */
function codeOfReport(error: unknown): ErrnoCode | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return isErrnoCode(error.code) ? error.code : codeOf(error, 'EIO');
}
