// The page's side: handles whose calls are made in a worker.
import type { WaitOptions } from '../base/abort.js';
import { codeOf, NBDError } from '../base/errors.js';
import { Settler } from '../base/settler.js';
import { askGeometry } from '../disk/disk.js';
import { type Extent, type ExtentsOfContextsOptions, type ExtentsOptions, extents } from '../disk/extents.js';
import { type ReadableOptions, readable } from '../disk/transfers.js';
import { type WritableOptions, writable } from '../disk/writable.js';
import type { LocalCall } from '../generated/local_calls.js';
import type { Where } from '../lasting/addresses.js';
import type { LastingDisk } from '../lasting/lasting_disk.js';
import type { OpenDiskOptions } from '../lasting/open_disk.js';
import type { NBD } from '../nbd.js';
import type { ConnectWebSocketOptions } from '../transports/connect_web_socket.js';
import { isMessagePort } from '../transports/message_port.js';
import { type BytePair, isBytePair } from '../transports/web_streams.js';
import { moveBytes, type Reply, type Request, receiveError, type Sent, type WorkerOptions } from './messages.js';

/** The members of a `Worker` that are used here. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'messageerror', listener: () => void): void;
  addEventListener(type: 'error', listener: (event: { readonly message?: string; preventDefault(): void }) => void): void;
  terminate(): void;
}

/** Calls whose types differ in a worker. */
type Different = 'connectSocket' | 'connectWebSocket' | 'connected' | 'lost' | 'extents' | 'readable' | 'writable' | 'close';
type Kept = Exclude<Extract<keyof NBD, string>, LocalCall | Different>;

