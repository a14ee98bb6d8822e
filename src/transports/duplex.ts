// A Node stream as a transport: net.Socket, tls.TLSSocket, any Duplex.
import { codedError } from '../base/errors.js';
import type { Transport, TransportEvents } from './transport.js';

/** The members of a Node stream that are used here. So a page can use the library's types without Node's. */
export interface Duplex {
  /** A net.Socket's. */
  readonly connecting?: boolean;
  readonly destroyed: boolean;
  readonly errored?: Error | null;
  readonly readableEncoding: string | null;
  readonly readableEnded: boolean;
  readonly readableFlowing: boolean | null;
  readonly readableObjectMode: boolean;
  readonly writable: boolean;
  readonly writableFinished: boolean;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  listenerCount(event: string): number;
  pause(): unknown;
  resume(): unknown;
  unshift(chunk: Uint8Array): void;
  write(chunk: Uint8Array, callback?: (error?: Error | null) => void): boolean;
  cork(): void;
  uncork(): void;
  end(callback?: () => void): unknown;
  destroy(): unknown;
}

/** Whether a value is a Node stream that can be read and written; decided by its methods, so that browsers need no Node types. */
export function isDuplex(value: object): value is Duplex {
  return (
    'on' in value &&
    typeof value.on === 'function' &&
    'read' in value &&
    typeof value.read === 'function' &&
    'write' in value &&
    typeof value.write === 'function' &&
    'destroy' in value &&
    typeof value.destroy === 'function'
  );
}

export class DuplexTransport implements Transport {
  readonly #stream: Duplex;
  #events: TransportEvents | undefined;
  readonly #listeners: [event: string, listener: (...args: unknown[]) => void][] = [];

  /** Throws TypeError for a stream that cannot be used, or that somebody else reads. */
  constructor(stream: Duplex) {
    if (stream.destroyed || stream.readableEnded || !stream.writable) {
      throw new TypeError('the socket is closed already: connect a new one and hand that over');
    }
    if (stream.readableFlowing === true || stream.listenerCount('data') + stream.listenerCount('readable') > 0) {
      throw new TypeError(
        "the socket is being read by somebody else: remove its 'data' and 'readable' listeners and pause it before handing it over",
      );
    }
    if (stream.readableObjectMode || stream.readableEncoding !== null) {
      throw new TypeError('the socket does not deliver bytes: it is in object mode or has an encoding set');
    }
    this.#stream = stream;
  }

  get connecting(): boolean {
    return this.#stream.connecting === true;
  }

  open(events: TransportEvents): void {
    const stream = this.#stream;
    this.#events = events;
    if (stream.destroyed) events.error(stream.errored ?? destroyed());
    if (this.connecting) this.#on('connect', () => events.connected());
    this.#on('data', (chunk: Uint8Array) => {
      events.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    });
    this.#on('end', () => events.end());
    this.#on('error', (error: Error) => events.error(error));
    // A stream that is destroyed without an error reports neither 'end' nor 'error'.
    this.#on('close', () => {
      events.error(stream.errored ?? destroyed());
    });
    setNoDelay(stream);
    stream.resume();
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    const stream = this.#stream;
    if (!stream.writable) {
      this.#events?.error(codedError('EPIPE', 'the socket was ended by somebody else'));
      return;
    }
    const last = chunks.length - 1;
    const isSeveral = last > 0;
    if (isSeveral) stream.cork();
    // A failed write is reported by 'error' as well.
    for (let i = 0; i < last; i++) stream.write(chunks[i] as Uint8Array);
    stream.write(chunks[last] as Uint8Array, (error) => error ?? written());
    if (isSeveral) stream.uncork();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  shutdown(): void {
    this.#stream.end();
  }

  // Bytes that were written still go out, such as NBD_CMD_DISC, which libnbd sends before it closes: the stream is ended first, and
  // destroyed when it has finished.
  close(): void {
    const stream = this.#stream;
    this.#removeListeners();
    stream.on('error', () => {}); // the peer may reset the connection later, when nobody listens any more
    if (stream.writableFinished || !stream.writable) {
      stream.destroy();
      return;
    }
    stream.resume();
    stream.end(() => stream.destroy());
    unref(stream);
  }

  /** Gives the stream up to another transport, which goes over it. */
  takeStream(): Duplex {
    this.#removeListeners();
    return this.#stream;
  }

  release(unread: readonly Uint8Array[]): void {
    this.#removeListeners();
    this.#stream.pause();
    for (const chunk of [...unread].reverse()) this.#stream.unshift(chunk);
  }

  #on(event: string, typed: (...args: never[]) => void): void {
    const listener = typed as (...args: unknown[]) => void; // the event's arguments are as Node documents them
    this.#listeners.push([event, listener]);
    this.#stream.on(event, listener);
  }

  #removeListeners(): void {
    for (const [event, listener] of this.#listeners) this.#stream.off(event, listener);
    this.#listeners.length = 0;
  }
}

function destroyed(): Error {
  return codedError('ECONNABORTED', 'the socket was destroyed');
}

// Requests are small, and somebody waits for each. Nagle's algorithm would hold them back; libnbd turns it off as well.
function setNoDelay(stream: Duplex): void {
  if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true);
}

// A peer that has stopped reading never takes the last bytes. A closed handle must not keep the process alive for it.
function unref(stream: Duplex): void {
  if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
}
