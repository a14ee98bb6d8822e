// wasm/imports.h, line by line: each import of libnbd.wasm, and who answers it.

import type { Memory, Pointer } from '../wasm/memory.js';
import { wasi } from '../wasm/wasi.js';
import type { Closures } from './closures.js';
import type { PosixCalls } from './posix/sockets.js';

export function imports(memory: Memory, posix: PosixCalls, closures: Closures): WebAssembly.Imports {
  return {
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
        throw new Error(`an assertion failed at ${memory.string(file)}:${line}`);
      },
    },
    env: { emscripten_notify_memory_growth: () => {} },
    wasi_snapshot_preview1: wasi(memory),
  };
}
