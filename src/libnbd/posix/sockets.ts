// The calls that wasm/posix.c passes on: on a descriptor to its socket, on a virtual address to its buffer, and what needs the
// platform to the host. Results are negated Linux error numbers where they are negative.

import { codeOf, errnoOfCode } from '../../base/errors.js';
import { type Socket, transferred } from '../../sockets/socket.js';
import type { DescriptorTable } from '../../sockets/table.js';
import { toTransport } from '../../transports/socket_like.js';
import { type Memory, nullPointer, type Pointer } from '../../wasm/memory.js';
import { type Buffers, firstVirtualAddress } from '../buffers.js';
import type { ConnectTarget, Host, Listener, Processes, TlsCredentials } from '../host.js';
import { socketAddress } from './address.js';

const negated = (code: string): number => -(errnoOfCode(code) ?? 0);
const EBADF = negated('EBADF');
const EAGAIN = negated('EAGAIN');
const EINPROGRESS = negated('EINPROGRESS');
const ENOTSUP = negated('ENOTSUP');

const skipSize = 2 ** 16;

export class PosixCalls {
  readonly #descriptors: DescriptorTable;
  readonly #buffers: Buffers;
  readonly #host: Host;
  readonly #memory: Memory;
  #wouldWait = false;
  #addresses = new Map<number, ConnectTarget>();
  #lastAddress = 0;
  /** The descriptor that the next child process will be connected to, or will listen on. */
  #pair: Socket | undefined;
  #listener: Listener | undefined;
  #boundPath = '';

  /** What made the last call on a socket fail, as the platform told it; for the cause of the error that libnbd makes of it. */
  failure: unknown;

  /** TLS credentials in memory, by the handle that they were given to. */
  readonly credentials = new Map<Pointer, TlsCredentials>();

  constructor(memory: Memory, descriptors: DescriptorTable, buffers: Buffers, host: Host) {
    this.#memory = memory;
    this.#descriptors = descriptors;
    this.#buffers = buffers;
    this.#host = host;
  }

  // --- sockets ---

