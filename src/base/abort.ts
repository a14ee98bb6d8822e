// Thousands of commands may share an AbortSignal. They share one listener on it, since Node warns of a leak after ten.

/** What every call that waits takes. */
export interface WaitOptions {
  /**
   * Rejects the promise with the signal's reason as soon as it fires. The command itself cannot be taken back: libnbd keeps its
   * memory until the server has answered or the handle is closed.
   */
  signal?: AbortSignal | undefined;
}

/** What settles a promise. */
export interface Settler<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * A settler that also rejects, with the signal's reason, when the signal fires; `onabort` is called then. The signal is forgotten as
 * soon as the promise is settled.
 */
export function abortable<T>(signal: AbortSignal | undefined, settler: Settler<T>, onabort?: () => void): Settler<T> {
  if (signal === undefined) return settler;
  const forget = onAbort(signal, () => {
    settler.reject(signal.reason);
    onabort?.();
  });
  return {
    resolve(value) {
      forget();
      settler.resolve(value);
    },
    reject(error) {
      forget();
      settler.reject(error);
    },
  };
}

const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal fires. Returns what takes that back. */
function onAbort(signal: AbortSignal, callback: () => void): () => void {
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
