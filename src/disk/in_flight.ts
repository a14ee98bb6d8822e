// Requests in flight, up to a bound.
import { integer } from '../base/integers.js';

const defaultInFlight = 16;

export function checkedInFlight(call: string, { inFlight = defaultInFlight }: { inFlight?: number | undefined }): number {
  return integer(call, 'inFlight', inFlight, 1, Number.MAX_SAFE_INTEGER);
}

/** Bounds how many requests run at a time. When one fails, the next `add`, or `end`, throws its error. */
export class InFlight {
  readonly #inFlight: number;
  #running = 0;
  #failure: { error: unknown } | undefined;
  /** Those who wait for a request to end. A race of all requests would cost as many callbacks for each of them. */
  #waiting: (() => void)[] = [];

  constructor(inFlight: number) {
    this.#inFlight = inFlight;
  }

  async add(request: Promise<void>): Promise<void> {
    this.#running++;
    request.then(this.#requestOnEnd, (error: unknown) => {
      this.#failure ??= { error };
      this.#requestOnEnd();
    });
    while (this.#running >= this.#inFlight && this.#failure === undefined) await this.#nextEnd();
    if (this.#failure !== undefined) await this.end();
  }

  /** Waits for all of them, even when one has failed: only then are the caller's buffers its own again. */
  async end(): Promise<void> {
    while (this.#running > 0) await this.#nextEnd();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  readonly #requestOnEnd = () => {
    this.#running--;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  };
}
