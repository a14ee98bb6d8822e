// The worker's side: an instance of the library and its handles, called by messages.

import { NBDError } from '../base/errors.js';
import type { Moved } from '../base/platform_types.js';
import { localCalls } from '../generated/local_calls.js';
import type { LoadOptions } from '../load.js';
import type { Library } from '../nbd.js';
import { NBD } from '../nbd.js';
import type { ConnectThrough } from '../transports/connect_through.js';
import { copyBytes, moveBytes, type Reply, type Request, type Sent, sendError } from './messages.js';

/** What the server needs of the worker's platform. */
export interface Platform {
  load(options: LoadOptions): Promise<Library>;
  connectThrough: ConnectThrough;
}

/** Where the page's messages come from: the worker's own global scope. */
export interface Port {
  postMessage(message: Reply, transfer: Moved[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: Request }) => void): void;
}

/** Calls that the page makes of other calls (remote_handle.ts). */
const madeOfOthers = ['constructor', 'extents', 'readable', 'writable'];

type Call = (...args: unknown[]) => unknown;

/** The names of the calls that a page can make. */
function callNames(): Set<string> {
  const own: object[] = [NBD.prototype, Object.getPrototypeOf(NBD.prototype)];
  const members = own.flatMap((prototype) => Object.entries(Object.getOwnPropertyDescriptors(prototype)));
  const names = new Set(members.flatMap(([name, { value }]) => (typeof value === 'function' ? [name] : [])));
  for (const name of [...localCalls, ...madeOfOthers]) names.delete(name);
  return names;
}

export class WorkerServer {
  readonly #port: Port;
  readonly #platform: Platform;
  #library: Library | undefined;
  readonly #handles = new Map<number, NBD>();
  readonly #aborts = new Map<number, AbortController>();
  readonly #names = callNames();

  constructor(port: Port, platform: Platform) {
    this.#port = port;
    this.#platform = platform;
    port.addEventListener('message', ({ data }) => void this.#answer(data));
  }

  async #answer(request: Request): Promise<void> {
    const { id } = request;
    if (request.kind === 'abort') {
      this.#aborts.get(id)?.abort();
      return;
    }
    try {
      const result = await this.#do(request);
      const transfer: Moved[] = [];
      const value = result instanceof Uint8Array ? moveBytes(result, transfer) : result;
      this.#port.postMessage({ kind: 'result', id, value }, transfer);
    } catch (error) {
      this.#port.postMessage({ kind: 'error', id, error: sendError(error) }, []);
    } finally {
      this.#aborts.delete(id);
    }
  }

  #do(request: Exclude<Request, { kind: 'abort' }>): unknown {
    if (request.kind === 'load') return this.#load(request);
    if (request.kind === 'create') {
      if (this.#library === undefined) throw new Error('the library was not loaded');
      const nbd = this.#library.create();
      this.#handles.set(request.handle, nbd);
      nbd.lost.then((error) => this.#port.postMessage({ kind: 'lost', handle: request.handle, error: sendError(error) }, []));
      return undefined;
    }
    const { id, handle, name } = request;
    const nbd = this.#handles.get(handle);
    const isLast = name === 'close' || name === 'dispose';
    if (isLast) this.#handles.delete(handle);
    if (nbd === undefined) {
      if (isLast) return undefined; // closing it again does nothing
      if (name === 'connected') return false;
      throw new NBDError(`${name}: the handle is closed`, 'EBADF', { isFatal: true });
    }
    const args = request.args.map((arg) => this.#receive(id, arg));
    if (name === 'connected') return nbd.connected;
    if (name === 'dispose') return nbd[Symbol.asyncDispose]();
    if (!this.#names.has(name)) throw new NBDError(`${name}: a handle in a worker has no such call`, 'ENOSYS');
    return (nbd as unknown as Record<string, Call>)[name]?.(...args);
  }

  async #load({ wasm, proxy, tls }: Extract<Request, { kind: 'load' }>): Promise<string[]> {
    const connect = proxy === undefined ? undefined : this.#platform.connectThrough(proxy);
    this.#library = await this.#platform.load({ wasm, connect, tls });
    return [...this.#names];
  }

  #receive(id: number, sent: Sent): unknown {
    if ('value' in sent) return sent.value;
    if ('callback' in sent) return (...args: unknown[]) => this.#callBack(id, sent.callback, args);
    if ('options' in sent) {
      return Object.fromEntries(Object.entries(sent.options).map(([name, option]) => [name, this.#receive(id, option)]));
    }
    const controller = new AbortController();
    this.#aborts.set(id, controller);
    return controller.signal;
  }

  // Bytes are copied: they are a part of a buffer that is still being filled.
  #callBack(id: number, index: number, args: readonly unknown[]): void {
    const transfer: Moved[] = [];
    const sent = args.map((arg) => (arg instanceof Uint8Array ? copyBytes(arg, transfer) : arg));
    this.#port.postMessage({ kind: 'callback', id, index, args: sent }, transfer);
  }
}
