// How long to wait before the next attempt to connect: twice as long each time, and never for all clients alike.
import type { Timing } from './timing.js';

const firstDelay = 100;

export class Backoff {
  readonly #attempts: number;
  readonly #maxDelay: number;
  readonly #timing: Pick<Timing, 'random'>;
  #made = 0;

  constructor(attempts: number, maxDelay: number, timing: Pick<Timing, 'random'>) {
    this.#attempts = attempts;
    this.#maxDelay = maxDelay;
    this.#timing = timing;
  }

  /** The milliseconds before the next attempt; undefined when there were enough. */
  next(): number | undefined {
    if (this.#made >= this.#attempts) return undefined;
    const whole = Math.min(this.#maxDelay, firstDelay * 2 ** this.#made++);
    return whole * (0.5 + this.#timing.random() / 2);
  }

  /** The server has answered: the next outage is another one. */
  reset(): void {
    this.#made = 0;
  }
}
