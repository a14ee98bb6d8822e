// One virtual descriptor: a connection as libnbd sees it. Only the transport knows where its bytes come from and go to.
import { codedError, codeOf, errnoOf, NBDError } from '../base/errors.js';
import type { ConnectTarget } from '../transports/target.js';
import type { Transport, TransportEvents } from '../transports/transport.js';
import { pauseBound, tooMuchUnread, unreadBound } from '../transports/unread.js';
import { ReceiveQueue } from './receiving.js';
import { Reopenable, Sink } from './rerouting.js';
import { SendQueue } from './sending.js';

const EAGAIN = -errnoOf('EAGAIN');
const skipSize = 2 ** 16;
/**
 * So many requests may be unanswered; libnbd keeps further ones until then. It goes through all that it has sent for each reply, so that
 * thousands would make each of them cost four times as much.
 */
const mostUnanswered = 256;

export class Socket implements TransportEvents {
  readonly fd: number;
  /** Called when there is something to read again, or room to send. */
  onready: () => void = () => {};
  closed = false;
  /** A handle owns it. */
  isOwned = false;
  /** The transport was given back to its owner unused, so that it may be handed over again. */
  released = false;
  /** The error that the connection failed with. It becomes the cause of the NBDError. */
  failure: unknown;
  /** Where it was to be connected to, until it is. */
  unreached: ConnectTarget | undefined;

  #transport: Transport | undefined;
  /** Where the transport reports to. */
  #sink = new Sink(this);
  readonly #listeners = new Set<() => void>();
  #isConnecting = false;

  /** How many bytes have arrived so far. */
  arrived = 0;
  /** Whether the last read brought less than was asked for: the reader goes on with it. */
  isMidRead = false;
  /** This side has said that it sends no more. */
  isShutDown = false;

  readonly #received = new ReceiveQueue();
  #paused = false;
  #ended = false;
  #errno = 0;

