// One instance of the WebAssembly module: its exports, its memory, and the loader that makes one.
import { NBDError } from './errors.js';
import type { LibnbdExports } from './generated/exports.js';
import type { PosixCalls } from './posix.js';

/** An address in the module's memory, or a virtual one (src/buffers.ts). Never a bare number. */
export type Pointer = number & { readonly __pointer: unique symbol };
export const nullPointer = 0 as Pointer;

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

/** What the trampolines of wasm/closures.c call. */
export interface Trampolines {
  chunk(key: number, subbuf: number, count: number, offset: bigint, status: number, error: Pointer): number;
  completion(key: number, error: Pointer): number;
  context(key: number, name: Pointer): number;
  debug(key: number, context: Pointer, message: Pointer): number;
  extent(key: number, metacontext: Pointer, offset: bigint, entries: Pointer, count: number, error: Pointer): number;
  extent64(key: number, metacontext: Pointer, offset: bigint, entries: Pointer, count: number, error: Pointer): number;
  list(key: number, name: Pointer, description: Pointer): number;
  free(key: number): void;
}

export class Module {
  readonly exports: Exports;
  /** Why this instance can be used no more; undefined while it can. */
  failure: NBDError | undefined;
  /** Called once, when it has failed. */
  onfailure: (error: NBDError) => void = () => {};

  readonly #memory: WebAssembly.Memory;
  #bytes: Uint8Array;
  #view: DataView;
  #viewed: Uint8Array | undefined;

  private constructor(instance: WebAssembly.Instance) {
    const exports = instance.exports as unknown as Exports;
    this.#memory = exports.memory;
    this.#bytes = new Uint8Array(this.#memory.buffer);
    this.#view = new DataView(this.#memory.buffer);
    this.exports = this.#guarded(instance.exports);
  }

