// The three ways in which libnbd's blocking calls wait: for the reply to a command, for the reply to an option, and for a change of
// the handle's state. Nothing can wait inside the module, so each is made of its aio twin, and waits here.
import { checkedSignal, type WaitOptions } from '../base/abort.js';
import { codedError, codeOfErrno, NBDError, retold } from '../base/errors.js';
import { toldFrom } from '../base/fail_later.js';
import { Deferred, Settler } from '../base/settler.js';
import type { Arguments } from './arguments.js';
import { Command, type Waiter } from './command.js';
import type { Connection } from './connection.js';
import { renamed } from './ending.js';

/** The handle whose call waits. It is not collected meanwhile. */
export interface Caller {
  readonly connection: Connection;
  readonly arg: Arguments;
}

/** How an option's reply becomes the promise's result, as libnbd's blocking call has it; the last two are how many the callback was told. */
export type OptionResult = 'none' | 'boolean' | 'exports' | 'contexts';

/** The names of requests in libnbd's errors. */
const requestNames = { exports: 'list', contexts: 'meta context' } as const;

/**
 * Issues a command and waits for its reply.
 *
 * @param extent With `offset`, the range of the disk that the command is about, as the user gave it; for its error.
 */
export function commandReply<T>(
  caller: Caller,
  call: string,
  options: WaitOptions,
  native: (command: Command) => bigint,
  result?: () => T,
  extent?: Extent,
  offset?: number | bigint,
): Promise<T> {
  return reply(commandReply, caller, call, options, native, new CommandReply<T>(caller.connection, call, result, extent, offset));
}

/** Waits for a command. */
class CommandReply<T> extends Deferred<T> implements Waiter {
  readonly call: string;
  readonly #connection: Connection;
  readonly #result: (() => T) | undefined;
  readonly #extent: Extent | undefined;
  readonly #offset: number | bigint | undefined;

  constructor(
    connection: Connection,
    call: string,
    result: (() => T) | undefined,
    extent: Extent | undefined,
    offset: number | bigint | undefined,
  ) {
    super();
    this.#connection = connection;
    this.call = call;
    this.#result = result;
    this.#extent = extent;
    this.#offset = offset;
  }

