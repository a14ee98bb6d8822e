// Thousands of commands may share an AbortSignal. They share one listener on it, since Node warns of a leak after ten.

import { describe } from './describe.js';

/** What every call that waits takes. */
export interface WaitOptions {
  /**
   * Rejects the promise with the signal's reason as soon as it fires. The command itself cannot be taken back: libnbd keeps its
   * memory until the server has answered or the handle is closed.
   */
  signal?: AbortSignal | undefined;
}

/** The signal of options that somebody gave; a TypeError in the name of the call for what is none. */
export function checkedSignal(call: string, options: unknown): AbortSignal | undefined {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${call}: options must be an object, not ${describe(options)}`);
  }
  const signal = 'signal' in options ? options.signal : undefined;
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError(`${call}: signal must be an AbortSignal, not ${describe(signal)}`);
}

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal fires. Returns what takes that back. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const callbacks = waiting.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

function listen(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>();
  waiting.set(signal, callbacks);
  const signalOnAbort = () => {
    for (const callback of callbacks) callback();
    callbacks.clear();
  };
  signal.addEventListener('abort', signalOnAbort, { once: true });
  return callbacks;
}

/** A promise that rejects with the signal's reason as soon as that fires; what it stood for goes on, and is not heard of again. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const forget = onAbort(signal, () => reject(signal.reason));
    promise.then(resolve, reject).finally(forget);
  });
}