/** The calls of {@link NBD}, each with a promise of its result. */
export type RemoteCalls = {
  readonly [K in keyof NBD as K extends Kept
    ? NBD[K] extends (...args: never[]) => unknown
      ? K
      : never
    : never]: NBD[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

/**
 * A handle in a worker: {@link NBD}'s calls, each with a promise of its result. Made by {@link WorkerLibrary.create}.
 *
 * Buffers are moved between the page and the worker, not copied: one that was given to `pwrite` is empty afterwards. A view of a part of
 * a larger buffer is copied, as the rest is still the page's.
 *
 * A callback runs in the page some time after libnbd has called it, and so cannot change the outcome: what it returns, or sets on
 * its `error` argument, counts for nothing. One that throws still makes the call reject.
 *
 * Not there are the calls that only make sense beside libnbd: `aio…` but for those that tell the handle's state, `poll`, and the
 * debug callback (the worker's console has the messages).
 */
export interface WorkerNBD extends RemoteCalls {
  /** Connects through a WebSocket that the worker opens: see `connectWebSocket` of `libnbd-wasm`. The URL may be relative to the page's. */
  connectWebSocket(url: string | URL, options?: Pick<ConnectWebSocketOptions, 'protocols'> & WaitOptions): Promise<void>;
  /** Connects over a port or a pair of byte streams, which the page gives away to the worker. */
  connectSocket(socket: MessagePort | BytePair, options?: WaitOptions): Promise<void>;
  /** Reads into a view, which costs a copy; {@link NBD.pread | pread} does without. */
  preadInto(buf: ArrayBufferView, offset: number | bigint, options?: Parameters<NBD['preadInto']>[2]): Promise<void>;
  /** As {@link NBD.extents | extents}. */
  extents(options?: ExtentsOptions): AsyncGenerator<Extent, void, undefined>;
  extents(options: ExtentsOfContextsOptions): AsyncGenerator<Extent<bigint[]>, void, undefined>;
  /** As {@link NBD.readable | readable}; each chunk is moved to the page. */
  readable(options?: ReadableOptions): Promise<ReadableStream<Uint8Array>>;
  /** As {@link NBD.writable | writable}; what is written is copied. */
  writable(options?: WritableOptions): Promise<WritableStream<Uint8Array>>;
  /** As {@link NBD.connected | connected}. */
  readonly connected: Promise<boolean>;
  /** As {@link NBD.lost | lost}; also fulfilled when the worker ends. */
  readonly lost: Promise<NBDError>;
  /** Closes the handle and its socket. */
  close(): Promise<void>;
  /** `await using`: disconnects in good order if there is a connection, then {@link WorkerNBD.close | close}. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Makes a call by its name. */
type Call = (name: string, args: readonly unknown[]) => Promise<unknown>;

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
  #names: readonly string[] = [];
  #messages = 0;
  #handles = 0;
  #failure: Error | undefined;

  private constructor(worker: WorkerLike) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) => this.#receive(data as Reply));
    worker.addEventListener('messageerror', () => this.#fail(new Error('a message of the worker could not be read')));
  }

  /** @internal */
  static async load(worker: WorkerLike, options: Promise<WorkerOptions>): Promise<WorkerLibrary> {
    const library = new WorkerLibrary(worker);
    // Once the worker runs, the page hears of an exception that nobody catches there (window.onerror), and the worker goes on.
    worker.addEventListener('error', (event) => {
      if (library.#names.length > 0) return;
      event.preventDefault();
      library.#fail(startError(event));
    });
    try {
      library.#names = (await library.#ask({ kind: 'load', ...(await options) })) as string[];
      return library;
    } catch (error) {
      library.close();
      throw error;
    }
  }

  /** Makes a handle, not connected yet (`nbd_create`). Close it with `close()` or `await using`. */
  async create(): Promise<WorkerNBD> {
    const handle = ++this.#handles;
    const lost = new Promise<NBDError>((resolve) => this.#lost.set(handle, resolve));
    await this.#ask({ kind: 'create', handle });
    return remoteHandle(this.#names, lost, (name, args) => {
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
    const { message } = error;
    for (const tell of this.#lost.values()) tell(new NBDError(message, codeOf(error, 'EIO'), { cause: error, isFatal: true }));
    this.#lost.clear();
  }

  async #call(handle: number, name: string, args: readonly unknown[]): Promise<unknown> {
    const callbacks: Pending['callbacks'] = [];
    const transfer: Transferable[] = [];
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
    transfer: Transferable[] = [],
    callbacks: Pending['callbacks'] = [],
    signal?: AbortSignal,
  ): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    signal?.throwIfAborted();
    const id = ++this.#messages;
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
    if (pending.thrown !== undefined) {
      const cause = pending.thrown.error;
      pending.settler.fail(() => new NBDError('a callback threw an exception', 'EPROTO', { cause }));
    } else if (reply.kind === 'result') pending.settler.resolve(reply.value);
    else pending.settler.fail(() => receiveError(reply.error));
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

const isTransferable = (value: unknown): value is MessagePort | ReadableStream | WritableStream =>
  value instanceof MessagePort || value instanceof ReadableStream || value instanceof WritableStream;

/** The error of a worker that did not start. Its event says nothing if the script is not there. */
export function startError(cause: { readonly message?: string }): Error {
  return new Error(
    `the worker could not be started${cause.message ? `: ${cause.message}` : ''}. Its script is libnbd-wasm/worker: put it where the ` +
      "bundle looks for it, or give loadInWorker({ worker }) a module worker that runs it; the browser's console may say more",
  );
}

/** The URL of a WebSocket, which may be relative to the page's. */
export function socketUrl(url: string | URL): string {
  const absolute = new URL(url, globalThis.location?.href);
  absolute.protocol = absolute.protocol.replace('http', 'ws');
  return absolute.href;
}

function remoteHandle(names: readonly string[], lost: Promise<NBDError>, call: Call): WorkerNBD {
  const calls = Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => call(name, args)]));
  const nbd = calls as unknown as WorkerNBD;
  Object.defineProperty(nbd, 'connected', { get: () => call('connected', []) });
  return Object.assign(nbd, {
    lost,
    connectWebSocket: async (url: string | URL, options: object = {}) => call('connectWebSocket', [socketUrl(url), options]),
    connectSocket: async (socket: object, options: object = {}) => call('connectSocket', [movableSocket(socket), options]),
    preadInto: async (view: ArrayBufferView, ...rest: [number | bigint, object?]) => {
      const bytes = await nbd.pread(view.byteLength, ...rest);
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
    },
    extents: (options: ExtentsOptions | ExtentsOfContextsOptions = {}) => extents(nbd, options),
    readable: async (options: ReadableOptions = {}) => readable(nbd, await askGeometry(nbd), options),
    writable: async (options: WritableOptions = {}) => writable(nbd, await askGeometry(nbd), options),
    [Symbol.asyncDispose]: () => call('dispose', []),
  } satisfies Partial<Record<keyof WorkerNBD, unknown>>);
}

function movableSocket(socket: object): MessagePort | BytePair {
  if (isMessagePort(socket)) return socket;
  // An object of a platform's class, such as a stream of WebTransport's, inherits these members: a message would leave them out.
  if (isBytePair(socket)) return { readable: socket.readable, writable: socket.writable };
  throw new TypeError(
    'connectSocket: a worker can be given a MessagePort or { readable, writable } byte streams; ' +
      'for a WebSocket, call connectWebSocket(url)',
  );
}

function withCopiedWrites(nbd: WorkerNBD): WorkerNBD {
  const { pwrite } = nbd;
  return Object.assign(nbd, {
    pwrite: (view: ArrayBufferView, ...rest: [number | bigint, object?]) =>
      pwrite(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice(), ...rest),
  });
}
