// The arguments of a call. Each is checked and converted for the C function. Errors name the call and the argument.
import type { Callback } from '../base/callback.js';
import { bigInteger, integer, outOfRange, uint64Max, wrongType } from '../base/integers.js';
import { maxRequestSize } from '../disk/disk.js';
import type { Owner } from '../libnbd/closures.js';
import type { ClosureType } from '../libnbd/exports.js';
import type { Instance } from '../libnbd/instance.js';
import type { Pointer } from '../wasm/memory.js';

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);
const encoder = new TextEncoder();

export class Arguments {
  /** libnbd's name of the call. */
  call = '';
  readonly #instance: Instance;
  #temporaries: Pointer[] = [];

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  /** Frees the strings and bytes that the call has in the module's memory. */
  free(): void {
    for (const pointer of this.#temporaries) this.#instance.module.exports.free(pointer);
    this.#temporaries = [];
  }

  wrong(name: string, expected: string, value: unknown): TypeError {
    return wrongType(this.call, name, expected, value);
  }

  bool(name: string, value: boolean): number {
    if (typeof value !== 'boolean') throw this.wrong(name, 'a boolean', value);
    return value ? 1 : 0;
  }

  int(name: string, value: number): number {
    return integer(this.call, name, value, -(2 ** 31), 2 ** 31 - 1);
  }

  uint32(name: string, value: number): number {
    return integer(this.call, name, value, 0, 2 ** 32 - 1);
  }

  /** The flags in a call's options. */
  flags(options: { flags?: number | undefined }): number {
    const { flags } = this.#options(options);
    return flags === undefined ? 0 : integer(this.call, 'flags', flags, 0, 2 ** 32 - 1);
  }

  uint64(name: string, value: number | bigint): bigint {
    return bigInteger(this.call, name, value, 0n, uint64Max);
  }

  int64(name: string, value: number | bigint): bigint {
    return bigInteger(this.call, name, value, int64Min, int64Max);
  }

  string(name: string, value: string): Pointer {
    if (typeof value !== 'string') throw this.wrong(name, 'a string', value);
    if (value.includes('\0')) throw new TypeError(`${this.call}: ${name} must not contain a null character`);
    return this.#temporary(encoder.encode(`${value}\0`));
  }

  stringList(name: string, values: readonly string[]): Pointer {
    if (!Array.isArray(values)) throw this.wrong(name, 'an array of strings', values);
    const pointers = values.map((value: string, i) => this.string(`${name}[${i}]`, value));
    return this.#temporary(new Uint8Array(new Uint32Array([...pointers, 0]).buffer));
  }

  bytes(name: string, value: ArrayBufferView): Uint8Array {
    if (value instanceof Uint8Array) return value;
    if (!ArrayBuffer.isView(value)) throw this.wrong(name, 'a Uint8Array or another view of bytes', value);
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }

  /** A zeroed buffer for a read of `count` bytes; an empty one for a count that libnbd is going to refuse. */
  newBytes(name: string, count: number): Uint8Array<ArrayBuffer> {
    integer(this.call, name, count, 0, 2 ** 32 - 1);
    return new Uint8Array(count > maxRequestSize ? 0 : count);
  }

  /** Bytes in the module's memory for the call. */
  blob(name: string, value: ArrayBufferView): Pointer {
    const bytes = this.bytes(name, value);
    // libnbd copies all of it into a struct sockaddr_storage.
    if (bytes.length > 128) throw outOfRange(this.call, `${name}.byteLength`, 'at most 128', bytes.length);
    return this.#temporary(bytes);
  }

  /** A handle's own closure (debug). */
  ownClosure(type: ClosureType, callback: Callback, owner: Owner): Pointer {
    this.#function(type, callback);
    return this.#instance.module.exports[`nbd_wasm_${type}`](this.#instance.closures.add({ owner, callback }));
  }

  /** A callback that must be given. */
  required<T extends Callback>(name: string, callback: T): T {
    this.#function(name, callback);
    return callback;
  }

  /** The completion in a call's options. */
  completion<T extends Callback>(options: { completion?: T | undefined }): T | undefined {
    const { completion } = this.#options(options);
    if (completion !== undefined) this.#function('completion', completion);
    return completion;
  }

  #options<T>(options: T): T {
    if (typeof options !== 'object' || options === null) throw this.wrong('options', 'an object', options);
    return options;
  }

  #function(name: string, value: unknown): void {
    if (typeof value !== 'function') throw this.wrong(name, 'a function', value);
  }

  #temporary(bytes: Uint8Array): Pointer {
    const pointer = this.#instance.module.copyIn(bytes);
    this.#temporaries.push(pointer);
    return pointer;
  }
}
