// The page's side: handles whose calls are made in a worker.

import { codeOf, NBDError } from '../base/errors.js';
import type { Moved } from '../base/platform_types.js';
import { Settler } from '../base/settler.js';
import type { Where } from '../lasting/addresses.js';
import type { LastingDisk } from '../lasting/lasting_disk.js';
import type { OpenDiskOptions } from '../lasting/open_disk.js';
import { moveBytes, type Reply, type Request, receiveError, type Sent, type WorkerOptions } from './messages.js';
import { RemoteHandle, type RemoteHandleClass, type WorkerNBD, withCopiedWrites } from './remote_handle.js';

/** The members of a `Worker` that are used here. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Moved[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'messageerror', listener: () => void): void;
  addEventListener(type: 'error', listener: (event: { readonly message?: string; preventDefault(): void }) => void): void;
  /** Node's workers end by themselves. */
  addEventListener(type: 'close', listener: (event: { readonly message?: string }) => void): void;
  /** Whether the process is to wait for it, in Node. */
  keepAlive?(isWanted: boolean): void;
  terminate(): void;
}

interface Pending {
  readonly settler: Settler<unknown>;
  readonly callbacks: ((...args: unknown[]) => unknown)[];
  /** The first exception that one of them threw. */
  thrown?: { readonly error: unknown };
}

/** An instance of libnbd in a worker, made by {@link loadInWorker}. */
export class WorkerLibrary {
  readonly #worker: WorkerLike;
  readonly #pending = new Map<number, Pending>();
  /** How each handle is told that its connection was lost. */
  readonly #lost = new Map<number, (error: NBDError) => void>();
  /** What its handles are of, once the worker has told their calls. */
  #Handle: RemoteHandleClass | undefined;
  #messages = 0;
  #handles = 0;
  #failure: Error | undefined;

  private constructor(worker: WorkerLike) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) => this.#receive(data as Reply));
    worker.addEventListener('close', ({ message }) => {
      this.#fail(new NBDError(`the worker has ended: ${message}`, 'ECONNRESET', { isFatal: true }));
    });
    worker.addEventListener('messageerror', () => this.#fail(new Error('a message of the worker could not be read')));
  }

  /** @internal */
  static async load(worker: WorkerLike, options: Promise<WorkerOptions>): Promise<WorkerLibrary> {
    const library = new WorkerLibrary(worker);
    // Once the worker runs, the page hears of an exception that nobody catches there (window.onerror), and the worker goes on.
    worker.addEventListener('error', (event) => {
      if (library.#Handle !== undefined) return;
      event.preventDefault();
      library.#fail(startError(event));
    });
    try {
      const names = (await library.#ask({ kind: 'load', ...(await options) })) as string[];
      library.#Handle = RemoteHandle.withCalls(names);
      return library;
    } catch (error) {
      library.close();
      throw error;
    }
  }

  /** Makes a handle, not connected yet (`nbd_create`). Close it with `close()` or `await using`. */
  async create(): Promise<WorkerNBD> {
    const Handle = this.#Handle;
    if (Handle === undefined) throw new Error('the library was not loaded');
    const handle = ++this.#handles;
    const lost = new Promise<NBDError>((resolve) => this.#lost.set(handle, resolve));
    await this.#ask({ kind: 'create', handle });
    return new Handle(lost, (name, args) => {
      if (name === 'close' || name === 'dispose') this.#lost.delete(handle);
      return this.#call(handle, name, args);
    });
  }

  /** As {@link openDisk}, with handles in the worker. What is written is copied, since it may have to be written again. */
  async openDisk(where: Where, options: OpenDiskOptions<WorkerNBD> = {}): Promise<LastingDisk> {
    const { openDiskWith } = await import('../lasting/open_disk.js'); // a page that opens none does not load it
    return openDiskWith(async () => withCopiedWrites(await this.create()), where, options);
  }

  /** Ends the worker at once, with all its handles and connections. Promises that still wait reject. */
  close(): void {
    this.#fail(new NBDError('the worker was ended by close()', 'ECANCELED', { isFatal: true }));
  }

  /** `using`: {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#worker.terminate();
    for (const { settler } of this.#pending.values()) settler.fail(() => error);
    this.#pending.clear();
    this.#worker.keepAlive?.(false);
    const { message } = error;
    for (const tell of this.#lost.values()) tell(new NBDError(message, codeOf(error, 'EIO'), { cause: error, isFatal: true }));
    this.#lost.clear();
  }

  async #call(handle: number, name: string, args: readonly unknown[]): Promise<unknown> {
    const callbacks: Pending['callbacks'] = [];
    const transfer: Moved[] = [];
    let signal: AbortSignal | undefined;
    const send = (arg: unknown): Sent => {
      if (typeof arg === 'function') return { callback: callbacks.push(arg as () => unknown) - 1 };
      if (arg instanceof AbortSignal) {
        signal = arg;
        return { signal: true };
      }
      if (ArrayBuffer.isView(arg)) return { value: moveBytes(arg, transfer) };
      if (arg instanceof URL) return { value: arg.href };
      if (isTransferable(arg)) transfer.push(arg);
      else if (typeof arg === 'object' && arg !== null && !Array.isArray(arg)) {
        return { options: Object.fromEntries(Object.entries(arg).map(([key, option]) => [key, send(option)])) };
      }
      return { value: arg };
    };
    const sent = args.map(send);
    return this.#ask({ kind: 'call', handle, name, args: sent }, transfer, callbacks, signal);
  }

  async #ask(
    request: DistributiveOmit<Exclude<Request, { kind: 'abort' }>, 'id'>,
    transfer: Moved[] = [],
    callbacks: Pending['callbacks'] = [],
    signal?: AbortSignal,
  ): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    signal?.throwIfAborted();
    const id = ++this.#messages;
    if (this.#pending.size === 0) this.#worker.keepAlive?.(true);
    this.#worker.postMessage({ ...request, id }, transfer);
    return new Promise<unknown>((resolve, reject) => {
      const settler = new Settler<unknown>(resolve, reject, signal, () => {
        this.#worker.postMessage({ kind: 'abort', id } satisfies Request, []);
      });
      this.#pending.set(id, { settler, callbacks });
    });
  }

  #receive(reply: Reply): void {
    if (reply.kind === 'lost') {
      this.#lost.get(reply.handle)?.(receiveError(reply.error) as NBDError);
      this.#lost.delete(reply.handle);
      return;
    }
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.kind === 'callback') {
      try {
        pending.callbacks[reply.index]?.(...reply.args);
      } catch (error) {
        pending.thrown ??= { error };
      }
      return;
    }
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.keepAlive?.(false);
    if (pending.thrown !== undefined) {
      const cause = pending.thrown.error;
      pending.settler.fail(() => new NBDError('a callback threw an exception', 'EPROTO', { cause }));
    } else if (reply.kind === 'result') pending.settler.resolve(reply.value);
    else pending.settler.fail(() => receiveError(reply.error));
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const isTransferable = (value: unknown): value is object =>
  value instanceof MessagePort || value instanceof ReadableStream || value instanceof WritableStream;

/** The error of a worker that did not start. Its event says nothing if the script is not there. */
export function startError(cause: { readonly message?: string }): Error {
  return new Error(
    `the worker could not be started${cause.message ? `: ${cause.message}` : ''}. Its script is libnbd-wasm/worker: put it where the ` +
      'bundle looks for it, or give loadInWorker({ worker }) a module worker that runs it; the console may say more',
  );
}
