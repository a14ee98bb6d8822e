// Thousands of commands may share an AbortSignal: they share one listener on it as well, since Node warns of a leak after ten.

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
