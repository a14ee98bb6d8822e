// wasm/imports.h, line by line: each import of libnbd.wasm, and who answers it.

import type { ModuleImports } from '../base/platform_types.js';
import type { Memory, Pointer } from '../wasm/memory.js';
import { wasi } from '../wasm/wasi.js';
import type { Closures } from './closures.js';
import type { ConnectingCalls } from './posix/connecting.js';
import { negated } from './posix/failure.js';
import type { ProcessCalls } from './posix/processes.js';
import type { SocketCalls } from './posix/sockets.js';

const ENOTSUP = negated('ENOTSUP');

/** Who answers libnbd's POSIX calls; those that start processes are not supported where nobody does. */
export interface PosixCalls {
  readonly sockets: SocketCalls;
  readonly connecting: ConnectingCalls;
  readonly processes: ProcessCalls | undefined;
}

export function imports(memory: Memory, { sockets, connecting, processes }: PosixCalls, closures: Closures): ModuleImports {
  return {
    libnbd: {
      recv: (fd: number, address: number, length: number) => sockets.recv(fd, address >>> 0, length),
      send: (fd: number, address: number, length: number) => sockets.send(fd, address >>> 0, length),
      isReadable: (fd: number, headers: number) => (sockets.isReadable(fd, headers) ? 1 : 0),
      shutdown: (fd: number) => sockets.shutdown(fd),
      close: (fd: number) => sockets.close(fd),
      fcntl: (fd: number) => sockets.fcntl(fd),
      poll: () => sockets.poll(),
      socket: () => connecting.socket(),
      connect: (fd: number, address: number, length: number) => connecting.connect(fd, address, length),
      socketError: (fd: number) => connecting.socketError(fd),
      noteAddress: (host: Pointer, port: Pointer) => connecting.noteAddress(host, port),
      forgetAddress: (number: number) => connecting.forgetAddress(number),
      nameAddress: (address: number, length: number, host: number, hostSize: number, port: number, portSize: number) =>
        connecting.nameAddress(address, length, host, hostSize, port, portSize),
      socketpair: (fds: number) => processes?.socketpair(fds) ?? ENOTSUP,
      bind: (fd: number, address: number, length: number) => processes?.bind(fd, address, length) ?? ENOTSUP,
      listen: () => processes?.listen() ?? ENOTSUP,
      spawn: (argv: number, socketName: Pointer) => processes?.spawn(argv, socketName) ?? ENOTSUP,
      kill: (pid: number, signum: number) => processes?.kill(pid, signum) ?? ENOTSUP,
      reap: (pid: number) => processes?.reap(pid) ?? ENOTSUP,
      mkdtemp: (template: Pointer) => processes?.mkdtemp(template) ?? ENOTSUP,
      unlink: (path: Pointer) => processes?.unlink(path) ?? ENOTSUP,
      rmdir: (path: Pointer) => processes?.rmdir(path) ?? ENOTSUP,
      startTls: (handle: Pointer, fd: number, ...settings: [Pointer, Pointer, number, Pointer, Pointer, Pointer]) =>
        connecting.startTls(handle, fd, ...settings),
      getenv: (name: Pointer, value: number, size: number) => connecting.getenv(name, value, size),
      fill: (address: number, byte: number, length: number) => sockets.fill(address >>> 0, byte, length),
      peek: (address: number, copy: number, length: number) => sockets.peek(address >>> 0, copy, length),
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
        throw new Error(`an assertion failed at ${memory.string(file)}:${line}`);
      },
    },
    env: { emscripten_notify_memory_growth: () => {} },
    wasi_snapshot_preview1: wasi(memory),
  };
}
