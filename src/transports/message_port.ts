// A MessagePort as a transport: to another thread, worker or frame that holds the real connection.
//
// A message is an ArrayBuffer or a view of bytes; null, for the end of the stream; or a string, which says why the connection
// failed. This goes for both directions.
import { bytesOf } from './bytes.js';
import type { Transport, TransportEvents } from './transport.js';

/** The members of a `MessagePort` that are used here. */
export interface MessagePortLike {
  postMessage(message: unknown, moved: ArrayBuffer[]): void;
  start(): void;
  close(): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
}

export function isMessagePort(value: object): value is MessagePortLike {
  return typeof MessagePort !== 'undefined' && value instanceof MessagePort;
}

export class MessagePortTransport implements Transport {
  readonly #port: MessagePortLike;
  #events: TransportEvents | undefined;

  constructor(port: MessagePortLike) {
    this.#port = port;
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#port.addEventListener('message', this.#portOnMessage);
    this.#port.addEventListener('messageerror', this.#portOnMessageError);
    this.#port.addEventListener('close', this.#portOnClose);
    this.#port.start();
  }

  readonly #portOnMessage = (event: Event): void => {
    const { data } = event as Event & { readonly data: unknown };
    const bytes = bytesOf(data);
    if (bytes !== undefined) this.#events?.data(bytes);
    else if (data === null) this.#events?.end();
    else this.#events?.error(new Error(typeof data === 'string' ? data : 'the port delivered a message that is not bytes'));
  };

  readonly #portOnMessageError = (): void => this.#events?.error(new Error('the port could not deliver a message'));

  readonly #portOnClose = (): void => this.#events?.end();

  write(chunks: readonly Uint8Array[], written: () => void): void {
    for (const chunk of chunks) {
      const copy = chunk.slice();
      this.#port.postMessage(copy, [copy.buffer]);
    }
    written();
  }

  shutdown(): void {
    this.#port.postMessage(null, []);
  }

  close(): void {
    this.#events = undefined;
    this.#port.removeEventListener('message', this.#portOnMessage);
    this.#port.removeEventListener('messageerror', this.#portOnMessageError);
    this.#port.removeEventListener('close', this.#portOnClose);
    this.#port.close();
  }
}
