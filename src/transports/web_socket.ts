// A WebSocket as a transport: the browser's, that of the `ws` package, and any other with the standard's events. Its messages
// are one queue of bytes; their ends mean nothing.
import { NBDError } from '../base/errors.js';
import { bytesOf, cut } from './bytes.js';
import { closeError, isEndOfStream } from './close_codes.js';
import type { Transport, TransportEvents } from './transport.js';
import { pauseBound, tooMuchUnread, unreadBound } from './unread.js';

/** The members of a WebSocket that are used here. The browser's class has them, and that of the `ws` package. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'error', listener: (event: object) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  send(data: Uint8Array<ArrayBuffer>, written?: (error?: Error) => void): void;
  close(code?: number, reason?: string): void;
  /** Only the `ws` package can stop a WebSocket from reading. */
  pause?(): void;
  resume?(): void;
}

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** Above this many bytes that the WebSocket has not sent yet, the library is told to wait. */
const leastBound = 2 ** 20;
/** The bound doubles up to this if the WebSocket runs dry before the timer looks: in the background, timers are a second apart. */
const mostBound = 2 ** 24;
/** A WebSocket has no event for bytes that it has sent, so a timer looks at `bufferedAmount`; in milliseconds. */
const pollInterval = 4;

/** Whether a value is a WebSocket; decided by its members, as there are several classes. (RTCDataChannel's state is a string.) */
export function isWebSocket(value: object): value is WebSocketLike {
  return (
    'binaryType' in value &&
    'bufferedAmount' in value &&
    'readyState' in value &&
    typeof value.readyState === 'number' &&
    'addEventListener' in value &&
    'send' in value
  );
}

/** A transport over a WebSocket that a user has opened. Throws TypeError unless it is still connecting. */
export function takeWebSocket(socket: WebSocketLike): Transport {
  if (socket.readyState === CONNECTING) return new WebSocketTransport(socket);
  throw new TypeError(
    socket.readyState === OPEN
      ? 'the WebSocket is open already: an NBD server speaks first, and its greeting may have come and gone. Open it with ' +
          'connectWebSocket(url), which listens from the beginning, or hand it over while it is still connecting'
      : 'the WebSocket is closed already: open another with connectWebSocket(url)',
  );
}

export class WebSocketTransport implements Transport {
  #socket: WebSocketLike | undefined;
  #events: TransportEvents | undefined;
  /** Reports that came before `open`. */
  #early: ((events: TransportEvents) => void)[] = [];
  /** How many bytes are in them. */
  #earlyBytes = 0;
  /** The callbacks of writes that the WebSocket has taken while it holds too many bytes. */
  #unwritten: (() => void)[] = [];
  #bufferedBound = leastBound;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasOpened = false;
  #isOver = false; // nothing is reported any more
  #cause: unknown;

