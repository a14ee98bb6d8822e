// The descriptor table: virtual descriptors, as small integers, and their sockets.
import type { Transport } from '../transports/transport.js';
import { Socket } from './socket.js';

/** Virtual descriptors start where a process's own do: after standard input, output and error. */
const firstDescriptor = 3;

export class DescriptorTable {
  readonly #first: number;
  readonly #sockets: (Socket | undefined)[] = [];

  constructor(first = firstDescriptor) {
    this.#first = first;
  }

  /** A new socket, on the lowest descriptor that is free. Without a transport it is one that is not connected yet. */
  add(transport?: Transport): Socket {
    let index = this.#sockets.indexOf(undefined);
    if (index === -1) index = this.#sockets.length;
    const socket = new Socket(this.#first + index);
    if (transport !== undefined) socket.attach(transport);
    this.#sockets[index] = socket;
    return socket;
  }

  get(fd: number): Socket | undefined {
    return this.#sockets[fd - this.#first];
  }

  /** How many descriptors are open. */
  get size(): number {
    return this.#sockets.reduce((count, socket) => (socket === undefined ? count : count + 1), 0);
  }

  /** Takes a socket out of the table; the caller closes or releases it. */
  remove(fd: number): Socket | undefined {
    const socket = this.get(fd);
    if (socket !== undefined) this.#sockets[fd - this.#first] = undefined;
    return socket;
  }
}
