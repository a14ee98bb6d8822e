// The calls on a virtual descriptor, and on a virtual address: wasm/posix.c passes them on. A result that is negative is one of
// Linux's error numbers, negated.
import { isHeaderPartial, type ReplyHeaders } from '../../sockets/reply_header.js';
import { transferred } from '../../sockets/sending.js';
import type { DescriptorTable } from '../../sockets/table.js';
import type { Memory } from '../../wasm/memory.js';
import { type Buffers, firstVirtualAddress } from '../buffers.js';
import { type Failures, negated } from './failure.js';

const EBADF = negated('EBADF');
const EAGAIN = negated('EAGAIN');

export class SocketCalls {
  readonly #memory: Memory;
  readonly #descriptors: DescriptorTable;
  readonly #buffers: Buffers;
  readonly #failures: Failures;
  #wouldWait = false;

  constructor(memory: Memory, descriptors: DescriptorTable, buffers: Buffers, failures: Failures) {
    this.#memory = memory;
    this.#descriptors = descriptors;
    this.#buffers = buffers;
    this.#failures = failures;
  }

  recv(fd: number, address: number, length: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    let result: number;
    if (address < firstVirtualAddress) result = socket.receive(this.#memory.bytes, address, length);
    else {
      const mapping = this.#buffers.at(address);
      // Bytes for a buffer that was transferred are skipped: only its command fails (src/handle/command.ts).
      if (this.#buffers.isDetached(mapping)) result = socket.skip(length);
      else {
        const start = address - mapping.address;
        this.#buffers.reach(mapping, start);
        result = socket.receive(mapping.bytes, start, length);
        if (result > 0) mapping.untouched = Math.max(mapping.untouched, start + result);
      }
    }
    if (result < 0) this.#failures.lastCause = socket.failure;
    return result;
  }

  send(fd: number, address: number, length: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    let result: number;
    if (address < firstVirtualAddress) {
      const { bytes } = this.#memory;
      result = isRequest(bytes, address, length)
        ? socket.sendRequest(bytes, address, length)
        : socket.send(bytes, address, length);
    } else {
      const mapping = this.#buffers.at(address);
      if (this.#buffers.isDetached(mapping)) socket.error(transferred());
      result = socket.sendStable(mapping.bytes, address - mapping.address, length);
    }
    if (result < 0) this.#failures.lastCause = socket.failure;
    return result;
  }

  /** Whether libnbd can read now, where `headers` says what may begin with the next byte (wasm/pump.c). */
  isReadable(fd: number, headers: ReplyHeaders): boolean {
    const socket = this.#descriptors.get(fd);
    return socket?.readable === true && !isHeaderPartial(socket, headers);
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

  // --- payload ---

  fill(address: number, byte: number, length: number): void {
    const mapping = this.#buffers.at(address);
    if (this.#buffers.isDetached(mapping)) return;
    const start = address - mapping.address;
    if (byte === 0 && start >= mapping.untouched) {
      if (mapping.rest === 'zero') return;
      if (start === 0 && length === mapping.length) {
        mapping.rest = 'stale';
        return;
      }
    }
    this.#buffers.reach(mapping, start);
    mapping.bytes.fill(byte, start, start + length);
    mapping.untouched = Math.max(mapping.untouched, start + length);
  }

  peek(address: number, copy: number, length: number): void {
    const mapping = this.#buffers.at(address);
    const start = address - mapping.address;
    this.#memory.bytes.set(mapping.bytes.subarray(start, start + length), copy);
  }
}

/** The type of the request to disconnect. */
const disconnecting = 2;

/**
 * Whether bytes to be sent begin with the header of a request that will be answered, a compact or an extended one. An option begins with
 * another magic number; to the request to disconnect there is no answer, and a server that is stuck must get it too.
 */
function isRequest(bytes: Uint8Array, start: number, length: number): boolean {
  const magic = length === 28 ? 0x25609513 : length === 32 ? 0x21e41c71 : undefined;
  return magic !== undefined && magicAt(bytes, start) === magic && typeAt(bytes, start) !== disconnecting;
}

const typeAt = (bytes: Uint8Array, start: number): number => ((bytes[start + 6] ?? 0) << 8) | (bytes[start + 7] ?? 0);

const magicAt = (bytes: Uint8Array, start: number): number =>
  ((bytes[start] ?? 0) << 24) | ((bytes[start + 1] ?? 0) << 16) | ((bytes[start + 2] ?? 0) << 8) | (bytes[start + 3] ?? 0);
