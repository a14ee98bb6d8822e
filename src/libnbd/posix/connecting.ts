// The calls that make a virtual descriptor a connection, plain or with TLS. A result that is negative is one of Linux's error
// numbers, negated.
import type { DescriptorTable } from '../../sockets/table.js';
import { toTransport } from '../../transports/socket_like.js';
import type { ConnectTarget } from '../../transports/target.js';
import { type Memory, optionalString, type Pointer } from '../../wasm/memory.js';
import type { Dependent } from '../dependent.js';
import type { Host } from '../host.js';
import { socketAddress } from './address.js';
import { type Failures, negated } from './failure.js';

const EBADF = negated('EBADF');
const EINPROGRESS = negated('EINPROGRESS');

export class ConnectingCalls {
  readonly #memory: Memory;
  readonly #descriptors: DescriptorTable;
  readonly #dependents: ReadonlyMap<Pointer, Dependent>;
  readonly #host: Host;
  readonly #failures: Failures;
  /** Host names and ports by the number that stands for them in an address (wasm/posix.c). */
  readonly #addresses = new Map<number, ConnectTarget>();
  #lastAddress = 0;

  constructor(
    memory: Memory,
    descriptors: DescriptorTable,
    dependents: ReadonlyMap<Pointer, Dependent>,
    host: Host,
    failures: Failures,
  ) {
    this.#memory = memory;
    this.#descriptors = descriptors;
    this.#dependents = dependents;
    this.#host = host;
    this.#failures = failures;
  }

  socket(): number {
    return this.#descriptors.add().fd;
  }

  connect(fd: number, address: number, length: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    return this.#failures.attempt(() => {
      const target = this.#target(address, length);
      socket.attach(toTransport(this.#host.connect(target)), target);
      return EINPROGRESS;
    });
  }

  socketError(fd: number): number {
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    this.#failures.lastCause = socket.failure;
    return socket.errno;
  }

  noteAddress(host: Pointer, port: Pointer): number {
    const number = portOf(this.#memory.string(port));
    if (number === undefined) return -1;
    this.#lastAddress++;
    this.#addresses.set(this.#lastAddress, { host: this.#memory.string(host), port: number });
    return this.#lastAddress;
  }

  forgetAddress(number: number): void {
    this.#addresses.delete(number);
  }

  nameAddress(address: number, length: number, host: number, hostSize: number, port: number, portSize: number): number {
    return this.#failures.attempt(() => {
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
    const socket = this.#descriptors.get(fd);
    if (socket === undefined) return EBADF;
    return this.#failures.attempt(() => {
      const name = optionalString(this.#memory, hostname);
      const settings = {
        hostname: name,
        verifyName: optionalString(this.#memory, tlsHostname) ?? name,
        verifyPeer: verifyPeer !== 0,
        certificates: optionalString(this.#memory, certificates),
        pskFile: optionalString(this.#memory, pskFile),
        username: optionalString(this.#memory, username),
        credentials: this.#dependents.get(handle)?.credentials,
      };
      socket.upgrade((below) => this.#host.startTls(below, settings));
      return 0;
    });
  }

  getenv(name: Pointer, value: number, size: number): number {
    const text = this.#host.getenv?.(this.#memory.string(name));
    if (text === undefined || text.length * 3 >= size) return 0;
    this.#memory.writeString(text, value, size);
    return 1;
  }
}

/** The port of a service, which is a number or `nbd`; undefined for any other text. */
function portOf(service: string): number | undefined {
  if (service === 'nbd') return 10809;
  const port = /^\d+$/.test(service) ? Number(service) : Number.NaN;
  return port <= 65535 ? port : undefined;
}
