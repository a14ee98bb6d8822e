// One virtual descriptor: the bytes that arrived and libnbd has not read yet, and those that it sent and that wait to be
// written. Knows nothing of where they come from or go to; that is the transport's.
import { codeOf, errnoOfCode, NBDError } from '../base/errors.js';
import type { Transport, TransportEvents } from '../transports/transport.js';
import { reopenable, Sink } from './rerouting.js';

const EAGAIN = -(errnoOfCode('EAGAIN') ?? 0);

/** Above this many unread bytes the source is paused; once half of them are read, it is resumed. */
const receiveBound = 2 ** 20;
/** Above this many bytes that the transport has not passed on yet, libnbd is told to wait. */
const sendBound = 2 ** 22;
/** Sends up to this size are gathered in one buffer; larger ones are written from where they are. */
const gatherMax = 2 ** 13;
const gatherSize = 2 ** 16;
const maxSpareGathers = 8;

export class Socket implements TransportEvents {
  /** Called when there is something to read again, or room to send. */
  onready: () => void = () => {};
  closed = false;
  /** A handle owns it. */
  isOwned = false;
  /** Given back to its owner unused, so that it may be handed over again. */
  released = false;
  /** What the transport reported, kept as the cause of the NBDError that libnbd makes of it. */
  failure: unknown;

  #transport: Transport | undefined;
  /** Where the transport reports to. */
  #sink = new Sink(this);
  readonly #listeners = new Set<() => void>();
  #isConnecting = false;

  // Received: chunks in their order, the first of them read up to #head.
  #unread: Uint8Array[] = [];
  #head = 0;
  #unreadBytes = 0;
  #paused = false;
  #ended = false;
  #errno = 0;

  // Sent: chunks to be written this turn; the last of them may be the gathering buffer, filled up to #gathered.
  #toWrite: Uint8Array[] = [];
  #gather: Uint8Array | undefined;
  #gathered = 0;
  #gatherStart = 0;
  readonly #fullGathers: Uint8Array[] = []; // to be used again once nothing is pending
  #spareGathers: Uint8Array[] = [];
  #pendingBytes = 0; // taken from libnbd and not yet passed on by the transport
  #inTransport = 0; // those of them that the transport was given
  #flushIsDue = false;
  #wasFull = false;
  #shutdownIsDue = false;

