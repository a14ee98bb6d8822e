// When that which a test started is ended: with that test, or with the owner that stands for a test which runs in a browser.
import { AsyncLocalStorage } from 'node:async_hooks';
import { onTestFinished } from 'vitest';

type Cleanup = () => unknown;

export class Owner {
  readonly #cleanups: Cleanup[] = [];

  /** Does something on this owner's behalf. */
  run<T>(work: () => T): T {
    return owners.run(this, work);
  }

  add(cleanup: Cleanup): void {
    this.#cleanups.push(cleanup);
  }

  /** Ends everything, the last first, as the end of a test does. */
  async end(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }
}

const owners = new AsyncLocalStorage<Owner>();

/** Has something done at the end. */
export function atEnd(cleanup: Cleanup): void {
  const owner = owners.getStore();
  if (owner === undefined) onTestFinished(async () => void (await cleanup()));
  else owner.add(cleanup);
}
