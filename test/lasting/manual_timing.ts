// A clock that goes on when the test says so.
import { setImmediate } from 'node:timers/promises';

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

export class ManualTiming {
  #now = 0;
  readonly #timers = new Set<Timer>();

  now = () => this.#now;
  random = () => 1;

  after = (milliseconds: number, action: () => void): (() => void) => {
    const timer = { due: this.#now + milliseconds, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  meanwhile = this.after;

  /** Fires the timers that are due within so many milliseconds, each at its time; what follows from each happens in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
      if (next === undefined) break;
      this.#now = next.due;
      this.#timers.delete(next);
      next.action();
      await setImmediate();
    }
    this.#now = end;
  }

  /** Advances, step by step, until a promise has settled. */
  async until<T>(promise: Promise<T>, step = 50): Promise<T> {
    let isSettled = false;
    promise.then(
      () => {
        isSettled = true;
      },
      () => {
        isSettled = true;
      },
    );
    while (!isSettled) {
      await this.advance(step);
      await setImmediate();
    }
    return promise;
  }
}