  readonly #toSend = new SendQueue();
  #unanswered = 0;
  /** A request was refused since too many are unanswered. */
  #isHeld = false;
  #flushIsDue = false;
  #shutdownIsDue = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Gives the socket its transport: from the start, or when libnbd connects it, to a target. */
  attach(transport: Transport, target?: ConnectTarget): void {
    this.#transport = transport;
    this.unreached = target;
    this.#isConnecting = transport.connecting === true;
    transport.open(this.#sink);
  }

  /**
   * Puts another transport, such as TLS, over the one that the socket has. Throws while unread bytes wait here: the new transport
   * would never see them, and somebody may have slipped them in.
   */
  upgrade(over: (below: Reopenable) => Transport): void {
    const transport = this.#transport;
    if (transport === undefined) throw codedError('ENOTCONN', 'the socket is not connected');
    if (this.#received.length > 0) {
      throw new NBDError('the server sent bytes before the TLS handshake, which no honest server does', 'EPROTO');
    }
    this.#transport = over(new Reopenable(transport, this.#sink));
    this.#isConnecting = this.#transport.connecting === true;
    this.#sink = new Sink(this);
    this.#transport.open(this.#sink);
  }

  /** Calls back whenever the socket is ready, as `onready` does; returns what stops that. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #ready(): void {
    this.onready();
    for (const listener of this.#listeners) listener();
  }

  // --- the transport's side ---

  data(bytes: Uint8Array, reused = false): void {
    if (this.closed || this.#errno !== 0 || bytes.length === 0) return;
    this.arrived += bytes.length;
    this.#received.push(bytes);
    try {
      this.#ready();
    } finally {
      if (reused) this.#received.keep(bytes);
    }
    if (this.#received.length > unreadBound) this.#tooMuch();
    if (this.#received.length > pauseBound && !this.#paused && !this.closed) {
      this.#paused = true;
      this.#transport?.pause?.();
    }
  }

  // The source was paused, or cannot be: nothing that libnbd has asked for waits here.
  #tooMuch(): void {
    this.error(tooMuchUnread());
    this.#received.take();
    this.#transport?.close();
  }

  connected(): void {
    if (this.closed || !this.#isConnecting) return;
    this.#isConnecting = false;
    this.unreached = undefined;
    this.#ready();
  }

  end(): void {
    if (this.closed || this.#ended) return;
    this.#ended = true;
    this.#ready();
  }

  /** Makes every later call on the socket fail. */
  error(error: unknown): void {
    if (this.closed || this.#errno !== 0) return;
    this.failure = error;
    this.#errno = errnoOf(codeOf(error, 'EIO'));
    this.#ready();
  }

  // --- libnbd's side; results are those of the POSIX call, with Linux's error numbers negated ---

  /** Whether it is not connected yet, or not verified yet. */
  get isConnecting(): boolean {
    return this.#isConnecting;
  }

  /** How many bytes wait to be read. */
  get unread(): number {
    return this.#received.length;
  }

  /** The 32-bit number that is read next; undefined while it is not whole. */
  peekUint32(): number | undefined {
    return this.#received.peekUint32();
  }

  /** Whether no more bytes will come. */
  get isOver(): boolean {
    return this.#ended || this.#errno !== 0;
  }

  get readable(): boolean {
    return this.#received.length > 0 || this.#ended || this.#errno !== 0;
  }

  get writable(): boolean {
    return (this.#toSend.room > 0 && !this.#isConnecting && !this.#isHeld) || this.#errno !== 0;
  }

  /** What the connection failed with, one of Linux's error numbers; 0 while it has not. */
  get errno(): number {
    return this.#errno;
  }

  /** recv: fills `target` from `start` with up to `length` bytes, and returns how many. */
  receive(target: Uint8Array, start: number, length: number): number {
    if (this.#received.length === 0) {
      this.isMidRead = true;
      return this.#ended ? 0 : this.#errno !== 0 ? -this.#errno : EAGAIN;
    }
    const done = this.#received.read(target, start, length);
    this.isMidRead = done < length;
    if (this.#paused && this.#received.length < pauseBound / 2) {
      this.#paused = false;
      this.#transport?.resume?.();
    }
    return done;
  }

  /** recv, of bytes that nobody wants: drops up to `length` of them, and returns how many. */
  skip(length: number): number {
    const dropped = new Uint8Array(Math.min(length, skipSize));
    const done = this.receive(dropped, 0, dropped.length);
    this.isMidRead = done < length;
    return done;
  }

  /** send: copies up to `length` bytes of `source` from `start` on, and returns how many. */
  send(source: Uint8Array, start: number, length: number): number {
    const count = this.#takeable(length);
    if (count > 0) this.#toSend.add(source, start, count);
    return count;
  }

  /** send, of a request's header. */
  sendRequest(source: Uint8Array, start: number, length: number): number {
    this.#isHeld = this.#unanswered >= mostUnanswered;
    if (this.#isHeld && this.#errno === 0) return EAGAIN;
    const count = this.send(source, start, length);
    if (count > 0) this.#unanswered++;
    return count;
  }

  /** The server has answered a request: `sendRequest` may take another. */
  answered(): void {
    if (this.#unanswered > 0) this.#unanswered--;
    this.#isHeld = false;
  }

  /** send, without a copy: the source does not change before the server has answered the command. */
  sendStable(source: Uint8Array, start: number, length: number): number {
    const count = this.#takeable(length);
    if (count > 0) this.#toSend.addStable(source, start, count);
    return count;
  }

  /** How many of `length` bytes can be sent now, or the error why none can. Has them flushed at the end of this turn. */
  #takeable(length: number): number {
    if (this.#errno !== 0) return -this.#errno;
    const { room } = this.#toSend;
    if (room <= 0 || this.#isConnecting) return EAGAIN;
    if (!this.#flushIsDue) {
      this.#flushIsDue = true;
      resolved.then(this.#flushSoon);
    }
    return Math.min(length, room);
  }

  /** shutdown(SHUT_WR): half-closes after what was sent, where the transport can. */
  shutdown(): number {
    this.isShutDown = true;
    this.#shutdownIsDue = true;
    if (!this.#flushIsDue) this.#shutdown();
    return 0;
  }

  close(): number {
    if (this.closed) return 0;
    this.#flush(); // what libnbd sent before it closed, such as NBD_CMD_DISC, still goes out
    this.closed = true;
    this.onready = () => {};
    this.#received.take();
    this.#transport?.close();
    return 0;
  }

  /** Gives the transport back to its owner, if it can be given back; otherwise closes it. */
  release(): void {
    const transport = this.#transport;
    const release = transport?.release;
    if (release === undefined || !this.#toSend.isEmpty) {
      this.close();
      return;
    }
    this.closed = true;
    this.released = true;
    this.onready = () => {};
    release.call(transport, this.#received.take());
  }

  readonly #flushSoon = (): void => this.#flush();

  #flush(): void {
    this.#flushIsDue = false;
    if (this.closed) return;
    try {
      const { chunks, bytes } = this.#toSend.take();
      if (chunks.length > 0) this.#transport?.write(chunks, () => this.#written(bytes));
    } catch (error) {
      this.error(error);
      return;
    }
    if (this.#shutdownIsDue) this.#shutdown();
  }

  #written(bytes: number): void {
    if (this.#toSend.written(bytes) && !this.closed) this.#ready();
  }

  #shutdown(): void {
    this.#shutdownIsDue = false;
    this.#transport?.shutdown?.();
  }
}

// Node's queueMicrotask makes an AsyncResource of each call; a promise's reaction is bare.
const resolved = Promise.resolve();
