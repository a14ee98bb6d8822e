// The closures that libnbd holds: an integer key for each, from when it is passed to a call until libnbd frees it.

import type { Callback, CallbackResult, ErrorRef, Extent64 } from '../base/callback.js';
import { codeOfErrno, errnoOf, isErrnoCode, reportUncaught } from '../base/errors.js';
import type { Memory, Pointer } from '../wasm/memory.js';
import type { Buffers } from './buffers.js';

/** What the callbacks of one call share: the handle that is in use while they run, and the keeper of their first exception. */
export interface Owner {
  /** How many callbacks of the handle are running: none of its calls may be made from inside one. */
  enterCallback(): void;
  leaveCallback(): void;
  /** Keeps the exception of a callback. False if no call will report it: then it goes to the platform. */
  threw(exception: unknown): boolean;
}

/** What an integer key stands for. */
export interface Closure {
  readonly owner: Owner;
  // Each type of closure has its own arguments; the trampolines below and the generated types agree on them.
  readonly callback?: Callback | undefined;
  /**
   * The library's own completion, called before `callback` with the error number. It calls no code of a user's. If it returns an
   * error number, the command fails with that.
   */
  completed?(errno: number): number;
  /** The library's own block status, in place of `callback`: length and flags by turns, without an object an extent. */
  extents?(metacontext: string, entries: BigUint64Array): void;
  /** Keeps an exception of the callback's; false where nobody will ever ask for it. The owner's where it is left out. */
  threw?(exception: unknown): boolean;
  /** libnbd will not call the closure again. */
  freed?(): void;
  /** The instance is broken: libnbd will neither call nor free the closure. */
  abandoned?(error: Error): void;
}

/**
 * How many extents a callback is given at most. A reply may be shorter than its request, so that every caller asks again for the rest;
 * one of 64 MiB would become millions of objects at once.
 */
const mostEntries = 2 ** 17;

const EPROTO = errnoOf('EPROTO');

export class Closures {
  readonly #closures: (Closure | undefined)[] = [undefined]; // key 0 is no closure
  readonly #freeKeys: number[] = [];
  readonly #buffers: Buffers;
  readonly #memory: Memory;
  #hasThrown = false;

  constructor(memory: Memory, buffers: Buffers) {
    this.#memory = memory;
    this.#buffers = buffers;
  }

  /** How many closures libnbd holds. */
  get size(): number {
    return this.#closures.length - 1 - this.#freeKeys.length;
  }

  add(closure: Closure): number {
    const key = this.#freeKeys.pop() ?? this.#closures.length;
    this.#closures[key] = closure;
    return key;
  }

  /** libnbd calls this when it needs a closure no more. JavaScript calls it for a closure that never reached libnbd. */
  free(key: number): void {
    const closure = this.#closures[key];
    this.#closures[key] = undefined;
    this.#freeKeys.push(key);
    closure?.freed?.();
  }

  /** Tells every closure that libnbd will not come back to it. */
  abandon(error: Error): void {
    for (const closure of this.#closures.splice(1)) closure?.abandoned?.(error);
    this.#freeKeys.length = 0;
  }

  chunk(key: number, subbuf: number, count: number, offset: bigint, status: number, error: Pointer): number {
    const mapping = this.#buffers.at(subbuf);
    const { bytes, address } = mapping;
    const start = subbuf - address;
    this.#buffers.reach(mapping, start + count); // a hole is not received
    return this.#callWithError(key, error, (ref) => [bytes.subarray(start, start + count), unsigned(offset), status, ref]);
  }

  completion(key: number, error: Pointer): number {
    const closure = this.#closures[key];
    const failure = closure?.completed?.(this.#memory.view.getInt32(error, true)) ?? 0;
    if (failure !== 0) this.#memory.view.setInt32(error, failure, true);
    if (closure?.callback === undefined) return failure === 0 ? 0 : -1;
    return this.#callWithError(key, error, (ref) => [ref]);
  }

  context(key: number, name: Pointer): number {
    return this.#call(key, [this.#memory.string(name)]);
  }

  debug(key: number, context: Pointer, message: Pointer): number {
    return this.#call(key, [this.#memory.string(context), this.#memory.string(message)]);
  }

  extent(key: number, metacontext: Pointer, offset: bigint, entries: Pointer, count: number, error: Pointer): number {
    const view = this.#memory.view;
    const values: number[] = [];
    for (let i = 0; i < Math.min(count, 2 * mostEntries); i++) values.push(view.getUint32(entries + 4 * i, true));
    return this.#callWithError(key, error, (ref) => [this.#memory.string(metacontext), unsigned(offset), values, ref]);
  }

  extent64(key: number, metacontext: Pointer, offset: bigint, entries: Pointer, length: number, error: Pointer): number {
    const closure = this.#closures[key];
    if (closure?.extents !== undefined) {
      const bytes = this.#memory.bytes.slice(entries, entries + 16 * length);
      return this.#callWithError(key, error, () => [this.#memory.string(metacontext), new BigUint64Array(bytes.buffer)]);
    }
    const count = Math.min(length, mostEntries);
    const view = this.#memory.view;
    const values: Extent64[] = [];
    for (let i = 0; i < count; i++) {
      const entry = entries + 16 * i;
      values.push({ length: view.getBigUint64(entry, true), flags: view.getBigUint64(entry + 8, true) });
    }
    return this.#callWithError(key, error, (ref) => [this.#memory.string(metacontext), unsigned(offset), values, ref]);
  }

  list(key: number, name: Pointer, description: Pointer): number {
    return this.#call(key, [this.#memory.string(name), this.#memory.string(description)]);
  }

  #callWithError(key: number, error: Pointer, args: (ref: ErrorRef) => unknown[]): number {
    const ref: ErrorRef = { code: codeOfErrno(this.#memory.view.getInt32(error, true)) };
    this.#hasThrown = false;
    const result = this.#call(key, args(ref));
    const errno = ref.code === null ? 0 : isErrnoCode(ref.code) ? errnoOf(ref.code) : EPROTO;
    this.#memory.view.setInt32(error, this.#hasThrown && errno === 0 ? EPROTO : errno, true);
    return result;
  }

  // No exception may pass through libnbd's frames. It becomes the result -1, and its owner keeps it.
  #call(key: number, args: unknown[]): number {
    const closure = this.#closures[key];
    if (closure === undefined) throw new Error(`libnbd called closure ${key}, which it has freed`);
    const { owner, callback = closure.extents } = closure;
    if (callback === undefined) return 0;
    owner.enterCallback();
    try {
      return Number((callback as (...args: unknown[]) => CallbackResult)(...args) ?? 0);
    } catch (exception) {
      this.#hasThrown = true;
      if (!(closure.threw?.(exception) ?? owner.threw(exception))) reportUncaught(exception);
      return -1;
    } finally {
      owner.leaveCallback();
    }
  }
}

function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
