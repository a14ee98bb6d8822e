// A handle in a worker, as the page has it: each call is a message, but for those that are made of others.
import type { WaitOptions } from '../base/abort.js';
import type { NBDError } from '../base/errors.js';
import { inspected, shown } from '../base/inspect.js';
import { askGeometry } from '../disk/disk.js';
import { type Extent, type ExtentsOfContextsOptions, type ExtentsOptions, extents } from '../disk/extents.js';
import { type ReadableOptions, readable } from '../disk/transfers.js';
import { type WritableOptions, writable } from '../disk/writable.js';
import type { LocalCall } from '../generated/local_calls.js';
import type { TlsCredentials } from '../libnbd/host.js';
import type { NBD } from '../nbd.js';
import type { ConnectWebSocketOptions } from '../transports/connect_web_socket.js';
import { isMessagePort, type MessagePortLike } from '../transports/message_port.js';
import { type BytePair, isBytePair } from '../transports/web_streams.js';

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
  connectSocket(socket: MessagePortLike | BytePair, options?: WaitOptions): Promise<void>;
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
export type Call = (name: string, args: readonly unknown[]) => Promise<unknown>;

/** Makes a handle; `lost` is its {@link WorkerNBD.lost}. */
export type RemoteHandleClass = new (lost: Promise<NBDError>, call: Call) => WorkerNBD;

/** What the handles of all libraries have. */
export class RemoteHandle implements Partial<Record<keyof WorkerNBD, unknown>> {
  readonly lost: Promise<NBDError>;
  readonly #call: Call;
  /** As far as the page knows it; the rest is the worker's. */
  #state: 'closed' | 'lost' | undefined;

  constructor(lost: Promise<NBDError>, call: Call) {
    this.lost = lost;
    this.#call = (name, args) => {
      if (name === 'close' || name === 'dispose') this.#state = 'closed';
      return call(name, args);
    };
    void lost.then(() => {
      this.#state ??= 'lost';
    });
  }

  [inspected](): string {
    return shown('NBD', this.#state, 'in a worker');
  }

  /** The handles that have these calls too: a class for all of them, so that a handle costs no closure a call. */
  static withCalls(names: readonly string[]): RemoteHandleClass {
    class HandleOfLibrary extends RemoteHandle {}
    for (const name of names) {
      if (name in RemoteHandle.prototype) continue;
      const value = function (this: RemoteHandle, ...args: unknown[]) {
        return this.#call(name, args);
      };
      Object.defineProperty(HandleOfLibrary.prototype, name, { value, configurable: true, writable: true });
    }
    return HandleOfLibrary as unknown as RemoteHandleClass;
  }

  get #nbd(): WorkerNBD {
    return this as unknown as WorkerNBD;
  }

  get connected(): Promise<unknown> {
    return this.#call('connected', []);
  }

  async connectWebSocket(url: string | URL, options: object = {}): Promise<unknown> {
    return this.#call('connectWebSocket', [socketUrl(url), options]);
  }

  async connectSocket(socket: object, options: object = {}): Promise<unknown> {
    return this.#call('connectSocket', [movableSocket(socket), options]);
  }

  async preadInto(view: ArrayBufferView, ...rest: [number | bigint, object?]): Promise<void> {
    const bytes = await this.#nbd.pread(view.byteLength, ...rest);
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes);
  }

  // They are copied: the page may need them for another handle.
  async setTlsCredentials(credentials: TlsCredentials): Promise<unknown> {
    const copies = Object.entries(credentials).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? value.slice() : value,
    ]);
    return this.#call('setTlsCredentials', [Object.fromEntries(copies)]);
  }

  extents(options: ExtentsOptions | ExtentsOfContextsOptions = {}): AsyncGenerator<unknown, void, undefined> {
    return extents(this.#nbd, options);
  }

  async readable(options: ReadableOptions = {}): Promise<ReadableStream<Uint8Array>> {
    return readable(this.#nbd, await askGeometry(this.#nbd), options);
  }

  async writable(options: WritableOptions = {}): Promise<WritableStream<Uint8Array>> {
    return writable(this.#nbd, await askGeometry(this.#nbd), options);
  }

  [Symbol.asyncDispose](): Promise<unknown> {
    return this.#call('dispose', []);
  }
}

/** The URL of a WebSocket, which may be relative to the page's. */
export function socketUrl(url: string | URL): string {
  const absolute = new URL(url, globalThis.location?.href);
  absolute.protocol = absolute.protocol.replace('http', 'ws');
  return absolute.href;
}

function movableSocket(socket: object): MessagePortLike | BytePair {
  if (isMessagePort(socket)) return socket;
  // An object of a platform's class, such as a stream of WebTransport's, inherits these members: a message would leave them out.
  if (isBytePair(socket)) return { readable: socket.readable, writable: socket.writable };
  throw new TypeError(
    'connectSocket: a worker can be given a MessagePort or { readable, writable } byte streams; ' +
      'for a WebSocket, call connectWebSocket(url)',
  );
}

/** The handle copies what it writes, so that the page's bytes stay there. */
export function withCopiedWrites(nbd: WorkerNBD): WorkerNBD {
  const pwrite: WorkerNBD['pwrite'] = nbd.pwrite.bind(nbd);
  return Object.assign(nbd, {
    pwrite: (view: ArrayBufferView, ...rest: [number | bigint, object?]) =>
      pwrite(new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice(), ...rest),
  });
}
