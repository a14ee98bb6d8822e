// One instance of libnbd, with all that its handles share.

import { NBDError } from '../base/errors.js';
import type { Socket } from '../sockets/socket.js';
import { DescriptorTable } from '../sockets/table.js';
import { type SocketLike, toTransport } from '../transports/socket_like.js';
import { Memory } from '../wasm/memory.js';
import { Module } from '../wasm/module.js';
import { Buffers } from './buffers.js';
import { Closures } from './closures.js';
import type { Host } from './host.js';
import { imports } from './imports.js';
import { PosixCalls } from './posix/sockets.js';

/** What goes down with the instance. */
export interface Dependent {
  lose(error: NBDError): void;
}

export class Instance {
  readonly memory: Memory;
  readonly module: Module;
  readonly closures: Closures;
  readonly buffers: Buffers;
  readonly descriptors: DescriptorTable;
  readonly posix: PosixCalls;
  readonly connections = new Set<Dependent>();
  readonly #taken = new WeakMap<object, Socket>();

  private constructor(module: Module, closures: Closures, buffers: Buffers, descriptors: DescriptorTable, posix: PosixCalls) {
    this.memory = module.memory;
    this.module = module;
    this.closures = closures;
    this.buffers = buffers;
    this.descriptors = descriptors;
    this.posix = posix;
    module.onfailure = (error) => {
      closures.lose(error);
      for (const connection of this.connections) connection.lose(error);
    };
  }

  static async instantiate(compiled: WebAssembly.Module, host: Host): Promise<Instance> {
    const memory = new Memory();
    const buffers = new Buffers();
    const descriptors = new DescriptorTable();
    const closures = new Closures(memory, buffers);
    const posix = new PosixCalls(memory, descriptors, buffers, host);
    const module = await Module.instantiate(compiled, memory, imports(memory, posix, closures));
    return new Instance(module, closures, buffers, descriptors, posix);
  }

  openSocket(socket: SocketLike): number {
    const taken = this.#taken.get(socket);
    if (taken !== undefined && !taken.released) {
      throw new NBDError('openSocket: this socket was handed over before: each handle needs a socket of its own', 'EBUSY');
    }
    const fd = this.descriptors.add(toTransport(socket));
    const opened = this.descriptors.get(fd);
    if (opened !== undefined) this.#taken.set(socket, opened);
    return fd;
  }

  closeSocket(fd: number): void {
    const socket = this.descriptors.get(fd);
    if (socket === undefined) throw new NBDError(`closeSocket: ${fd} is not an open virtual descriptor`, 'EBADF');
    if (socket.isOwned) throw new NBDError(`closeSocket: ${fd} belongs to a handle, which closes it`, 'EBUSY');
    this.descriptors.remove(fd);
    socket.close();
  }
}
