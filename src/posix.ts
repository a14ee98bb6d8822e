// The calls that wasm/posix.c passes on: on a descriptor to its socket, on a virtual address to its buffer.
import { type Buffers, firstVirtualAddress } from './buffers.js';
import { errnoOfCode } from './errors.js';
import type { Module, Posix } from './module.js';
import type { DescriptorTable } from './sockets/table.js';

const EBADF = -(errnoOfCode('EBADF') ?? 0);
const EAGAIN = -(errnoOfCode('EAGAIN') ?? 0);

export class PosixCalls implements Posix {
  readonly #descriptors: DescriptorTable;
  readonly #buffers: Buffers;
  #module: Module | undefined;
  #wouldWait = false;

  constructor(descriptors: DescriptorTable, buffers: Buffers) {
    this.#descriptors = descriptors;
    this.#buffers = buffers;
  }

  attach(module: Module): void {
    this.#module = module;
  }

  recv(fd: number, address: number, length: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    if (address < firstVirtualAddress) return socket.receive(this.#memory(), address, length);
    const mapping = this.#buffers.at(address);
    mapping.zeroed = false;
    return socket.receive(mapping.bytes, address - mapping.address, length);
  }

  send(fd: number, address: number, length: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    if (address < firstVirtualAddress) return socket.send(this.#memory(), address, length, false);
    const mapping = this.#buffers.at(address);
    return socket.send(mapping.bytes, address - mapping.address, length, true);
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

  fill(address: number, byte: number, length: number): void {
    const mapping = this.#buffers.at(address);
    if (byte === 0 && mapping.zeroed) return;
    const start = address - mapping.address;
    mapping.bytes.fill(byte, start, start + length);
  }

  peek(address: number, copy: number, length: number): void {
    const mapping = this.#buffers.at(address);
    const start = address - mapping.address;
    this.#memory().set(mapping.bytes.subarray(start, start + length), copy);
  }

  #memory(): Uint8Array {
    if (this.#module === undefined) throw new Error('libnbd used a descriptor before the module was loaded');
    return this.#module.bytes;
  }
}