  recv(fd: number, address: number, length: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    let result: number;
    if (address < firstVirtualAddress) result = socket.receive(this.#memory.bytes, address, length);
    else {
      const mapping = this.#buffers.at(address);
      mapping.zeroed = false;
      // What was read for a buffer that is gone is skipped: its command fails alone (src/handle/command.ts).
      if (this.#buffers.isLost(mapping)) {
        const skipped = new Uint8Array(Math.min(length, skipSize));
        result = socket.receive(skipped, 0, skipped.length);
      } else result = socket.receive(mapping.bytes, address - mapping.address, length);
    }
    if (result < 0) this.failure = socket.failure;
    return result;
  }

  send(fd: number, address: number, length: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    let result: number;
    if (address < firstVirtualAddress) result = socket.send(this.#memory.bytes, address, length, false);
    else {
      const mapping = this.#buffers.at(address);
      if (this.#buffers.isLost(mapping)) socket.fail(transferred());
      result = socket.send(mapping.bytes, address - mapping.address, length, true);
    }
    if (result < 0) this.failure = socket.failure;
    return result;
  }

  shutdown(fd: number): number {
    return this.#descriptors.get(fd)?.shutdown() ?? EBADF;
  }

  close(fd: number): number {
    return this.#descriptors.remove(fd)?.close() ?? EBADF;
  }

  fcntl(fd: number): number {
    return this.#descriptors.get(fd) === undefined ? EBADF : 0;
  }

  poll(): number {
    this.#wouldWait = true;
    return EAGAIN;
  }

  /** Whether the last call into libnbd failed only because it wanted to wait. Asking resets it. */
  wouldHaveWaited(): boolean {
    const result = this.#wouldWait;
    this.#wouldWait = false;
    return result;
  }

  // --- connecting ---

  socket(): number {
    return this.#descriptors.add();
  }

  connect(fd: number, address: number, length: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    return this.#attempt(() => {
      socket.attach(toTransport(this.#host.connect(this.#target(address, length))));
      return EINPROGRESS;
    });
  }

  socketError(fd: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    this.failure = socket.failure;
    return socket.errno;
  }

  noteAddress(host: Pointer, port: Pointer): number {
    const service = this.#memory.string(port);
    const number = service === 'nbd' ? 10809 : /^\d+$/.test(service) ? Number(service) : 65536;
    if (number > 65535) return -1;
    this.#lastAddress++;
    this.#addresses.set(this.#lastAddress, { host: this.#memory.string(host), port: number });
    return this.#lastAddress;
  }

  forgetAddress(number: number): void {
    this.#addresses.delete(number);
  }

  nameAddress(address: number, length: number, host: number, hostSize: number, port: number, portSize: number): number {
    return this.#attempt(() => {
      const target = this.#target(address, length);
      if ('path' in target) return negated('EAFNOSUPPORT');
      this.#memory.writeString(target.host, host, hostSize);
      this.#memory.writeString(String(target.port), port, portSize);
      return 0;
    });
  }

  #target(address: number, length: number): ConnectTarget {
    return socketAddress(this.#memory.bytes.subarray(address, address + length), this.#addresses);
  }

  supportsTls(): number {
    return this.#host.startTls === undefined ? 0 : 1;
  }

  startTls(
    handle: Pointer,
    fd: number,
    hostname: Pointer,
    tlsHostname: Pointer,
    verifyPeer: number,
    certificates: Pointer,
    pskFile: Pointer,
    username: Pointer,
  ): number {
    const { startTls } = this.#host;
    const socket = this.#descriptors.get(fd);
    if (startTls === undefined) return ENOTSUP;
    if (socket === undefined) return EBADF;
    return this.#attempt(() => {
      const name = this.#optionalString(hostname);
      const settings = {
        hostname: name,
        verifyName: this.#optionalString(tlsHostname) ?? name,
        verifyPeer: verifyPeer !== 0,
        certificates: this.#optionalString(certificates),
        pskFile: this.#optionalString(pskFile),
        username: this.#optionalString(username),
        credentials: this.credentials.get(handle),
      };
      socket.upgrade((transport, reopened) => startTls(transport, reopened, settings));
      return 0;
    });
  }

  getenv(name: Pointer, value: number, size: number): number {
    const text = this.#host.getenv?.(this.#memory.string(name));
    if (text === undefined || text.length * 3 >= size) return 0;
    this.#memory.writeString(text, value, size);
    return 1;
  }

  #optionalString(pointer: Pointer): string | undefined {
    return pointer === nullPointer ? undefined : this.#memory.string(pointer);
  }

  // --- processes ---

  socketpair(fds: number): number {
    if (this.#host.processes === undefined) return ENOTSUP;
    const ours = this.#descriptors.add();
    const theirs = this.#descriptors.add();
    this.#pair = this.#descriptors.get(ours);
    this.#memory.view.setInt32(fds, ours, true);
    this.#memory.view.setInt32(fds + 4, theirs, true);
    return 0;
  }

  bind(_fd: number, address: number, length: number): number {
    return this.#attempt(() => {
      const target = this.#target(address, length);
      if (!('path' in target)) return ENOTSUP;
      this.#boundPath = target.path;
      return 0;
    });
  }

  listen(): number {
    return this.#withProcesses((processes) => {
      this.#listener = processes.listen(this.#boundPath);
      return 0;
    });
  }

  spawn(argv: number, socketName: Pointer): number {
    const listener = this.#listener;
    const pair = this.#pair;
    this.#listener = undefined;
    this.#pair = undefined;
    return this.#withProcesses((processes) => {
      const words = this.#strings(argv);
      if (listener !== undefined) {
        try {
          return listener.spawn(words, this.#optionalString(socketName));
        } finally {
          listener.close();
        }
      }
      const { pid, transport } = processes.spawnOnStdio(words);
      pair?.attach(transport);
      return pid;
    });
  }

  kill(pid: number, signum: number): number {
    return this.#withProcesses((processes) => processes.kill(pid, signum) ?? 0);
  }

  reap(pid: number): number {
    return this.#withProcesses((processes) => processes.reap(pid) ?? pid);
  }

  mkdtemp(template: Pointer): number {
    return this.#withProcesses((processes) => {
      const name = this.#memory.string(template);
      this.#memory.writeString(processes.makeFolder(name), template, name.length + 1);
      return 0;
    });
  }

  unlink(path: Pointer): number {
    return this.#withProcesses((processes) => processes.removeFile(this.#memory.string(path)) ?? 0);
  }

  rmdir(path: Pointer): number {
    return this.#withProcesses((processes) => processes.removeFolder(this.#memory.string(path)) ?? 0);
  }

  #withProcesses(action: (processes: Processes) => number): number {
    const { processes } = this.#host;
    return processes === undefined ? ENOTSUP : this.#attempt(() => action(processes));
  }

  // What the platform throws becomes the call's error number, and is kept for the error that libnbd makes of it.
  #attempt(action: () => number): number {
    try {
      return action();
    } catch (error) {
      this.failure = error;
      return negated(codeOf(error, 'EIO'));
    }
  }

  #strings(array: number): string[] {
    const { view } = this.#memory;
    const result: string[] = [];
    for (let at = array; view.getUint32(at, true) !== 0; at += 4)
      result.push(this.#memory.string(view.getUint32(at, true) as Pointer));
    return result;
  }

  // --- payload ---

  fill(address: number, byte: number, length: number): void {
    const mapping = this.#buffers.at(address);
    if ((byte === 0 && mapping.zeroed) || this.#buffers.isLost(mapping)) return;
    const start = address - mapping.address;
    mapping.bytes.fill(byte, start, start + length);
  }

  peek(address: number, copy: number, length: number): void {
    const mapping = this.#buffers.at(address);
    const start = address - mapping.address;
    this.#memory.bytes.set(mapping.bytes.subarray(start, start + length), copy);
  }
}