  /** Gives the socket what carries its bytes; a socket has one, from the start or once it is connected. */
  attach(transport: Transport): void {
    this.#transport = transport;
    this.#isConnecting = transport.connecting === true;
    transport.open(this.#sink);
  }

  /**
   * Puts another transport over the one that it has, such as one that encrypts. Bytes that are waiting here are not what the new
   * one would have read: then it is refused, as somebody may have slipped them in.
   */
  upgrade(over: (transport: Transport, reopened: Transport) => Transport): void {
    const transport = this.#transport;
    if (transport === undefined) throw Object.assign(new Error('the socket is not connected'), { code: 'ENOTCONN' });
    if (this.#unreadBytes > 0) {
      throw new NBDError('the server sent bytes before the TLS handshake, which no honest server does', 'EPROTO');
    }
    this.#transport = over(transport, reopenable(transport, this.#sink));
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
    if (this.closed || bytes.length === 0) return;
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    this.#ready();
    const last = this.#unread.length - 1;
    if (reused && this.#unread[last] === bytes) this.#unread[last] = bytes.slice();
    if (this.#unreadBytes > receiveBound && !this.#paused && !this.closed) {
      this.#paused = true;
      this.#transport?.pause?.();
    }
  }

  connected(): void {
    if (this.closed || !this.#isConnecting) return;
    this.#isConnecting = false;
    this.#ready();
  }

  end(): void {
    if (this.closed || this.#ended) return;
    this.#ended = true;
    this.#ready();
  }

  error(error: unknown): void {
    this.fail(error);
  }

  /** Makes every later call on the socket fail. */
  fail(error: unknown): void {
    if (this.closed || this.#errno !== 0) return;
    this.failure = error;
    this.#errno = errnoOfCode(codeOf(error, 'EIO')) ?? 0;
    this.#ready();
  }

  // --- libnbd's side; results are those of the POSIX call, with Linux's error numbers negated ---

  /** Whether it is not connected yet, or not verified yet. */
  get isConnecting(): boolean {
    return this.#isConnecting;
  }

  get readable(): boolean {
    return this.#unreadBytes > 0 || this.#ended || this.#errno !== 0;
  }

  get writable(): boolean {
    return (this.#pendingBytes < sendBound && !this.#isConnecting) || this.#errno !== 0;
  }

  /** What the connection failed with, one of Linux's error numbers; 0 while it has not. */
  get errno(): number {
    return this.#errno;
  }

  /** recv: fills `target` from `start` with up to `length` bytes, and returns how many. */
  receive(target: Uint8Array, start: number, length: number): number {
    let chunk = this.#unread[0];
    if (chunk === undefined) return this.#ended ? 0 : this.#errno !== 0 ? -this.#errno : EAGAIN;
    let done = 0;
    while (chunk !== undefined && done < length) {
      const count = Math.min(chunk.length - this.#head, length - done);
      copy(chunk, this.#head, target, start + done, count);
      done += count;
      this.#head += count;
      if (this.#head === chunk.length) {
        this.#unread.shift();
        this.#head = 0;
        chunk = this.#unread[0];
      }
    }
    this.#unreadBytes -= done;
    if (this.#paused && this.#unreadBytes < receiveBound / 2) {
      this.#paused = false;
      this.#transport?.resume?.();
    }
    return done;
  }

  /**
   * send: takes up to `length` bytes of `source` from `start`, and returns how many. A `stable` source, one that stays as it is
   * until the command was answered, is written without a copy.
   */
  send(source: Uint8Array, start: number, length: number, stable: boolean): number {
    if (this.#errno !== 0) return -this.#errno;
    const room = sendBound - this.#pendingBytes;
    if (room <= 0 || this.#isConnecting) return EAGAIN;
    const count = Math.min(length, room);
    if (stable && count > gatherMax) {
      this.#endGathered();
      this.#toWrite.push(source.subarray(start, start + count));
    } else {
      this.#gatherBytes(source, start, count);
    }
    this.#pendingBytes += count;
    this.#wasFull ||= this.#pendingBytes >= sendBound;
    if (!this.#flushIsDue) {
      this.#flushIsDue = true;
      resolved.then(this.#flushSoon);
    }
    return count;
  }

  /** shutdown(SHUT_WR): half-closes after what was sent, where the transport can. */
  shutdown(): number {
    this.#shutdownIsDue = true;
    if (!this.#flushIsDue) this.#shutdown();
    return 0;
  }

  close(): number {
    if (this.closed) return 0;
    this.#flush(); // what libnbd sent before it closed, such as NBD_CMD_DISC, still goes out
    this.closed = true;
    this.onready = () => {};
    this.#unread = [];
    this.#unreadBytes = 0;
    this.#transport?.close();
    return 0;
  }

  /** Gives the transport back to its owner, if it can be given back; otherwise closes it. */
  release(): void {
    const transport = this.#transport;
    const release = transport?.release;
    if (release === undefined || this.#pendingBytes > 0) {
      this.close();
      return;
    }
    this.closed = true;
    this.released = true;
    this.onready = () => {};
    const unread = this.#unread;
    const first = unread[0];
    if (first !== undefined) unread[0] = first.subarray(this.#head);
    this.#unread = [];
    release.call(transport, unread);
  }

  // --- gathering ---

  #gatherBytes(source: Uint8Array, start: number, length: number): void {
    for (let done = 0; done < length; ) {
      if (this.#gather === undefined) {
        this.#gather = this.#spareGathers.pop() ?? new Uint8Array(gatherSize);
        this.#gathered = 0;
        this.#gatherStart = 0;
      }
      const count = Math.min(length - done, gatherSize - this.#gathered);
      copy(source, start + done, this.#gather, this.#gathered, count);
      done += count;
      this.#gathered += count;
      if (this.#gathered === gatherSize) {
        this.#endGathered();
        if (this.#fullGathers.length < maxSpareGathers) this.#fullGathers.push(this.#gather);
        this.#gather = undefined;
      }
    }
  }

  // Makes a chunk of what was gathered since the last one.
  #endGathered(): void {
    if (this.#gather === undefined || this.#gathered === this.#gatherStart) return;
    this.#toWrite.push(this.#gather.subarray(this.#gatherStart, this.#gathered));
    this.#gatherStart = this.#gathered;
  }

  readonly #flushSoon = (): void => this.#flush();

  #flush(): void {
    this.#flushIsDue = false;
    if (this.closed) return;
    this.#endGathered();
    const chunks = this.#toWrite;
    if (chunks.some(({ length }) => length === 0)) {
      this.fail(transferred());
      return;
    }
    if (chunks.length > 0) {
      const bytes = this.#pendingBytes - this.#inTransport;
      this.#toWrite = [];
      this.#inTransport += bytes;
      try {
        this.#transport?.write(chunks, () => this.#written(bytes));
      } catch (error) {
        this.fail(error);
        return;
      }
    }
    if (this.#shutdownIsDue) this.#shutdown();
  }

  #written(bytes: number): void {
    this.#inTransport -= bytes;
    this.#pendingBytes -= bytes;
    if (this.#pendingBytes === 0) {
      // Nobody holds a view of these any more.
      this.#gathered = 0;
      this.#gatherStart = 0;
      if (this.#fullGathers.length > 0)
        this.#spareGathers = [...this.#fullGathers.splice(0), ...this.#spareGathers].slice(0, maxSpareGathers);
    }
    if (this.#wasFull && this.#pendingBytes <= sendBound / 2 && !this.closed) {
      this.#wasFull = false;
      this.#ready();
    }
  }

  #shutdown(): void {
    this.#shutdownIsDue = false;
    this.#transport?.shutdown?.();
  }
}

// Node's queueMicrotask makes an AsyncResource of each call; a promise's reaction is bare.
const resolved = Promise.resolve();

/** What a write fails with whose buffer was transferred: half a request is out, so the connection cannot go on. */
export function transferred(): Error {
  return new NBDError('the buffer of a write was transferred before it was sent', 'EFAULT');
}

// Headers are a few bytes: a view of them costs more than they do.
function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void {
  if (count <= 48) {
    for (let i = 0; i < count; i++) target[to + i] = source[from + i] as number;
  } else {
    target.set(from === 0 && count === source.length ? source : source.subarray(from, from + count), to);
  }
}
