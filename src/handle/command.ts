// One command or option in flight: the buffer that it reads or writes, the closures that libnbd holds for it, and the
// promise that waits for it, if one does.

import type { Callback } from '../base/callback.js';
import { errnoOf, NBDError, retold } from '../base/errors.js';
import type { Buffers, Mapping } from '../libnbd/buffers.js';
import type { Closure, Closures, Owner } from '../libnbd/closures.js';
import type { ClosureType, Exports } from '../libnbd/exports.js';
import type { Pointer } from '../wasm/memory.js';

const EFAULT = errnoOf('EFAULT');

const bytesOfExtent = 16;
/**
 * The most that the arrays of one block status may hold, in bytes: the extents of the longest reply. A server can agree to any number of
 * metadata contexts, and answer for each of them.
 */
const arraysBound = 2 ** 27;

/** Somebody who waits for a command. Nobody waits for a command of an `aio*` call. */
export interface Waiter {
  /** The libnbd call that a user made, `nbd_pread`, as the error is to name it. */
  readonly call: string;
  /** Resolves or rejects from how the command ended. */
  settle(command: Command): void;
  /** Rejects with an error that is made when its stack can tell who awaits the promise. */
  fail(make: () => unknown): void;
}

/** What a command needs of its handle. */
export interface CommandOwner extends Owner {
  readonly exports: Exports;
  readonly closures: Closures;
  readonly buffers: Buffers;
  readonly closed: boolean;
  /** The server has answered a command, or never will. */
  commandAnswered(): void;
  /** A command that somebody waits for is complete. */
  commandCompleted(command: Command): void;
  commandFreed(command: Command): void;
}

export class Command implements Closure {
  readonly owner: CommandOwner;
  /** The user's handle, which must not be collected while the command is in flight. */
  readonly handle: object;
  readonly waiter: Waiter | undefined;
  /** The user's own completion. */
  callback: Callback | undefined;

  /** libnbd's number for the command; -1 until libnbd has taken it. */
  cookie = -1n;
  /** Linux's error number that libnbd completed it with. */
  errno = 0;
  /** The text of that error, for an option; a command's is asked for when it is retired. */
  message = '';
  /** The first exception that one of its callbacks threw. */
  exception: unknown;
  /** How often its list or context callback ran. */
  count = 0;

  #mapping: Mapping | undefined;
  #isCompleted = false;
  #completionKey = 0;
  /** The keys of its other closures, if it has any. */
  #callbackKeys: number[] | undefined;

  constructor(owner: CommandOwner, handle: object, waiter?: Waiter) {
    this.owner = owner;
    this.handle = handle;
    this.waiter = waiter;
  }

  /** Gives a buffer its virtual address, until libnbd frees the completion. */
  map(bytes: Uint8Array): Pointer {
    this.#mapping = this.owner.buffers.map(bytes);
    return this.#mapping.address as Pointer;
  }

  /** As `map`, for a buffer of zeroes. */
  mapZeroed(bytes: Uint8Array): Pointer {
    const address = this.map(bytes);
    if (this.#mapping !== undefined) this.#mapping.rest = 'zero';
    return address;
  }

  /** The completion closure, which every command has: it tells when the command is done and when its buffer is free. */
  completion(callback?: Callback): Pointer {
    this.callback = callback;
    this.#completionKey = this.owner.closures.add(this);
    return this.owner.exports.nbd_wasm_completion(this.#completionKey); // not by `closure`: a name put together costs as much as all the rest
  }

  /** Any other closure of the command's; libnbd's null closure where there is no callback. */
  closure(type: ClosureType, callback: Callback | undefined): Pointer {
    if (callback === undefined) return this.owner.exports[`nbd_wasm_${type}`](0);
    return this.owner.exports[`nbd_wasm_${type}`](this.#add({ owner: new CallbackOwner(this), callback }));
  }

  /** The closure of a block status whose entries go into a map, by their metadata context. */
  extentArrays(found: Map<string, BigUint64Array>): Pointer {
    let total = 0;
    const extents = (metacontext: string, entries: BigUint64Array) => {
      total += entries.byteLength;
      if (total > arraysBound) {
        found.clear();
        throw new NBDError(`the server told of more than ${arraysBound / bytesOfExtent} extents in one reply`, 'EPROTO');
      }
      found.set(metacontext, entries);
    };
    return this.owner.exports.nbd_wasm_extent64(this.#add({ owner: new CallbackOwner(this), extents }));
  }

  #add(closure: Closure): number {
    const key = this.owner.closures.add(closure);
    this.#callbackKeys ??= [];
    this.#callbackKeys.push(key);
    return key;
  }

  /** Undoes what was prepared, for a command that never reached libnbd. */
  discard(): void {
    for (const key of this.#callbackKeys ?? []) this.owner.closures.free(key);
    if (this.#completionKey === 0) this.freed();
    else this.owner.closures.free(this.#completionKey);
  }

  completed(errno: number): number {
    this.errno = errno;
    this.#isCompleted = true;
    this.owner.commandAnswered();
    if (this.#mapping !== undefined) this.owner.buffers.reach(this.#mapping, this.#mapping.length);
    if (this.waiter !== undefined) this.owner.commandCompleted(this);
    const isDetached = errno === 0 && this.#mapping !== undefined && this.owner.buffers.isDetached(this.#mapping);
    return isDetached ? EFAULT : 0;
  }

  freed(): void {
    this.owner.commandFreed(this);
    // libnbd drops an option without a word when its handle is closed.
    if (this.waiter !== undefined && !this.#isCompleted && this.owner.closed) this.owner.commandCompleted(this);
    if (this.#mapping !== undefined) this.owner.buffers.unmap(this.#mapping);
    this.#mapping = undefined;
  }

  abandoned(error: Error): void {
    this.waiter?.fail(() => error);
  }

  /** Keeps a callback's exception for the error that the command ends with; an option of an `aio*` call ends with none. */
  threw(exception: unknown): boolean {
    this.exception ??= exception;
    return this.waiter !== undefined || this.cookie !== 0n;
  }

  /** The error that names the call, with a callback's exception as its cause. */
  error(error: NBDError): NBDError {
    const cause = this.exception;
    if (cause === undefined) return error;
    return retold(error, cause instanceof NBDError ? { cause, message: `${error.message} (${cause.message})` } : { cause });
  }
}

// The owner of a command's callbacks. It does as the connection does, but keeps exceptions in the command.
class CallbackOwner {
  readonly #command: Command;

  constructor(command: Command) {
    this.#command = command;
  }

  enterCallback(): void {
    this.#command.count++;
    this.#command.owner.enterCallback();
  }

  leaveCallback(): void {
    this.#command.owner.leaveCallback();
  }

  threw(exception: unknown): boolean {
    return this.#command.threw(exception);
  }
}
