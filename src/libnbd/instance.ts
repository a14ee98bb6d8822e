// One instance of libnbd, with all that its handles share.

import { NBDError } from '../base/errors.js';
import type { CompiledModule } from '../base/platform_types.js';
import type { Socket } from '../sockets/socket.js';
import { DescriptorTable } from '../sockets/table.js';
import { type SocketLike, toTransport } from '../transports/socket_like.js';
import { Memory, type Pointer } from '../wasm/memory.js';
import { Module } from '../wasm/module.js';
import { Buffers } from './buffers.js';
import { Closures } from './closures.js';
import type { Dependent } from './dependent.js';
import type { Exports } from './exports.js';
import type { Host } from './host.js';
import { imports } from './imports.js';
import { ConnectingCalls } from './posix/connecting.js';
import { Failures } from './posix/failure.js';
import type { ProcessCalls } from './posix/processes.js';
import { SocketCalls } from './posix/sockets.js';

/** What an instance is made of. */
interface Parts {
  readonly host: Host;
  readonly module: Module<Exports>;
  readonly buffers: Buffers;
  readonly closures: Closures;
  readonly descriptors: DescriptorTable;
  /** The handles, by libnbd's pointer to each. */
  readonly connections: Map<Pointer, Dependent>;
  readonly failures: Failures;
  readonly sockets: SocketCalls;
  readonly processes: ProcessCalls | undefined;
}

export class Instance {
  readonly host: Host;
  readonly memory: Memory;
  readonly module: Module<Exports>;
  readonly buffers: Buffers;
  readonly closures: Closures;
  readonly descriptors: DescriptorTable;
  readonly connections: Map<Pointer, Dependent>;
  readonly failures: Failures;
  readonly processes: ProcessCalls | undefined;
  readonly #sockets: SocketCalls;
  readonly #taken = new WeakMap<object, Socket>();

  private constructor({ host, module, buffers, closures, descriptors, connections, failures, sockets, processes }: Parts) {
    this.host = host;
    this.memory = module.memory;
    this.module = module;
    this.buffers = buffers;
    this.closures = closures;
    this.descriptors = descriptors;
    this.connections = connections;
    this.failures = failures;
    this.#sockets = sockets;
    this.processes = processes;
    module.onbroken = (error) => {
      closures.abandon(error);
      for (const connection of connections.values()) connection.abandon(error);
    };
  }

  static async instantiate(compiled: CompiledModule, host: Host): Promise<Instance> {
    const memory = new Memory();
    const buffers = new Buffers();
    const closures = new Closures(memory, buffers);
    const descriptors = new DescriptorTable();
    const connections = new Map<Pointer, Dependent>();
    const failures = new Failures();
    const sockets = new SocketCalls(memory, descriptors, buffers, failures);
    const connecting = new ConnectingCalls(memory, descriptors, connections, host, failures);
    const processes = host.processCalls?.(memory, descriptors, failures);
    const answers = imports(memory, { sockets, connecting, processes }, closures);
    const module = await Module.instantiate<Exports>('libnbd', compiled, memory, answers);
    return new Instance({ host, module, buffers, closures, descriptors, connections, failures, sockets, processes });
  }

  /** Whether the last call into libnbd failed only because it wanted to wait. Asking resets it. */
  wouldHaveWaited(): boolean {
    return this.#sockets.wouldHaveWaited();
  }

  openSocket(socket: SocketLike): Socket {
    const taken = this.#taken.get(socket);
    if (taken !== undefined && !taken.released) {
      throw new NBDError('openSocket: this socket was handed over before: each handle needs a socket of its own', 'EBUSY');
    }
    const opened = this.descriptors.add(toTransport(socket));
    this.#taken.set(socket, opened);
    return opened;
  }

  closeSocket(fd: number): void {
    const socket = this.descriptors.get(fd);
    if (socket === undefined) throw new NBDError(`closeSocket: ${fd} is not an open virtual descriptor`, 'EBADF');
    if (socket.isOwned) throw new NBDError(`closeSocket: ${fd} belongs to a handle, which closes it`, 'EBUSY');
    this.descriptors.remove(fd);
    socket.close();
  }
}
