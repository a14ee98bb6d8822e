// One instance of the WebAssembly module: its exports, its memory, and the loader that makes one.
import { NBDError } from '../base/errors.js';
import type { LibnbdExports } from '../generated/exports.js';
import { type Memory, nullPointer, type Pointer } from './memory.js';

/** The functions of libnbd.wasm that are not libnbd's own calls. */
interface SupportExports {
  readonly memory: WebAssembly.Memory;
  malloc(size: number): Pointer;
  free(pointer: Pointer): void;
  nbd_create(): Pointer;
  nbd_close(handle: Pointer): void;
  nbd_get_error(): Pointer;
  nbd_wasm_get_errno(): number;
  nbd_wasm_strerror(errno: number): Pointer;
}

/** The functions that make a closure of a key, named after the closure's type: wasm/closures.c. */
type ClosureExports = Record<`nbd_wasm_${ClosureType}`, (key: number) => Pointer>;
export type ClosureType = 'chunk' | 'completion' | 'context' | 'debug' | 'extent' | 'extent64' | 'list';

export type Exports = SupportExports & ClosureExports & LibnbdExports;

export class Module {
  readonly exports: Exports;
  /** Why this instance can be used no more; undefined while it can. */
  failure: NBDError | undefined;
  /** Called once, when it has failed. */
  onfailure: (error: NBDError) => void = () => {};

  /** What its pointers point into. */
  readonly memory: Memory;

  private constructor(instance: WebAssembly.Instance, memory: Memory) {
    const exports = instance.exports as unknown as Exports;
    this.memory = memory;
    memory.attach(exports.memory);
    this.exports = this.#guarded(instance.exports);
  }

  static async instantiate(compiled: WebAssembly.Module, memory: Memory, imports: WebAssembly.Imports): Promise<Module> {
    const instance = await WebAssembly.instantiate(compiled, imports);
    const module = new Module(instance, memory);
    (instance.exports._initialize as () => void)();
    return module;
  }

  // A trap or a failed assertion leaves the module's memory as it was in the middle of something: from then on every call
  // of this instance fails with the error that says so.
  #guarded(exports: WebAssembly.Exports): Exports {
    const guarded: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(exports)) {
      guarded[name] = typeof value === 'function' ? this.#guard(value as Native) : value;
    }
    // An object with this many properties is a hash table; as a prototype, V8 makes it one with fixed slots.
    return Object.create(guarded) as Exports;
  }

  #guard(native: Native): Native {
    return (...args) => {
      if (this.failure !== undefined) throw this.failure;
      try {
        return native(...args);
      } catch (error) {
        throw this.#fail(error);
      }
    };
  }

  #fail(cause: unknown): NBDError {
    if (this.failure === undefined) {
      const what = cause instanceof Error ? cause.message : String(cause);
      this.failure = new NBDError(
        `libnbd failed inside (${what}) and this instance of it can be used no more: make a new one with load(). ` +
          'Please report it, with what led to it',
        'ENOTRECOVERABLE',
        { cause },
      );
      this.onfailure(this.failure);
    }
    return this.failure;
  }

  malloc(size: number): Pointer {
    const pointer = this.exports.malloc(size);
    if (pointer === nullPointer) throw new NBDError(`no memory for ${size} bytes in the module`, 'ENOMEM');
    return pointer;
  }

  /** A copy of bytes in the module's memory, for the caller to free. */
  copyIn(bytes: Uint8Array): Pointer {
    const pointer = this.malloc(bytes.length);
    this.memory.bytes.set(bytes, pointer);
    return pointer;
  }
}

type Native = (...args: unknown[]) => unknown;
