// Requests in flight, up to a bound.

const defaultInFlight = 16;

export function checkedInFlight(inFlight: number = defaultInFlight): number {
  if (!Number.isInteger(inFlight) || inFlight < 1) throw new RangeError(`inFlight must be a positive integer, not ${inFlight}`);
  return inFlight;
}

/** The first that fails fails whoever adds the next or waits for the end. */
export class InFlight {
  readonly #inFlight: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  constructor(inFlight: number | undefined) {
    this.#inFlight = checkedInFlight(inFlight);
  }

  async add(request: Promise<void>): Promise<void> {
    const running = request.then(
      () => {
        this.#running.delete(running);
      },
      (error: unknown) => {
        this.#running.delete(running);
        this.#failure ??= { error };
      },
    );
    this.#running.add(running);
    while (this.#running.size >= this.#inFlight && this.#failure === undefined) await Promise.race(this.#running);
    if (this.#failure !== undefined) await this.end();
  }

  /** Waits for all of them, also when one has failed: the caller's buffers are its own again then. */
  async end(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
