// One instance of a WebAssembly module. A guard around each export stops all calls once one has failed inside.

import { NBDError } from '../base/errors.js';
import type { CompiledModule, ModuleImports } from '../base/platform_types.js';
import { type Memory, type ModuleMemory, nullPointer, type Pointer } from './memory.js';

/** What every module of ours exports. */
export interface ModuleExports {
  readonly memory: ModuleMemory;
  malloc(size: number): Pointer;
  free(pointer: Pointer): void;
}

export class Module<Exports extends ModuleExports> {
  readonly exports: Exports;
  /** What its pointers point into. */
  readonly memory: Memory;
  /** The error that ended this instance; undefined while it can be used. */
  broken: NBDError | undefined;
  /** Called once, when it has broken. */
  onbroken: (error: NBDError) => void = () => {};

  /** Its name in errors. */
  readonly #name: string;

  private constructor(name: string, exports: object, memory: Memory) {
    this.#name = name;
    this.memory = memory;
    memory.attach((exports as unknown as Exports).memory);
    this.exports = this.#guarded(exports);
  }

  static async instantiate<Exports extends ModuleExports>(
    name: string,
    compiled: CompiledModule,
    memory: Memory,
    imports: ModuleImports,
  ): Promise<Module<Exports>> {
    const { exports } = await WebAssembly.instantiate(compiled, imports);
    const module = new Module<Exports>(name, exports, memory);
    (exports._initialize as () => void)();
    return module;
  }

  // A trap or a failed assertion leaves the module's memory in the middle of a change. From then on every call of this instance
  // fails with the error that says so.
  #guarded(exports: object): Exports {
    const guarded: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(exports)) {
      guarded[name] = typeof value === 'function' ? this.#guard(value as Native) : value;
    }
    // V8 makes a hash table of an object with so many properties. A prototype gets fixed slots instead.
    return Object.create(guarded) as Exports;
  }

  #guard(native: Native): Native {
    return (...args) => {
      if (this.broken !== undefined) throw this.broken;
      try {
        return native(...args);
      } catch (error) {
        throw this.#fail(error);
      }
    };
  }

  #fail(cause: unknown): NBDError {
    if (this.broken === undefined) {
      const what = cause instanceof Error ? cause.message : String(cause);
      this.broken = new NBDError(
        `${this.#name} failed inside (${what}) and this instance of it can be used no more: make a new one with load(). ` +
          'Please report it, with what led to it',
        'ENOTRECOVERABLE',
        { cause, isFatal: true },
      );
      this.onbroken(this.broken);
    }
    return this.broken;
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
