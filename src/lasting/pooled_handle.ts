// One handle of a disk that stays, with its requests in flight: how many, for how long, and whether the server is still there.
import { NBDError } from '../base/errors.js';
import { endsConnection } from './failures.js';
import type { RemoteDisk } from './remote_disk.js';
import type { Timing } from './timing.js';

export interface HandleLimits {
  /** Milliseconds that a request may take. */
  readonly timeout: number;
  /** Milliseconds without a request after which the server is asked something. */
  readonly keepalive: number;
  readonly timing: Timing;
}

/** A request was not answered in time. */
export class RequestTimeout extends Error {}

interface Request {
  readonly since: number;
  readonly settled: Promise<unknown>;
  readonly fail: (error: Error) => void;
}

export class PooledHandle {
  readonly nbd: RemoteDisk;
  /** Why it is over; undefined while it is in use. */
  ended: NBDError | undefined;
  /** Whether it was given up since the server was silent: what was in flight may still be under way there. */
  isStuck = false;
  readonly #limits: HandleLimits;
  readonly #probeSize: number;
  readonly #inFlight = new Set<Request>();
  readonly #onanswer: () => void;
  readonly #onend: (handle: PooledHandle) => void;
  #lastAnswer: number;
  /** When the timer fires. */
  #due = Number.POSITIVE_INFINITY;
  #stopTimer: (() => void) | undefined;
  #closed: Promise<unknown> = Promise.resolve();

  /** `probeSize` is what a probe reads, in bytes; 0 where there is nothing to read. */
  constructor(
    nbd: RemoteDisk,
    probeSize: number,
    limits: HandleLimits,
    listeners: { onanswer: () => void; onend: (handle: PooledHandle) => void },
  ) {
    this.nbd = nbd;
    this.#probeSize = probeSize;
    this.#limits = limits;
    this.#onanswer = listeners.onanswer;
    this.#onend = listeners.onend;
    this.#lastAnswer = limits.timing.now();
    nbd.lost.then((error) => this.end(error));
    this.#watch();
  }

  /** How many requests are in flight. */
  get load(): number {
    return this.#inFlight.size;
  }

  /**
   * Makes a request. `acked` is called when it succeeds, before anybody can see that the handle has ended.
   *
   * @throws RequestTimeout when there is no answer in time; the command stays with libnbd until there is one, or the handle is closed.
   */
  run<T>(request: (nbd: RemoteDisk) => Promise<T>, acked?: (result: T) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const running = start(request, this.nbd);
      const settled = running.then(
        (result) => {
          if (!this.#inFlight.delete(entry)) return; // too late
          this.#answered();
          acked?.(result);
          resolve(result);
        },
        (error: unknown) => {
          if (!this.#inFlight.delete(entry)) return;
          if (error instanceof NBDError && !endsConnection(error)) this.#answered();
          reject(error);
        },
      );
      const entry: Request = { since: this.#limits.timing.now(), settled, fail: reject };
      this.#inFlight.add(entry);
      if (this.#inFlight.size === 1) this.#watch();
    });
  }

  /** Resolves when the server has answered a request that costs it next to nothing; an error of the disk's is an answer as well. */
  async probe(): Promise<void> {
    if (this.#probeSize === 0) return;
    try {
      await this.run((nbd) => nbd.pread(this.#probeSize, 0));
    } catch (error) {
      if (error instanceof RequestTimeout || endsConnection(error)) throw error;
    }
  }

  /** Closes the handle. What is in flight rejects. */
  end(error: NBDError): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    this.#stopTimer?.();
    this.#closed = Promise.resolve(this.nbd.close()).catch(() => {}); // a worker that has ended has closed it
    this.#onend(this);
  }

  /** Once it has ended: resolves when all that was in flight has settled. */
  async drained(): Promise<void> {
    await this.#closed;
    await Promise.all([...this.#inFlight].map(({ settled }) => settled));
  }

  #answered(): void {
    this.#lastAnswer = this.#limits.timing.now();
    this.#onanswer();
  }

  // One timer for all requests: they have the same time limit, so that the first one is the first to reach it. A timer that comes too
  // early does no harm, and is cheaper than one for each request.
  #watch(): void {
    if (this.ended !== undefined) return;
    const { timeout, keepalive, timing } = this.#limits;
    const [oldest] = this.#inFlight;
    const now = timing.now();
    const due = oldest === undefined ? this.#lastAnswer + keepalive : Math.min(oldest.since + timeout, now + keepalive);
    if (due >= this.#due) return;
    this.#stopTimer?.();
    this.#due = due;
    this.#stopTimer = timing.meanwhile(Math.max(0, due - now), () => this.#check());
  }

  #check(): void {
    this.#due = Number.POSITIVE_INFINITY;
    const { timeout, keepalive, timing } = this.#limits;
    const now = timing.now();
    const isIdle = this.#inFlight.size === 0;
    if (isIdle && now >= this.#lastAnswer + keepalive) void this.probe().catch(() => {}); // the handle has ended then
    for (const request of this.#inFlight) if (now >= request.since + timeout) this.#expire(request, now);
    this.#watch();
  }

  #expire(request: Request, now: number): void {
    if (!this.#inFlight.delete(request)) return;
    const { timeout } = this.#limits;
    // Where others were answered meanwhile, only this one takes long.
    const isSilent = now >= this.#lastAnswer + timeout / 2;
    if (isSilent) {
      this.isStuck = true;
      this.end(new NBDError(`the server has answered nothing for ${timeout / 2} ms or longer`, 'ETIMEDOUT', { isFatal: true }));
    }
    request.fail(new RequestTimeout(`there was no answer within ${timeout} ms`));
  }
}

async function start<T>(request: (nbd: RemoteDisk) => Promise<T>, nbd: RemoteDisk): Promise<T> {
  return request(nbd);
}
