// The requests of a disk that stays: each is made on one of the connections, and again on another when that one has ended.
//
// - What only reads is repeated.
// - A change whose connection has ended is repeated. Whether the server has made it already does not matter, as long as nobody else changes
//   the same bytes meanwhile: calls that overlap it wait.
// - A change that timed out on a connection that lives, or that was given up since the server was silent, is not repeated: the server may
//   still make it at any time. It rejects with its range.
import { checkedSignal } from '../base/abort.js';
import { NBDError } from '../base/errors.js';
import type { FlagOptions } from '../disk/disk.js';
import type { Range } from '../disk/ranges.js';
import type { Connections } from './connections.js';
import { endsConnection, inDoubt, unanswered } from './failures.js';
import { orAbort } from './limits.js';
import { type PooledHandle, RequestTimeout } from './pooled_handle.js';
import type { RemoteDisk } from './remote_disk.js';
import { Repeats } from './repeats.js';
import type { Unflushed } from './unflushed.js';

/** A request, as often as it is made. */
export interface Request<T> {
  /** libnbd's name of the call. */
  readonly call: string;
  /** What it is about; undefined for a flush. */
  readonly range?: Range;
  readonly isChange: boolean;
  readonly make: (nbd: RemoteDisk) => Promise<T>;
  readonly acked?: (result: T) => void;
}

export class Requests {
  readonly #attempts: number;
  readonly #connections: Connections;
  readonly #unflushed: Unflushed;
  readonly #repeats = new Repeats();

  /** `attempts` is how often a request is repeated. */
  constructor(attempts: number, connections: Connections, unflushed: Unflushed) {
    this.#attempts = attempts;
    this.#connections = connections;
    this.#unflushed = unflushed;
  }

  async perform<T>(request: Request<T>, options: FlagOptions): Promise<T> {
    const { call, range, isChange } = request;
    const signal = checkedSignal(call, options);
    signal?.throwIfAborted();
    let repeat: ReturnType<Repeats['add']> | undefined;
    try {
      for (let tries = 0; ; tries++) {
        if (range !== undefined && repeat === undefined && !this.#repeats.isEmpty) {
          await orAbort(this.#repeats.over(range), signal);
        }
        const handle = this.#connections.pick() ?? (await this.#next(request, tries, signal));
        try {
          return await handle.run(request.make, request.acked);
        } catch (error) {
          this.#assertRepeatable(request, handle, error, tries, signal);
        }
        if (isChange && range !== undefined && repeat === undefined) {
          repeat = this.#repeats.add(range);
          await orAbort(repeat.before, signal);
        }
      }
    } finally {
      repeat?.done();
    }
  }

  /** Waits for a connection. Where there is none, a change that was made before is in doubt. */
  async #next<T>(request: Request<T>, tries: number, signal: AbortSignal | undefined): Promise<PooledHandle> {
    try {
      return await this.#connections.next(signal);
    } catch (error) {
      if (!(error instanceof NBDError)) throw error;
      throw this.#inDoubt(request, error, tries > 0);
    }
  }

  /** Ends a handle whose connection is over. Throws what the call is to fail with, if it is not to be repeated. */
  #assertRepeatable<T>(request: Request<T>, handle: PooledHandle, error: unknown, tries: number, signal?: AbortSignal): void {
    if (signal?.aborted && error === signal.reason) throw error;
    if (error instanceof RequestTimeout) {
      const isRepeatable = handle.ended !== undefined && !request.isChange && tries < this.#attempts;
      if (!isRepeatable) throw this.#inDoubt(request, timedOut(error), true);
      return;
    }
    if (!endsConnection(error)) throw error;
    handle.end(error);
    if (handle.isStuck && request.isChange) throw this.#inDoubt(request, timedOut(handle.ended ?? error), true);
    if (tries >= this.#attempts) throw this.#inDoubt(request, error, true);
  }

  #inDoubt<T>(request: Request<T>, error: NBDError, wasMade: boolean): NBDError {
    const { call, range, isChange } = request;
    if (!isChange) return unanswered(call, error, range);
    if (range === undefined) return inDoubt(call, error, this.#unflushed.inDoubt);
    return wasMade ? inDoubt(call, error, [range], range) : unanswered(call, error, range);
  }
}

const timedOut = (error: Error) => new NBDError(error.message, 'ETIMEDOUT');
