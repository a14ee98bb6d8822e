// What the generated methods are made of: arguments into the module, results out of it, and the three ways to wait.
import { onAbort, type WaitOptions } from '../base/abort.js';
import { describe } from '../base/describe.js';
import { codeOfErrno, NBDError } from '../base/errors.js';
import type { CallbackResult } from '../libnbd/closures.js';
import type { Instance } from '../libnbd/instance.js';
import type { SocketLike } from '../transports/socket_like.js';
import { nullPointer, type Pointer } from '../wasm/memory.js';
import type { ClosureType, Exports } from '../wasm/module.js';
import { Command, type Waiter } from './command.js';
import { Connection } from './connection.js';

type Callback = (...args: never[]) => CallbackResult;

/** How an option's reply becomes the promise's result, as libnbd's blocking call has it. */
export type OptionResult = 'none' | 'boolean' | 'list' | 'meta context';

/** The base of a handle: used by the generated methods alone. */
export abstract class Handle {
  /** @internal */
  protected readonly instance: Instance;
  /** @internal */
  readonly connection: Connection;
  /** @internal */
  protected readonly x: Exports;
  /** @internal */
  protected readonly h: Pointer;

  #call = '';
  #temporaries: Pointer[] = [];

  /** @internal */
  constructor(instance: Instance) {
    this.instance = instance;
    this.x = instance.module.exports;
    this.h = this.x.nbd_create();
    if (this.h === nullPointer) {
      const code = codeOfErrno(this.x.nbd_wasm_get_errno());
      throw new NBDError(instance.memory.string(this.x.nbd_get_error()), code);
    }
    this.connection = new Connection(instance, this.h);
    instance.connections.add(this.connection);
  }

  // --- one call ---

  /** @internal */
  protected enter(call: string): void {
    this.#call = call;
    this.connection.enter(call, true);
  }

  /** @internal For a call that takes no lock, and so may be made from inside a callback. */
  protected enterUnlocked(call: string): void {
    this.#call = call;
    this.connection.enter(call, false);
  }

  /** @internal Frees the strings that were made for the call. */
  protected leave(): void {
    for (const pointer of this.#temporaries) this.x.free(pointer);
    this.#temporaries = [];
  }

  #fail(): NBDError {
    return this.connection.lastError(this.#call);
  }

  // --- arguments ---

  #wrong(name: string, expected: string, value: unknown): TypeError {
    return new TypeError(`${this.#call}: ${name} must be ${expected}, not ${describe(value)}`);
  }

