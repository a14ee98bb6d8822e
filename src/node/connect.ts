// A connection that the library opens itself, in Node: TCP or a Unix socket. `onread` reads into one buffer that all
// connections use again and again, which moves bytes more than twice as fast as 'data' events do.
import { connect, type NetConnectOpts } from 'node:net';
import { DuplexTransport } from '../transports/duplex.js';
import type { Transport, TransportEvents } from '../transports/transport.js';

const bufferSize = 2 ** 19;
/** One for all connections: what a read has put there is used, or copied, before the next read. */
let buffer: Uint8Array | undefined;

/** Where a connection goes. What else `net.connect` takes is passed on to it. */
export type ConnectionTarget = { path: string } | { port: number; host?: string | undefined };

/** Opens a connection to `{ host, port }` or `{ path }`, as `net.connect` does; ready to be given to `nbd.connectSocket`. */
export function openConnection<Target extends ConnectionTarget>(target: Target): Transport {
  return new NodeConnection(target as NetConnectOpts);
}

class NodeConnection extends DuplexTransport {
  #events: TransportEvents | undefined;
  readonly #early: Uint8Array[]; // what came before anybody had asked for it

  constructor(target: NetConnectOpts) {
    buffer ??= new Uint8Array(bufferSize);
    const shared = buffer;
    const early: Uint8Array[] = [];
    const socket = connect({
      autoSelectFamily: true, // each address of a name is tried, whatever the process has as its default
      autoSelectFamilyAttemptTimeout: 2 ** 31 - 1, // a slow address is waited for: libnbd has no limit, and Node's is 250 ms
      ...target,
      onread: {
        buffer: shared,
        callback: (count) => {
          const bytes = count === bufferSize ? shared : shared.subarray(0, count);
          if (this.#events === undefined) early.push(bytes.slice());
          else this.#events.data(bytes, true);
          return this.#events !== undefined; // false pauses the socket, which `open` resumes
        },
      },
    });
    socket.on('error', () => {}); // `open` reports an error that came before it
    super(socket);
    this.#early = early;
  }

  override open(events: TransportEvents): void {
    this.#events = events;
    for (const bytes of this.#early) events.data(bytes);
    super.open(events);
  }

  override close(): void {
    this.#events = undefined;
    super.close();
  }
}
