// Why a POSIX call of libnbd's failed. libnbd gets an error number. The platform's exception is kept for the error that follows.
import { codeOf, type ErrnoCode, errnoOf } from '../../base/errors.js';

/** An error number as a call returns it: negated. */
export const negated = (code: ErrnoCode): number => -errnoOf(code);

export class Failures {
  /** The exception that made the last POSIX call fail. Reset before each call of a user's. */
  lastCause: unknown;

  /** Runs an action for its result. An exception becomes an error number, and the last cause. */
  attempt(action: () => number): number {
    try {
      return action();
    } catch (error) {
      this.lastCause = error;
      return negated(codeOf(error, 'EIO'));
    }
  }
}