  settle(command: Command): void {
    const { call } = this;
    const connection = this.#connection;
    if (connection.exports.nbd_aio_command_completed(connection.pointer, command.cookie) === 1) {
      this.resolve(this.#result?.() as T);
      return;
    }
    const error = connection.lastError(call);
    this.fail(() => {
      // libnbd ends what was in flight on a dead handle with ENOTCONN; what killed the handle says more.
      const death = error.code === 'ENOTCONN' ? connection.death(call) : undefined;
      const told = death === undefined ? error : retold(death, death.code === null ? { code: 'ENOTCONN' } : {});
      return command.error(retold(told, { message: withRange(told.message, this.#extent, this.#offset) }));
    });
  }
}

/** What a range is about: a number of bytes, or the buffer that holds them. */
type Extent = number | bigint | ArrayBufferView;

function withRange(message: string, extent: Extent | undefined, offset: number | bigint | undefined): string {
  if (extent === undefined || offset === undefined) return message;
  return `${message} (${typeof extent === 'object' ? extent.byteLength : extent} bytes at offset ${offset})`;
}

/** Issues an option and waits for its reply, with the results and errors of libnbd's blocking call. */
export function optionReply<T>(
  caller: Caller,
  call: string,
  options: WaitOptions,
  kind: OptionResult,
  native: (command: Command) => number,
): Promise<T> {
  return reply(optionReply, caller, call, options, native, new OptionReply<T>(caller.connection, call, kind));
}

/** Waits for an option. */
class OptionReply<T> extends Deferred<T> implements Waiter {
  readonly call: string;
  readonly #connection: Connection;
  readonly #kind: OptionResult;

  constructor(connection: Connection, call: string, kind: OptionResult) {
    super();
    this.#connection = connection;
    this.call = call;
    this.#kind = kind;
  }

  settle(command: Command): void {
    const { call } = this;
    const connection = this.#connection;
    const kind = this.#kind;
    const { exports, pointer } = connection;
    // TLS is under way while libnbd believes it done (wasm/tls.c).
    if (exports.nbd_aio_is_connecting(pointer) !== 0 || connection.isSecuring) {
      connection.settleLater(command);
      return;
    }
    const death = connection.death(call) ?? connection.socketError(call);
    if (command.exception !== undefined) {
      this.fail(() => new NBDError(`${call}: a callback threw an exception`, 'EPROTO', { cause: command.exception }));
    } else if (death !== undefined) {
      this.fail(() => death);
    } else if (kind === 'boolean' && exports.nbd_aio_is_negotiating(pointer) !== 0) {
      this.resolve((command.errno === 0) as T);
    } else if (command.errno === 0) {
      this.resolve((kind === 'none' ? undefined : command.count) as T);
    } else if (kind === 'none' || kind === 'boolean') {
      this.fail(() => new NBDError(renamed(command.message, call), codeOfErrno(command.errno)));
    } else {
      const text = connection.instance.memory.string(exports.nbd_wasm_strerror(command.errno));
      const message = `${call}: server replied with error to ${requestNames[kind]} request: ${text}`;
      this.fail(() => new NBDError(message, codeOfErrno(command.errno)));
    }
  }
}

function reply<T>(
  above: (...args: never[]) => unknown,
  caller: Caller,
  call: string,
  options: WaitOptions,
  native: (command: Command) => bigint | number,
  waiter: Deferred<T> & Waiter,
): Promise<T> {
  const { connection, arg } = caller;
  try {
    begin(above, caller, call, options);
  } catch (error) {
    waiter.reject(error);
    return waiter.promise;
  }
  if (options.signal !== undefined) waiter.abortBy(options.signal);
  try {
    connection.issue(new Command(connection, caller, waiter), call, native);
  } catch (error) {
    waiter.reject(toldFrom(above, error));
  } finally {
    arg.free();
  }
  return waiter.promise;
}

function begin(above: (...args: never[]) => unknown, { connection, arg }: Caller, call: string, options: WaitOptions): void {
  let signal: AbortSignal | undefined;
  try {
    arg.call = call;
    connection.assertCallable(call);
    signal = checkedSignal(call, options);
  } catch (error) {
    throw toldFrom(above, error);
  }
  signal?.throwIfAborted(); // the reason is the user's own
}

/**
 * Makes a call that changes the handle's state, and waits until a test of the state holds. An abort makes the connection fail, so
 * that nothing stays open.
 */
export function stateChange(
  caller: Caller,
  call: string,
  options: WaitOptions,
  native: () => void,
  isReached: () => boolean,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    begin(stateChange, caller, call, options);
    makeCall(stateChange, caller, native);
    if (!isReached()) {
      waitUntil(caller, call, options, isReached, resolve, reject);
      return;
    }
    caller.connection.kick(); // nothing is left to wait for, but the call may have killed the handle: the pump finds out
    resolve();
  });
}

/** Makes a call that connects the handle, and waits until it is connected, or in option mode negotiating. */
export function connected(
  caller: Caller,
  call: string,
  options: WaitOptions,
  native: () => void,
  isReached: () => boolean,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    begin(connected, caller, call, options);
    makeCall(connected, caller, native);
    const { exports, pointer } = caller.connection;
    const refusal = () =>
      exports.nbd_aio_is_closed(pointer) === 0
        ? undefined
        : new NBDError(`${call}: connection is closed`, null, { isFatal: true });
    waitUntil(caller, call, options, isReached, resolve, reject, refusal);
  });
}

/** Disconnects, and waits until the server has closed the connection. */
export function shutDown(caller: Caller, call: string, options: WaitOptions & { flags?: number | undefined }): Promise<void> {
  const { connection, arg } = caller;
  const { exports, pointer } = connection;
  const start = () => connection.startToWait(call, exports.nbd_shutdown(pointer, arg.flags(options)));
  const isOver = () => exports.nbd_aio_is_closed(pointer) !== 0 || exports.nbd_aio_is_dead(pointer) !== 0;
  return stateChange(caller, call, options, start, isOver);
}

function makeCall(above: (...args: never[]) => unknown, { arg }: Caller, native: () => void): void {
  try {
    native();
  } catch (error) {
    // Any other may be an exception of a transport that the user has made.
    throw error instanceof NBDError ? toldFrom(above, error) : error;
  } finally {
    arg.free();
  }
}

function waitUntil(
  caller: Caller,
  call: string,
  { signal }: WaitOptions,
  isReached: () => boolean,
  resolve: (value: undefined | Promise<never>) => void,
  reject: (error: unknown) => void,
  refusal?: () => NBDError | undefined,
): void {
  const { connection } = caller;
  const settler = new Settler<undefined>(resolve, reject, signal, () => {
    connection.stopWaiting(waiter);
    connection.failSocket(codedError('ECANCELED', 'the call was aborted'));
  });
  const check = () => {
    if (!isReached()) return false;
    const error = connection.death(call) ?? refusal?.();
    if (error === undefined) settler.resolve(undefined);
    else settler.fail(() => error);
    return true;
  };
  const waiter = { call, handle: caller, check, settler };
  connection.kick();
  connection.wait(waiter);
}
