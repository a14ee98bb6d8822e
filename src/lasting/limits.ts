// Ends of waiting: a time limit, an abort, whichever comes first.
import { onAbort } from '../base/abort.js';
import type { Timing } from './timing.js';

/** A promise's outcome, or a signal's reason if the signal fires first. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => {}); // nobody waits for it any more
      reject(signal.reason);
      return;
    }
    const forget = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(forget);
  });
}

/**
 * Does something within so many milliseconds. Its signal fires when they are over, or when one of the signals does; then the promise rejects
 * at once, whatever becomes of the work.
 */
export async function within<T>(
  timing: Timing,
  milliseconds: number,
  tooLate: () => Error,
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const forget = signals.flatMap((signal) => {
    signal?.throwIfAborted();
    return signal === undefined ? [] : [onAbort(signal, () => limit.abort(signal.reason))];
  });
  if (Number.isFinite(milliseconds)) forget.push(timing.after(milliseconds, () => limit.abort(tooLate())));
  try {
    return await orAbort(work(limit.signal), limit.signal);
  } finally {
    for (const one of forget) one();
  }
}

/** Waits so many milliseconds; rejects with the signal's reason when it fires meanwhile. */
export function pause(timing: Timing, milliseconds: number, signal: AbortSignal): Promise<void> {
  let cancel = () => {};
  const over = new Promise<void>((resolve) => {
    cancel = timing.after(milliseconds, resolve);
  });
  return orAbort(over, signal).finally(cancel);
}
