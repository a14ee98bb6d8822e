// What lives as long as libnbd's handle does: its socket, the pump that drives libnbd's state machine when the socket has
// something for it, and everybody who waits. The user's object (src/nbd.ts) refers to this and not the other way around,
// so that a handle which nobody holds any more can be collected and closed, whatever its socket does.

import { codeOfErrno, detailOf, NBDError, reportUncaught } from '../base/errors.js';
import type { Settler } from '../base/settler.js';
import type { Buffers } from '../libnbd/buffers.js';
import type { Closures } from '../libnbd/closures.js';
import type { Dependent } from '../libnbd/dependent.js';
import type { Exports } from '../libnbd/exports.js';
import type { TlsCredentials } from '../libnbd/host.js';
import type { Instance } from '../libnbd/instance.js';
import type { Pointer } from '../wasm/memory.js';
import type { Command, CommandOwner } from './command.js';
import { Ending, needsConnection, renamed, unreachedText, withDetail } from './ending.js';
import { Pump } from './pump.js';

/** Somebody who waits for the handle's state to change. */
export interface StateWaiter {
  readonly call: string;
  /** Keeps the user's handle from being collected. */
  readonly handle: object;
  /** Whether the state is the one waited for; settles the promise if it is. */
  check(): boolean;
  readonly settler: Pick<Settler<never>, 'fail'>;
}

export class Connection implements CommandOwner, Dependent {
  readonly instance: Instance;
  readonly pointer: Pointer;
  readonly exports: Exports;
  readonly closures: Closures;
  readonly buffers: Buffers;
  closed = false;
  /** TLS credentials in memory, where the user gave some. */
  credentials: TlsCredentials | undefined;
  /** Once the handle is closed: resolves when the server has ended that libnbd had started for it. */
  serverEnded: Promise<unknown> = Promise.resolve();

  #callbacks = 0;
  #isPumping = false;
  #completed: Command[] = [];
  #waiters: StateWaiter[] = [];
  /** Commands of `aio*` calls by their cookie, for what their callbacks threw. */
  readonly #issued = new Map<bigint, Command>();
  readonly #pump: Pump;
  readonly #ending = new Ending();

  constructor(instance: Instance, pointer: Pointer) {
    this.instance = instance;
    this.pointer = pointer;
    this.exports = instance.module.exports;
    this.closures = instance.closures;
    this.buffers = instance.buffers;
    this.#pump = new Pump(instance, pointer, this.#socketOnReady);
  }

  /** Throws an error that says why no call can be made any more. */
  assertOpen(call: string): void {
    this.instance.failures.lastCause = undefined;
    if (this.closed)
      throw new NBDError(`${call}: the handle is closed: make another with NBD.create()`, 'EBADF', { isFatal: true });
  }

  /** As `assertOpen`, for a call that takes libnbd's lock on the handle. */
  assertCallable(call: string): void {
    this.assertOpen(call);
    if (this.#callbacks > 0) {
      throw new NBDError(
        `${call}: called on a handle from inside one of its callbacks, which libnbd forbids: do it after the callback ` +
          'has returned, for example in queueMicrotask()',
        'EDEADLK',
      );
    }
  }

