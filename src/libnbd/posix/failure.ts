// Why a call of libnbd's failed: its error number for libnbd, and what the platform told of it for the error that libnbd makes.
import { codeOf, type ErrnoCode, errnoOf } from '../../base/errors.js';

/** An error number as a call returns it: negated. */
export const negated = (code: ErrnoCode): number => -errnoOf(code);

export class Failures {
  /** What made the last call fail, as the platform told it. Reset before each call that a user makes. */
  lastCause: unknown;

  /** The result of an action; what it throws becomes the call's error number, and the last cause. */
  attempt(action: () => number): number {
    try {
      return action();
    } catch (error) {
      this.lastCause = error;
      return negated(codeOf(error, 'EIO'));
    }
  }
}
