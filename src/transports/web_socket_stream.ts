// A WebSocketStream as a transport: Chromium's other way to open a WebSocket, one that can stop reading.
import { NBDError } from '../base/errors.js';
import { closeError, isEndOfStream } from './close_codes.js';
import type { Transport, TransportEvents } from './transport.js';
import { WebStreamsTransport } from './web_streams.js';

/** The members of a WebSocketStream that are used here. TypeScript does not know the class. */
export interface WebSocketStreamLike {
  readonly opened: Promise<{
    readonly readable: ReadableStream<Uint8Array | ArrayBuffer>;
    readonly writable: WritableStream<Uint8Array>;
  }>;
  /** Rejects when the connection broke. */
  readonly closed: Promise<{ readonly closeCode: number; readonly reason: string }>;
  close(): void;
}

export class WebSocketStreamTransport implements Transport {
  readonly #socket: WebSocketStreamLike;
  #streams: WebStreamsTransport | undefined;
  #events: TransportEvents | undefined;
  #isOver = false;

  constructor(socket: WebSocketStreamLike) {
    this.#socket = socket;
    socket.opened.catch(() => {}); // `open` reports the failure, whenever it is called
    socket.closed.catch(() => {});
  }

  get connecting(): boolean {
    return this.#streams === undefined && !this.#isOver;
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#socket.opened.then(
      (pair) => {
        if (this.#isOver) return;
        const streams = new WebStreamsTransport(pair);
        this.#streams = streams;
        this.#events?.connected();
        const ended = (error?: unknown) => void this.#end(error);
        streams.open({ connected: () => {}, data: (bytes) => this.#events?.data(bytes), end: ended, error: ended });
      },
      () => this.#events?.error(closeError(1006, '', false, undefined)),
    );
  }

  // The end of a stream says less than the close of its WebSocket.
  async #end(error?: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    if (error instanceof TypeError) {
      this.#events?.error(new NBDError('the WebSocket delivered a message that is not bytes', 'EPROTO', { cause: error }));
      return;
    }
    const { closeCode, reason } = await this.#socket.closed.catch(() => ({ closeCode: 1006, reason: '' }));
    if (isEndOfStream(closeCode)) this.#events?.end();
    else this.#events?.error(closeError(closeCode, reason, true, undefined));
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    this.#streams?.write(chunks, written);
  }

  pause(): void {
    this.#streams?.pause();
  }

  resume(): void {
    this.#streams?.resume();
  }

  close(): void {
    this.#isOver = true;
    this.#events = undefined;
    if (this.#streams === undefined) this.#socket.close();
    else this.#streams.close();
  }
}