  #outOfRange(name: string, range: string, value: unknown): RangeError {
    return new RangeError(`${this.#call}: ${name} must be ${range}, not ${describe(value)}`);
  }

  /** @internal */
  protected bool(name: string, value: boolean): number {
    if (typeof value !== 'boolean') throw this.#wrong(name, 'a boolean', value);
    return value ? 1 : 0;
  }

  #integer(name: string, value: number, min: number, max: number): number {
    if (typeof value !== 'number') throw this.#wrong(name, 'a number', value);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw this.#outOfRange(name, `an integer from ${min} to ${max}`, value);
    }
    return value;
  }

  /** @internal */
  protected int(name: string, value: number): number {
    return this.#integer(name, value, -(2 ** 31), 2 ** 31 - 1);
  }

  /** @internal */
  protected uint32(name: string, value: number): number {
    return this.#integer(name, value, 0, 2 ** 32 - 1);
  }

  /** @internal */
  protected flags(name: string, value: number | undefined): number {
    return value === undefined ? 0 : this.#integer(name, value, 0, 2 ** 32 - 1);
  }

  #big(name: string, value: number | bigint, min: bigint, max: bigint): bigint {
    if (typeof value === 'bigint') {
      if (value < min || value > max) throw this.#outOfRange(name, `an integer from ${min} to ${max}`, value);
      return value;
    }
    if (typeof value !== 'number') throw this.#wrong(name, 'a number or a bigint', value);
    if (!Number.isSafeInteger(value) || value < min) {
      throw this.#outOfRange(name, `an integer from ${min} that a number holds exactly, or a bigint`, value);
    }
    return BigInt(value);
  }

  /** @internal */
  protected uint64(name: string, value: number | bigint): bigint {
    return this.#big(name, value, 0n, uint64Max);
  }

  /** @internal */
  protected int64(name: string, value: number | bigint): bigint {
    return this.#big(name, value, int64Min, int64Max);
  }

  /** @internal */
  protected string(name: string, value: string): Pointer {
    if (typeof value !== 'string') throw this.#wrong(name, 'a string', value);
    if (value.includes('\0')) throw new TypeError(`${this.#call}: ${name} must not contain a null character`);
    return this.#temporary(encoder.encode(`${value}\0`));
  }

  /** @internal */
  protected stringList(name: string, values: readonly string[]): Pointer {
    if (!Array.isArray(values)) throw this.#wrong(name, 'an array of strings', values);
    const pointers = values.map((value: string, i) => this.string(`${name}[${i}]`, value));
    return this.#temporary(new Uint8Array(new Uint32Array([...pointers, 0]).buffer));
  }

  /** @internal */
  protected bytes(name: string, value: ArrayBufferView): Uint8Array {
    if (value instanceof Uint8Array) return value;
    if (!ArrayBuffer.isView(value)) throw this.#wrong(name, 'a Uint8Array or another view of bytes', value);
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }

  /** @internal A zeroed buffer for a read of `count` bytes; none for a count that libnbd is going to refuse. */
  protected newBytes(name: string, count: number): Uint8Array<ArrayBuffer> {
    this.#integer(name, count, 0, 2 ** 32 - 1);
    return new Uint8Array(count > maxRequestSize ? 0 : count);
  }

  /** @internal Bytes in the module's memory for the call. */
  protected blob(name: string, value: ArrayBufferView): Pointer {
    const bytes = this.bytes(name, value);
    // libnbd copies all of it into a struct sockaddr_storage.
    if (bytes.length > 128) throw this.#outOfRange(`${name}.byteLength`, 'at most 128', bytes.length);
    return this.#temporary(bytes);
  }

  /** @internal A handle's own closure (debug). */
  protected ownClosure(type: ClosureType, callback: Callback): Pointer {
    this.#function(type, callback);
    return this.x[`nbd_wasm_${type}`](this.instance.closures.add({ owner: this.connection, callback }));
  }

  /** @internal A callback that must be given. */
  protected required<T extends Callback>(name: string, callback: T): T {
    this.#function(name, callback);
    return callback;
  }

  /** @internal A callback that may be left out. */
  protected optional<T extends Callback>(name: string, callback: T | undefined): T | undefined {
    if (callback !== undefined) this.#function(name, callback);
    return callback;
  }

  #function(name: string, value: unknown): void {
    if (typeof value !== 'function') throw this.#wrong(name, 'a function', value);
  }

  #temporary(bytes: Uint8Array): Pointer {
    const pointer = this.instance.module.copyIn(bytes);
    this.#temporaries.push(pointer);
    return pointer;
  }

  // --- sockets ---

  /**
   * @internal Makes a socket libnbd's: `native` gets its virtual descriptor. A handle that is not newly created refuses it
   * before it is touched, and a socket that libnbd does not take stays the caller's.
   */
  protected giveSocket(name: string, socket: number | SocketLike, native: (fd: number) => number): void {
    if (typeof socket !== 'number' && (typeof socket !== 'object' || socket === null)) {
      throw this.#wrong(name, 'a virtual descriptor or a socket', socket);
    }
    const isCreated = this.x.nbd_aio_is_created(this.h) !== 0;
    let fd = -1; // what a handle in another state gets: libnbd looks at its state first, and says so
    if (isCreated) {
      fd = typeof socket === 'number' ? this.int(name, socket) : this.instance.openSocket(socket);
      if (this.instance.descriptors.get(fd)?.isOwned) {
        throw new NBDError(`${this.#call}: the virtual descriptor ${fd} belongs to another handle`, 'EBUSY');
      }
    }
    if (native(fd) === -1) {
      const error = this.#fail();
      if (isCreated && typeof socket !== 'number') this.instance.descriptors.remove(fd)?.release();
      throw error;
    }
    const opened = this.instance.descriptors.get(fd);
    if (opened !== undefined) opened.isOwned = true;
  }

  // --- results ---

  /** @internal */
  protected check(result: number): void {
    if (result === -1) throw this.#fail();
    this.connection.kick();
  }

  /** @internal */
  protected number(result: number): number {
    if (result === -1) throw this.#fail();
    return result;
  }

  /** @internal */
  protected boolean(result: number): boolean {
    if (result === -1) throw this.#fail();
    return result !== 0;
  }

  /** @internal */
  protected bigint(result: bigint): bigint {
    if (result === -1n) throw this.#fail();
    return result;
  }

  /** @internal A string that libnbd allocated for the caller. */
  protected ownString(pointer: Pointer): string {
    const text = this.staticString(pointer);
    this.x.free(pointer);
    return text;
  }

  /** @internal A string that stays libnbd's. */
  protected staticString(pointer: Pointer): string {
    if (pointer === nullPointer) throw this.#fail();
    return this.instance.memory.string(pointer);
  }

  // --- waiting ---

  /** @internal Issues a command of an `aio*` call, which nobody waits for. */
  protected issue(native: (command: Command) => bigint | number): bigint {
    const command = new Command(this.connection, this);
    return this.connection.issue(command, this.#call, () => native(command));
  }

  /** @internal Issues a command and waits for its reply: the blocking call over its aio twin. */
  protected command<T>(
    call: string,
    options: WaitOptions,
    native: (command: Command) => bigint,
    result?: (command: Command) => T,
  ): Promise<T> {
    return this.#wait(call, options, native, (command, resolve, reject) => {
      if (this.x.nbd_aio_command_completed(this.h, command.cookie) === 1) {
        resolve(result?.(command) as T);
        return;
      }
      const error = this.connection.lastError(call);
      // libnbd ends what was in flight on a dead handle with ENOTCONN; what killed the handle says more.
      const death = error.code === 'ENOTCONN' ? this.connection.death(call) : undefined;
      reject(
        command.error(
          death === undefined ? error : new NBDError(death.message, death.code ?? error.code, { cause: death.cause }),
        ),
      );
    });
  }

  /** @internal Issues an option and waits for its reply, with the results and errors of libnbd's blocking call. */
  protected option<T>(call: string, options: WaitOptions, kind: OptionResult, native: (command: Command) => number): Promise<T> {
    const { connection } = this;
    return this.#wait(call, options, native, (command, resolve, reject) => {
      // TLS is under way while libnbd believes it done (wasm/tls.c).
      if (this.x.nbd_aio_is_connecting(this.h) !== 0 || connection.isSecuring) {
        connection.settleLater(command);
        return;
      }
      const death = connection.death(call) ?? connection.socketError(call);
      if (command.exception !== undefined) {
        reject(new NBDError(`${call}: a callback threw an exception`, 'EPROTO', { cause: command.exception }));
      } else if (death !== undefined) {
        reject(death);
      } else if (kind === 'boolean' && this.x.nbd_aio_is_negotiating(this.h) !== 0) {
        resolve((command.errno === 0) as T);
      } else if (command.errno === 0) {
        resolve((kind === 'none' ? undefined : command.count) as T);
      } else if (kind === 'none' || kind === 'boolean') {
        reject(new NBDError(command.message.replace(/^nbd_[a-z0-9_]+: /, `${call}: `), codeOfErrno(command.errno)));
      } else {
        const text = this.instance.memory.string(this.x.nbd_wasm_strerror(command.errno));
        reject(new NBDError(`${call}: server replied with error to ${kind} request: ${text}`, codeOfErrno(command.errno)));
      }
    });
  }

  #wait<T>(
    call: string,
    { signal }: WaitOptions,
    native: (command: Command) => bigint | number,
    settle: (command: Command, resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.enter(call);
      signal?.throwIfAborted();
      const waiter: Waiter =
        signal === undefined
          ? { call, reject, settle: (command) => settle(command, resolve, reject) }
          : abortable(signal, call, settle, resolve, reject);
      const command = new Command(this.connection, this, waiter);
      try {
        this.connection.issue(command, call, () => native(command));
      } finally {
        this.leave();
      }
    });
  }

  /**
   * @internal Makes a call that changes the handle's state, and waits until a test of the state holds: the blocking call over
   * its aio twin. Aborting it lets the connection fail: nothing of it stays open.
   */
  protected change(
    call: string,
    { signal }: WaitOptions,
    native: () => void,
    isReached: () => boolean,
    isConnecting = false,
  ): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.enter(call);
      signal?.throwIfAborted();
      const { connection } = this;
      try {
        native();
      } finally {
        this.leave();
      }
      if (!isConnecting && isReached()) {
        connection.kick(); // libnbd had nothing to wait for, and so asks no more, not even whether it has died of it
        resolve();
        return;
      }
      const waiter = {
        call,
        handle: this,
        check: () => {
          if (!isReached()) return false;
          forget?.();
          const death = connection.death(call);
          if (death !== undefined) reject(death);
          else if (isConnecting && this.x.nbd_aio_is_closed(this.h) !== 0) {
            reject(new NBDError(`${call}: connection is closed`, null));
          } else resolve();
          return true;
        },
        reject: (error: unknown) => {
          forget?.();
          reject(error);
        },
      };
      const forget =
        signal &&
        onAbort(signal, () => {
          connection.stopWaiting(waiter);
          reject(signal.reason);
          connection.failSocket(Object.assign(new Error('the call was aborted'), { code: 'ECANCELED' }));
        });
      connection.kick();
      connection.wait(waiter);
    });
  }

  // --- calls that are like no other ---

  /** @internal `aio_command_completed`, whose error has what a callback of the command threw as its cause. */
  protected commandCompleted(call: string, cookie: number | bigint): boolean {
    this.enter(call);
    const id = this.uint64('cookie', cookie);
    const command = this.connection.issued(id);
    const result = this.x.nbd_aio_command_completed(this.h, id);
    if (result !== -1) return result !== 0;
    throw command?.error(this.#fail()) ?? this.#fail();
  }

  /** @internal Disconnects, and waits until the server has closed the connection. */
  protected shutDown(call: string, options: WaitOptions, flags: number | undefined): Promise<void> {
    const isOver = () => this.x.nbd_aio_is_closed(this.h) !== 0 || this.x.nbd_aio_is_dead(this.h) !== 0;
    return this.change(call, options, () => this.#startToWait(this.x.nbd_shutdown(this.h, this.flags('flags', flags))), isOver);
  }

  /** @internal Resolves with 1 when something has happened on the handle, or to `fd`; with 0 after `timeout` milliseconds. */
  protected pollFor(call: string, fd: number, timeout: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.enter(call);
      const milliseconds = this.int('timeout', timeout);
      const extra = this.instance.descriptors.get(this.int('fd', fd));
      this.#startToWait(this.x.nbd_poll2(this.h, fd, milliseconds));
      const { connection } = this;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const stopListening = extra?.listen(() => {
        connection.stopWaiting(waiter);
        waiter.check();
      });
      const waiter = {
        call,
        handle: this,
        check: () => {
          stopListening?.();
          clearTimeout(timer);
          const death = connection.death(call);
          if (death === undefined) resolve(1);
          else reject(death);
          return true;
        },
        reject: (error: unknown) => {
          stopListening?.();
          clearTimeout(timer);
          reject(error);
        },
      };
      if (milliseconds >= 0) {
        timer = setTimeout(() => {
          connection.stopWaiting(waiter);
          stopListening?.();
          resolve(0);
        }, milliseconds);
      }
      if (extra?.readable) waiter.check();
      else connection.waitForEvent(waiter);
    });
  }

  // A blocking call of libnbd's that was made for its first half: nothing can wait inside the module, so it returns where it
  // would have (wasm/posix.c), and the rest is waited for from the event loop.
  #startToWait(result: number): void {
    const hasStarted = this.instance.posix.wouldHaveWaited();
    if (result === -1 && !hasStarted) throw this.#fail();
  }
}

// A waiter whose promise may reject before libnbd is done with the command.
function abortable<T>(
  signal: AbortSignal,
  call: string,
  settle: (command: Command, resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
): Waiter {
  const forget = onAbort(signal, () => reject(signal.reason));
  const rejectOnce = (error: unknown) => {
    forget();
    reject(error);
  };
  const resolveOnce = (value: T) => {
    forget();
    resolve(value);
  };
  return { call, reject: rejectOnce, settle: (command) => settle(command, resolveOnce, rejectOnce) };
}

const uint64Max = 2n ** 64n - 1n;
const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);
const encoder = new TextEncoder();
/** libnbd's own limit (MAX_REQUEST_SIZE in lib/internal.h): it refuses a larger read or write before it touches the buffer. */
const maxRequestSize = 64 * 1024 * 1024;
