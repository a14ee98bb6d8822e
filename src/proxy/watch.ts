// Ends connections that nobody uses: those that never get going, those that are idle, and those whose client is gone.
import type { WebSocket } from 'ws';
import { closeCode } from '../transports/close_codes.js';
import type { Ending } from './ending.js';

export interface Limits {
  readonly handshakeTimeout: number;
  readonly idleTimeout: number;
  readonly pingInterval: number;
}

/** What a connection can be asked. */
export interface Watched {
  readonly client: WebSocket;
  /** Why it is not going yet; undefined once both sides have spoken. */
  delay(): Ending | undefined;
  /** Whether the client is read, so that the answer to a ping can come. */
  isRead(): boolean;
  end(ending: Ending): void;
  /** The client is gone: there is nobody to close with. */
  abandon(reason: string): void;
}

export class Watch {
  readonly #watched: Watched;
  readonly #handshake: NodeJS.Timeout;
  readonly #idle: NodeJS.Timeout | undefined;
  readonly #ping: NodeJS.Timeout | undefined;
  #isWaitingForPong = false;

  constructor(watched: Watched, { handshakeTimeout, idleTimeout, pingInterval }: Limits) {
    this.#watched = watched;
    this.#handshake = setTimeout(() => {
      const ending = watched.delay();
      if (ending !== undefined) watched.end(ending);
    }, handshakeTimeout);
    if (idleTimeout > 0) {
      const ending = { code: closeCode.timedOut, reason: `idle for ${idleTimeout / 1000} s` };
      this.#idle = setTimeout(() => watched.end(ending), idleTimeout);
    }
    if (pingInterval > 0) this.#ping = setInterval(this.#onPing, pingInterval);
  }

  /** Bytes have moved. */
  progress(): void {
    this.#idle?.refresh();
  }

  /** The client has said something. */
  heard(): void {
    this.#isWaitingForPong = false;
  }

  stop(): void {
    clearTimeout(this.#handshake);
    clearTimeout(this.#idle);
    clearInterval(this.#ping);
  }

  // A client that does not take its bytes is slow: no ping can reach it, and the bytes that wait find out if it is gone.
  // One that is not read gets pings all the same, whose answers are not waited for: if it is gone, they cannot be written.
  readonly #onPing = (): void => {
    const { client } = this.#watched;
    const isRead = this.#watched.isRead();
    if (client.bufferedAmount > 0) {
      this.#isWaitingForPong = false;
    } else if (isRead && this.#isWaitingForPong) {
      this.#watched.abandon('the client no longer answers');
    } else {
      this.#isWaitingForPong = isRead;
      client.ping();
    }
  };
}
