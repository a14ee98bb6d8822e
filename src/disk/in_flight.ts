// Requests in flight, up to a bound.
import { integer } from '../base/integers.js';

const defaultInFlight = 16;

export function checkedInFlight(call: string, { inFlight = defaultInFlight }: { inFlight?: number | undefined }): number {
  return integer(call, 'inFlight', inFlight, 1, Number.MAX_SAFE_INTEGER);
}

/** Bounds how many requests run at a time. When one fails, the next `add`, or `end`, throws its error. */
export class InFlight {
  readonly #inFlight: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;
  /** Those who wait for a request to end. A race of all requests would cost as many callbacks for each of them. */
  #waiting: (() => void)[] = [];

  constructor(inFlight: number) {
    this.#inFlight = inFlight;
  }

  async add(request: Promise<void>): Promise<void> {
    const running = request
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => {
        this.#running.delete(running);
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const resolve of waiting) resolve();
      });
    this.#running.add(running);
    while (this.#running.size >= this.#inFlight && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    if (this.#failure !== undefined) await this.end();
  }

  /** Waits for all of them, even when one has failed: only then are the caller's buffers its own again. */
  async end(): Promise<void> {
    await Promise.all(this.#running); // the promises themselves, so that the stack of an error leads to whoever awaits this
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
