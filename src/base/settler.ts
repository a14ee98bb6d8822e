// What settles a promise: once, whatever comes first of an answer, an error and an abort.
import { onAbort } from './abort.js';
import { failLater } from './fail_later.js';

export class Settler<T> {
  readonly #resolve: (value: T | Promise<never>) => void;
  readonly #reject: (error: unknown) => void;
  #forget: (() => void) | undefined;
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
    if (signal !== undefined) this.abortBy(signal, onabort);
  }

  /** When the signal fires, the promise rejects with the signal's reason, and `onabort` is called. */
  abortBy(signal: AbortSignal, onabort?: () => void): void {
    this.#forget = onAbort(signal, () => {
      this.#isSettled = true;
      this.#reject(signal.reason);
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

/** A settler with a promise of its own. */
export class Deferred<T> extends Settler<T> {
  readonly promise: Promise<T>;

  constructor() {
    const promise = new Promise<T>(capture as Executor<T>);
    super(captured.resolve, captured.reject);
    this.promise = promise;
  }
}

type Executor<T> = (resolve: (value: T | PromiseLike<T>) => void, reject: (error: unknown) => void) => void;

// One executor for all, which a promise calls before its constructor returns: a closure of each would double what a request costs.
const captured: { resolve: (value: unknown) => void; reject: (error: unknown) => void } = { resolve: () => {}, reject: () => {} };
const capture: Executor<unknown> = (resolve, reject) => {
  captured.resolve = resolve;
  captured.reject = reject;
};
