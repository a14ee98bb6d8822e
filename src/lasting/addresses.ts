// Where a disk is: one address, or several that lead to the same storage, of which one is in use at a time.
import { describe } from '../base/describe.js';
import { type SocketLike, toTransport } from '../transports/socket_like.js';
import type { RemoteDisk } from './remote_disk.js';

/**
 * An NBD URI or the URL of a WebSocket; several of them, which lead to the same storage; or a function that opens a connection, and is called
 * for each.
 */
export type Where = string | URL | readonly (string | URL)[] | (() => SocketLike | Promise<SocketLike>);

export interface Address {
  /** For people: without a password. What follows a `?` is left out of a WebSocket's URL: it may be a token. */
  readonly name: string;
  connect(nbd: RemoteDisk, signal: AbortSignal): Promise<void>;
}

export class Addresses {
  readonly #list: readonly Address[];
  #index = 0;

  constructor(where: Where) {
    this.#list = typeof where === 'function' ? [byFunction(where)] : [where].flat().map(byUri);
    if (this.#list.length === 0) throw new TypeError('openDisk: there is no address in the array');
  }

  get count(): number {
    return this.#list.length;
  }

  get current(): Address {
    return this.#list[this.#index] as Address; // the index stays within the list
  }

  /** The current one has failed: the next becomes the current one. */
  advance(): void {
    this.#index = (this.#index + 1) % this.#list.length;
  }
}

function byUri(uri: string | URL): Address {
  if (typeof uri !== 'string' && !(uri instanceof URL)) {
    throw new TypeError(`openDisk: an address must be a URI or a function that opens a connection, not ${describe(uri)}`);
  }
  const text = String(uri);
  const name = (/^wss?:/i.test(text) ? text.replace(/\?.*$/s, '') : text).replace(/^([^:]+:\/\/[^/?#@:]*):[^/?#@]*@/, '$1:…@');
  return { name, connect: (nbd, signal) => nbd.connectUri(text, { signal }) };
}

function byFunction(open: () => SocketLike | Promise<SocketLike>): Address {
  return {
    name: 'a socket',
    connect: async (nbd, signal) => {
      const socket = await open();
      if (!signal.aborted) return nbd.connectSocket(socket, { signal });
      toTransport(socket).close(); // nobody waits for it any more
      throw signal.reason;
    },
  };
}
