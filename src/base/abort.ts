// Thousands of commands may share an AbortSignal: they share one listener on it as well, since Node warns of a leak after ten.

/** What every call that waits takes. */
export interface WaitOptions {
  /**
   * Rejects the promise with the signal's reason as soon as it fires. The command itself cannot be taken back: libnbd keeps its
   * memory until the server has answered or the handle is closed.
   */
  signal?: AbortSignal | undefined;
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