  /** The error of the libnbd call that has just failed, under the name of the user's call. */
  lastError(call: string): NBDError {
    const { memory, failures } = this.instance;
    const text = this.exports.nbd_get_error();
    const message = text === 0 ? `${call}: failed without an error` : renamed(memory.string(text), call);
    const code = codeOfErrno(this.exports.nbd_wasm_get_errno());
    if (code === 'EINVAL' && needsConnection(message)) return this.#ending.explain(call);
    const cause = failures.lastCause;
    const unreached = cause === this.#pump.socket?.failure ? this.#pump.socket?.unreached : undefined;
    const told = unreachedText(message, unreached, cause) ?? withDetail(message, detailOf(cause));
    const error = new NBDError(told, code, { isFatal: this.#isOver(), ...(cause === undefined ? {} : { cause }) });
    if (this.exports.nbd_aio_is_dead(this.pointer) !== 0) this.#ending.die(error); // no pump has noticed, if it died of this call
    return error;
  }

  #isOver(): boolean {
    return this.exports.nbd_aio_is_dead(this.pointer) !== 0 || this.exports.nbd_aio_is_closed(this.pointer) !== 0;
  }

  /** Hands a command to libnbd. Returns its cookie; throws libnbd's error when it was not taken. */
  issue(command: Command, call: string, native: (command: Command) => bigint | number): bigint {
    let result: bigint | number;
    try {
      result = native(command);
    } catch (error) {
      command.discard();
      throw error;
    }
    const cookie = BigInt(result);
    if (cookie === -1n) throw this.lastError(call); // libnbd has freed the closures
    command.cookie = cookie;
    if (cookie === 0n) {
      this.#pump.optionSent();
      this.kick();
      return cookie;
    }
    this.#pump.commandTaken();
    if (command.waiter === undefined) this.#issued.set(cookie, command);
    // What libnbd can send, it has sent while it took the command.
    if (this.#pump.mayRead || this.#completed.length > 0 || this.#waiters.length > 0) this.kick();
    return cookie;
  }

  commandAnswered(): void {
    this.#pump.socket?.answered();
  }

  commandCompleted(command: Command): void {
    if (command.errno !== 0) command.message = this.instance.memory.string(this.exports.nbd_get_error());
    this.#completed.push(command);
  }

  commandFreed(command: Command): void {
    if (command.waiter === undefined) this.#issued.delete(command.cookie);
  }

  /** The command of an `aio*` call, until it is retired. */
  issued(cookie: bigint): Command | undefined {
    return this.#issued.get(cookie);
  }

  /**
   * Checks the result of a blocking call that was made for its first half alone. Nothing can wait inside the module, so the call
   * returns where it would have waited (wasm/posix.c). Throws libnbd's error for any other failure.
   */
  startToWait(call: string, result: number): void {
    const hasStarted = this.instance.wouldHaveWaited();
    if (result === -1 && !hasStarted) throw this.lastError(call);
  }

  wait(waiter: StateWaiter): void {
    if (!waiter.check()) this.#waiters.push(waiter);
  }

  /** Waits for the next event of the handle, whatever its state is now. */
  waitForEvent(waiter: StateWaiter): void {
    this.#waiters.push(waiter);
  }

  stopWaiting(waiter: StateWaiter): void {
    const index = this.#waiters.indexOf(waiter);
    if (index !== -1) this.#waiters.splice(index, 1);
  }

  /** The error that killed the handle, under the name of `call`; undefined while the handle is not dead. */
  death(call: string): NBDError | undefined {
    return this.#ending.deathOf(call);
  }

  /** Fulfilled when the connection was lost. */
  get lost(): Promise<NBDError> {
    return this.#ending.lost;
  }

  /** Whether there is a connection to the server, in negotiation or after it. */
  get connected(): boolean {
    const { exports, pointer } = this;
    if (this.closed || this.instance.module.broken !== undefined) return false;
    const isInUse = exports.nbd_aio_is_ready(pointer) !== 0 || exports.nbd_aio_is_processing(pointer) !== 0;
    return isInUse || exports.nbd_aio_is_negotiating(pointer) !== 0;
  }

  /** The handle's state, for people. */
  get state(): string {
    const { exports, pointer } = this;
    if (this.closed) return 'closed';
    if (this.instance.module.broken !== undefined) return 'broken';
    if (exports.nbd_aio_is_created(pointer) !== 0) return 'not connected';
    if (exports.nbd_aio_is_connecting(pointer) !== 0) return 'connecting';
    if (exports.nbd_aio_is_negotiating(pointer) !== 0) return 'negotiating';
    if (exports.nbd_aio_is_dead(pointer) !== 0) return 'dead';
    return exports.nbd_aio_is_closed(pointer) === 0 ? 'ready' : 'disconnected';
  }

  /** Whether the socket is not connected yet, or in the middle of a TLS handshake. */
  get isSecuring(): boolean {
    const { socket } = this.#pump;
    return socket?.isConnecting === true && socket.errno === 0;
  }

  /** The socket's error, if libnbd has not noticed it: libnbd looks at a socket only while it waits for it. */
  socketError(call: string): NBDError | undefined {
    const { socket } = this.#pump;
    if (socket === undefined || socket.closed || socket.errno === 0) return undefined;
    const detail = detailOf(socket.failure);
    const code = codeOfErrno(socket.errno);
    return new NBDError(`${call}: ${detail === '' ? code : detail}`, code, { cause: socket.failure, isFatal: true });
  }

  /** Makes the socket fail, and libnbd with it, as a lost connection does. */
  failSocket(error: unknown): void {
    this.#pump.socket?.error(error);
  }

  enterCallback(): void {
    this.#callbacks++;
  }

  leaveCallback(): void {
    this.#callbacks--;
  }

  /** The debug callback threw. No call can report its exception. */
  threw(): boolean {
    return false;
  }

  /**
   * Lets libnbd do all that it can without waiting. Whoever makes a call that may have moved libnbd's state machine calls this
   * after it, and the socket does when it is ready. A call too many does no harm.
   */
  kick(): void {
    if (this.closed || this.#isPumping || this.#callbacks > 0) return;
    this.#isPumping = true;
    try {
      if (this.#pump.run()) this.#noteEnd();
      this.#settle();
    } finally {
      this.#isPumping = false;
    }
  }

  // A socket's event has no caller who could catch a failure of the module. Those who wait have heard of it already.
  #socketOnReady = (): void => {
    this.instance.failures.lastCause = undefined;
    try {
      this.kick();
    } catch (error) {
      if (error !== this.instance.module.broken) reportUncaught(error);
    }
  };

  // libnbd waits for nothing: it is at rest in negotiation, or its connection is over.
  #noteEnd(): void {
    if (this.#ending.death !== undefined) return;
    if (this.exports.nbd_aio_is_dead(this.pointer) !== 0) this.#ending.die(this.lastError('nbd_aio_notify_read'));
    else if (this.exports.nbd_aio_is_closed(this.pointer) !== 0 && this.#pump.socket?.isShutDown !== true) {
      this.#ending.lose(new NBDError('nbd_aio_notify_read: the server closed the connection', 'ENOTCONN', { isFatal: true }));
    }
  }

  #settle(): void {
    if (this.#completed.length > 0) {
      const completed = this.#completed;
      this.#completed = [];
      for (const command of completed) command.waiter?.settle(command);
    }
    if (this.#waiters.length > 0) this.#waiters = this.#waiters.filter((waiter) => !waiter.check());
  }

  /** Puts back a command that is complete while libnbd is still in the middle of its option. */
  settleLater(command: Command): void {
    this.#completed.push(command);
  }

  close(): void {
    if (this.closed) return;
    this.assertCallable('nbd_close');
    this.closed = true;
    this.instance.connections.delete(this.pointer);
    if (this.instance.module.broken === undefined) {
      this.exports.nbd_close(this.pointer);
      this.serverEnded = this.instance.processes?.takeEndings() ?? this.serverEnded;
    } else this.#pump.socket?.close();
    const error = (call: string) =>
      new NBDError(`${call}: the handle was closed before the server had answered`, 'ENOTCONN', { isFatal: true });
    this.#rejectAll(error);
  }

  /** The instance is broken: nothing will complete any more. */
  abandon(error: NBDError): void {
    this.#ending.die(error);
    this.#rejectAll(() => error);
    this.#pump.socket?.close();
  }

  #rejectAll(error: (call: string) => NBDError): void {
    const completed = this.#completed;
    const waiters = this.#waiters;
    this.#completed = [];
    this.#waiters = [];
    for (const { waiter } of completed) waiter?.fail(() => error(waiter.call));
    for (const { call, settler } of waiters) settler.fail(() => error(call));
  }
}