  static async instantiate(compiled: WebAssembly.Module, posix: PosixCalls, closures: Trampolines): Promise<Module> {
    let module: Module | undefined;
    const memory = () => {
      if (module === undefined) throw new Error('libnbd.wasm used its imports before it was instantiated');
      return module;
    };
    const instance = await WebAssembly.instantiate(compiled, {
      libnbd: {
        recv: (fd: number, address: number, length: number) => posix.recv(fd, address >>> 0, length),
        send: (fd: number, address: number, length: number) => posix.send(fd, address >>> 0, length),
        shutdown: (fd: number) => posix.shutdown(fd),
        close: (fd: number) => posix.close(fd),
        fcntl: (fd: number) => posix.fcntl(fd),
        poll: () => posix.poll(),
        socket: () => posix.socket(),
        connect: (fd: number, address: number, length: number) => posix.connect(fd, address, length),
        socketError: (fd: number) => posix.socketError(fd),
        noteAddress: (host: Pointer, port: Pointer) => posix.noteAddress(host, port),
        forgetAddress: (number: number) => posix.forgetAddress(number),
        nameAddress: (address: number, length: number, host: number, hostSize: number, port: number, portSize: number) =>
          posix.nameAddress(address, length, host, hostSize, port, portSize),
        socketpair: (fds: number) => posix.socketpair(fds),
        bind: (fd: number, address: number, length: number) => posix.bind(fd, address, length),
        listen: () => posix.listen(),
        spawn: (argv: number, socketName: Pointer) => posix.spawn(argv, socketName),
        kill: (pid: number, signum: number) => posix.kill(pid, signum),
        reap: (pid: number) => posix.reap(pid),
        mkdtemp: (template: Pointer) => posix.mkdtemp(template),
        unlink: (path: Pointer) => posix.unlink(path),
        rmdir: (path: Pointer) => posix.rmdir(path),
        supportsTls: () => posix.supportsTls(),
        startTls: (handle: Pointer, fd: number, ...settings: [Pointer, Pointer, number, Pointer, Pointer, Pointer]) =>
          posix.startTls(handle, fd, ...settings),
        getenv: (name: Pointer, value: number, size: number) => posix.getenv(name, value, size),
        fill: (address: number, byte: number, length: number) => posix.fill(address >>> 0, byte, length),
        peek: (address: number, copy: number, length: number) => posix.peek(address >>> 0, copy, length),
        chunk: (key: number, subbuf: number, count: number, offset: bigint, status: number, error: Pointer) =>
          closures.chunk(key, subbuf >>> 0, count, offset, status, error),
        completion: (key: number, error: Pointer) => closures.completion(key, error),
        context: (key: number, name: Pointer) => closures.context(key, name),
        debug: (key: number, context: Pointer, message: Pointer) => closures.debug(key, context, message),
        extent: (key: number, context: Pointer, offset: bigint, entries: Pointer, count: number, error: Pointer) =>
          closures.extent(key, context, offset, entries, count, error),
        extent64: (key: number, context: Pointer, offset: bigint, entries: Pointer, count: number, error: Pointer) =>
          closures.extent64(key, context, offset, entries, count, error),
        list: (key: number, name: Pointer, description: Pointer) => closures.list(key, name, description),
        free: (key: number) => closures.free(key),
        assertionFailed: (file: Pointer, line: number) => {
          throw new Error(`an assertion failed at ${memory().string(file)}:${line}`);
        },
      },
      env: { emscripten_notify_memory_growth: () => {} },
      wasi_snapshot_preview1: wasi(memory),
    });
    module = new Module(instance);
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

  /** How large the module's memory is now, in bytes. */
  get memorySize(): number {
    return this.#memory.buffer.byteLength;
  }

  /** The memory as bytes. Good until the next call of an export, which may grow it. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  /** The memory as a DataView. Good until the next call of an export, which may grow it. */
  get view(): DataView {
    // Asking the memory or a view for its buffer is a call out of JavaScript; the length of `#bytes` is not.
    if (this.#bytes.length === 0 || this.#viewed !== this.#bytes) {
      this.#viewed = this.bytes;
      this.#view = new DataView(this.#viewed.buffer);
    }
    return this.#view;
  }

  /** A C string, which stays libnbd's. Bytes that are not UTF-8 become U+FFFD. */
  string(pointer: Pointer): string {
    const bytes = this.bytes;
    return decoder.decode(bytes.subarray(pointer, bytes.indexOf(0, pointer)));
  }

  /** Writes a C string into a buffer of the module's; throws RangeError when it does not fit. */
  writeString(text: string, buffer: number, size: number): void {
    const bytes = encoder.encode(`${text}\0`);
    if (bytes.length > size) throw new RangeError(`${text} does not fit into ${size} bytes`);
    this.bytes.set(bytes, buffer);
  }

  malloc(size: number): Pointer {
    const pointer = this.exports.malloc(size);
    if (pointer === nullPointer) throw new NBDError(`no memory for ${size} bytes in the module`, 'ENOMEM');
    return pointer;
  }

  /** A copy of bytes in the module's memory, for the caller to free. */
  copyIn(bytes: Uint8Array): Pointer {
    const pointer = this.malloc(bytes.length);
    this.bytes.set(bytes, pointer);
    return pointer;
  }
}

// The little of WASI that the C library is linked with: an environment without variables, and debug messages on standard
// error, which libnbd writes when debugging is on and no callback was set.
function wasi(memory: () => Module): Record<string, (...args: number[]) => number> {
  const EBADF = 8;
  let line = '';
  return {
    environ_sizes_get: (count = 0, size = 0) => {
      memory().view.setUint32(count, 0, true);
      memory().view.setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    fd_close: () => EBADF,
    fd_seek: () => EBADF,
    fd_write: (_fd = 0, vectors = 0, count = 0, written = 0) => {
      const { view, bytes } = memory();
      let total = 0;
      for (let vector = vectors; vector < vectors + 8 * count; vector += 8) {
        const start = view.getUint32(vector, true);
        const length = view.getUint32(vector + 4, true);
        line += decoder.decode(bytes.subarray(start, start + length));
        total += length;
      }
      const end = line.lastIndexOf('\n');
      if (end !== -1) console.error(line.slice(0, end));
      line = line.slice(end + 1);
      view.setUint32(written, total, true);
      return 0;
    },
  };
}

type Native = (...args: unknown[]) => unknown;
const decoder = new TextDecoder();
const encoder = new TextEncoder();
