// What settles a promise: once, whatever comes first of an answer, an error and an abort.
import { onAbort } from './abort.js';
import { failLater } from './fail_later.js';

export class Settler<T> {
  readonly #resolve: (value: T | Promise<never>) => void;
  readonly #reject: (error: unknown) => void;
  readonly #forget: (() => void) | undefined;
  #isSettled = false;

  /** When the signal fires, the promise rejects with the signal's reason, and `onabort` is called. */
  constructor(
    resolve: (value: T | Promise<never>) => void,
    reject: (error: unknown) => void,
    signal?: AbortSignal,
    onabort?: () => void,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#forget =
      signal &&
      onAbort(signal, () => {
        this.#isSettled = true;
        reject(signal.reason);
        onabort?.();
      });
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  /** Rejects with an error that is made when its stack can tell who awaits the promise. */
  fail(make: () => unknown): void {
    if (this.#settle()) this.#resolve(failLater(make)); // of a second error nobody would hear, and the platform would complain
  }

  /** Whether it is the first that settles the promise. */
  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#forget?.();
    return true;
  }
}
