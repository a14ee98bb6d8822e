// One instance of libnbd, with all that its handles share.
import { Buffers } from './buffers.js';
import { Closures } from './closures.js';
import type { Connection } from './connection.js';
import { NBDError } from './errors.js';
import type { Host } from './host.js';
import { Module } from './module.js';
import { NBD } from './nbd.js';
import { PosixCalls } from './posix.js';
import type { Socket } from './sockets/socket.js';
import { type SocketLike, toTransport } from './sockets/socket_like.js';
import { DescriptorTable } from './sockets/table.js';

/** An instance of libnbd: a module with a memory of its own, and the virtual descriptors of its sockets. */
export class Library {
  /** @internal */ readonly module: Module;
  /** @internal */ readonly closures: Closures;
  /** @internal */ readonly buffers: Buffers;
  /** @internal */ readonly descriptors: DescriptorTable;
  /** @internal */ readonly posix: PosixCalls;
  /** @internal */ readonly connections = new Set<Connection>();

  readonly #taken = new WeakMap<object, Socket>();
  /** Closes a handle that was dropped without being closed, and its socket with it. */
  readonly #dropped = new FinalizationRegistry<Connection>((connection) => connection.close());

  private constructor(module: Module, closures: Closures, buffers: Buffers, descriptors: DescriptorTable, posix: PosixCalls) {
    this.module = module;
    this.closures = closures;
    this.buffers = buffers;
    this.descriptors = descriptors;
    this.posix = posix;
    closures.attach(module);
    posix.attach(module);
    module.onfailure = (error) => {
      closures.lose(error);
      for (const connection of this.connections) connection.lose(error);
    };
  }

  /** @internal */
  static async instantiate(compiled: WebAssembly.Module, host: Host): Promise<Library> {
    const buffers = new Buffers();
    const descriptors = new DescriptorTable();
    const closures = new Closures(buffers);
    const posix = new PosixCalls(descriptors, buffers, host);
    return new Library(await Module.instantiate(compiled, posix, closures), closures, buffers, descriptors, posix);
  }

  /** A new handle, not connected yet (`nbd_create`). Close it with `close()` or `using`. */
  create(): NBD {
    const nbd = NBD.on(this);
    this.#dropped.register(nbd, nbd.connection, nbd);
    return nbd;
  }

  /** @internal */
  forget(nbd: NBD): void {
    this.#dropped.unregister(nbd);
  }

  /**
   * Makes a socket a virtual descriptor, to be given to `nbd.connectSocket`. From here on the library reads the socket; nobody
   * else may. Bytes that had arrived and that the socket still holds are read.
   *
   * @param socket A `net.Socket`, `tls.TLSSocket` or other Node `Duplex`, `{ readable, writable }` byte streams, a `MessagePort`, a
   *   `WebSocket` that is not open yet, or a {@link Transport}; it may still be connecting.
   * @returns The descriptor; close it with {@link closeSocket} if it was never given to a handle.
   * @throws TypeError for something that is no socket, that is closed already or that is read by somebody else; NBDError
   *   `EBUSY` for a socket that was handed over before.
   */
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

  /** Closes a virtual descriptor that no handle owns. */
  closeSocket(fd: number): void {
    const socket = this.descriptors.get(fd);
    if (socket === undefined) throw new NBDError(`closeSocket: ${fd} is not an open virtual descriptor`, 'EBADF');
    if (socket.isOwned) throw new NBDError(`closeSocket: ${fd} belongs to a handle, which closes it`, 'EBUSY');
    this.descriptors.remove(fd);
    socket.close();
  }

  /** How much memory the module takes, in bytes. Payload is not in it. */
  get memorySize(): number {
    return this.module.memorySize;
  }
}