  /** Listens from now on, also before `open` is called. */
  constructor(socket: WebSocketLike | Promise<WebSocketLike>) {
    if (socket instanceof Promise) socket.then(this.#attach, this.#fail);
    else this.#attach(socket);
  }

  readonly #attach = (socket: WebSocketLike): void => {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    // The listeners stay as long as the WebSocket: one of `ws` throws an error that nobody listens to.
    socket.addEventListener('open', this.#socketOnOpen);
    socket.addEventListener('message', this.#socketOnMessage);
    socket.addEventListener('error', this.#socketOnError);
    socket.addEventListener('close', this.#socketOnClose);
    if (this.#isOver) socket.close();
  };

  get connecting(): boolean {
    return !this.#hasOpened && !this.#isOver;
  }

  open(events: TransportEvents): void {
    this.#events = events;
    const early = this.#early;
    this.#early = [];
    if (this.#earlyBytes > pauseBound) this.resume(); // whoever opened it pauses it again if this is too much still
    for (const report of early) report(events);
  }

  #report(report: (events: TransportEvents) => void): void {
    if (this.#isOver) return;
    if (this.#events === undefined) this.#early.push(report);
    else report(this.#events);
  }

  readonly #fail = (error: unknown): void => {
    this.#report((events) => events.error(error));
    this.#end();
  };

  /** Nothing is sent or reported from here on. */
  #end(): void {
    this.#isOver = true;
    this.#unwritten = [];
    clearTimeout(this.#timer);
  }

  // --- received ---

  readonly #socketOnOpen = (): void => {
    this.#hasOpened = true;
    if (!this.#isOver) this.#events?.connected();
  };

  readonly #socketOnMessage = ({ data }: { data: unknown }): void => {
    this.#checkBuffered(); // a page in the background has slow timers, and messages all the same
    const bytes = bytesOf(data);
    if (bytes !== undefined) {
      this.#report((events) => events.data(bytes));
      if (this.#events === undefined) this.#boundEarly(bytes.length);
      return;
    }
    const what = typeof data === 'string' ? 'a text message' : 'a message that is not an ArrayBuffer';
    this.#fail(new NBDError(`the WebSocket delivered ${what}, and NBD is bytes`, 'EPROTO'));
    this.#socket?.close();
  };

  // Nobody has asked for this WebSocket yet, and its server goes on.
  #boundEarly(count: number): void {
    this.#earlyBytes += count;
    if (this.#earlyBytes > pauseBound) this.pause();
    if (this.#earlyBytes <= unreadBound || this.#isOver) return;
    this.#early = [];
    this.#fail(tooMuchUnread());
    this.#socket?.close();
  }

  // A browser's event says nothing; that of `ws` has the error. 'close' follows, in the same task if the socket is closed already.
  // In Chromium nothing follows when the content security policy forbids the address: then the timer reports the close.
  readonly #socketOnError = (event: object): void => {
    if ('error' in event) this.#cause = event.error;
    if (this.#socket?.readyState === CLOSED) setTimeout(() => this.#socketOnClose({ code: 1006, reason: '' }));
  };

  readonly #socketOnClose = ({ code, reason }: { code: number; reason: string }): void => {
    if (isEndOfStream(code)) {
      this.#report((events) => events.end());
      this.#end();
    } else {
      this.#fail(closeError(code, reason, this.#hasOpened, this.#cause));
    }
  };

  pause(): void {
    this.#socket?.pause?.();
  }

  resume(): void {
    this.#socket?.resume?.();
  }

  // --- sent ---

  write(chunks: readonly Uint8Array[], written: () => void): void {
    const socket = this.#socket;
    if (socket?.readyState !== OPEN) return; // 'close' reports why
    const messages = chunks.flatMap(cut);
    const last = messages.pop();
    if (last === undefined) return;
    for (const message of messages) socket.send(message);
    if (socket.pause !== undefined) {
      // `ws` may send from the library's own memory, and calls back when it has sent.
      socket.send(last, (error) => error ?? written());
      return;
    }
    socket.send(last);
    this.#unwritten.push(written);
    this.#checkBuffered();
  }

  #checkBuffered(): void {
    if (this.#unwritten.length === 0) return;
    if ((this.#socket?.bufferedAmount ?? 0) > this.#bufferedBound) {
      this.#timer ??= setTimeout(this.#timerOnTimeout, pollInterval);
      return;
    }
    const unwritten = this.#unwritten;
    this.#unwritten = [];
    for (const written of unwritten) written();
  }

  readonly #timerOnTimeout = (): void => {
    this.#timer = undefined;
    if (this.#socket?.bufferedAmount === 0) this.#bufferedBound = Math.min(2 * this.#bufferedBound, mostBound);
    this.#checkBuffered();
  };

  // A WebSocket sends what it holds before it closes. A paused one is resumed, or it would never see its peer's answer.
  close(): void {
    this.#end();
    this.#early = [];
    this.#socket?.resume?.();
    this.#socket?.close(1000);
  }
}
