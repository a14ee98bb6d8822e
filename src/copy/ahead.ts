// Work that is begun ahead of its reader, and whose results come in order.

/** Begins up to `inFlight` pieces of work, and yields what each resolves with. When the reader stops, it waits for those that run. */
export async function* ahead<T>(work: AsyncIterable<() => Promise<T>>, inFlight: number): AsyncGenerator<T, undefined> {
  const running: Promise<T>[] = [];
  try {
    for await (const begin of work) {
      const next = begin();
      next.catch(() => {}); // who takes it from the queue sees it
      running.push(next);
      if (running.length >= inFlight) yield await (running.shift() as Promise<T>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<T>);
  } finally {
    await Promise.allSettled(running);
  }
}
