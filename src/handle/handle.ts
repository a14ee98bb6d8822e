// The base of a handle: what the generated methods are made of.
import { codeOfErrno, NBDError } from '../base/errors.js';
import type { Exports } from '../libnbd/exports.js';
import type { Instance } from '../libnbd/instance.js';
import type { SocketLike } from '../transports/socket_like.js';
import { nullPointer, type Pointer } from '../wasm/memory.js';
import { Arguments } from './arguments.js';
import { Command } from './command.js';
import { Connection } from './connection.js';

export abstract class Handle {
  /** @internal */
  readonly connection: Connection;
  /** @internal The arguments of the call that is being made. */
  readonly arg: Arguments;
  /** @internal */
  readonly exports: Exports;
  /** @internal libnbd's own handle. */
  readonly pointer: Pointer;
  /** @internal */
  protected readonly instance: Instance;

  /** @internal */
  constructor(instance: Instance) {
    this.instance = instance;
    this.exports = instance.module.exports;
    this.pointer = this.exports.nbd_create();
    if (this.pointer === nullPointer) {
      const code = codeOfErrno(this.exports.nbd_wasm_get_errno());
      throw new NBDError(instance.memory.string(this.exports.nbd_get_error()), code);
    }
    this.arg = new Arguments(instance);
    this.connection = new Connection(instance, this.pointer);
    instance.connections.set(this.pointer, this.connection);
  }

  // --- one call ---

  /** @internal */
  begin(call: string): void {
    this.arg.call = call;
    this.connection.assertCallable(call);
  }

  /** @internal For a call that takes no lock, and so may be made from inside a callback. */
  beginUnlocked(call: string): void {
    this.arg.call = call;
    this.connection.assertOpen(call);
  }

  /** @internal The error of the libnbd call that has just failed. */
  protected fail(): NBDError {
    return this.connection.lastError(this.arg.call);
  }

  /** @internal Issues a command of an `aio*` call, which nobody waits for. */
  issue(native: (command: Command) => bigint | number): bigint {
    const command = new Command(this.connection, this);
    return this.connection.issue(command, this.arg.call, native);
  }

  /** @internal `aio_command_completed`. If a callback of the command threw, the exception is the error's cause. */
  protected hasCompleted(cookie: number | bigint): boolean {
    const id = this.arg.uint64('cookie', cookie);
    const command = this.connection.issued(id);
    const result = this.exports.nbd_aio_command_completed(this.pointer, id);
    if (result !== -1) return result !== 0;
    throw command?.error(this.fail()) ?? this.fail();
  }

  /**
   * @internal Hands a socket to libnbd: `native` gets its virtual descriptor. A handle that is not newly created refuses the socket
   * untouched. A socket that libnbd does not take stays the caller's.
   */
  protected giveSocket(name: string, socket: number | SocketLike, native: (fd: number) => number): void {
    if (typeof socket !== 'number' && (typeof socket !== 'object' || socket === null)) {
      throw this.arg.wrong(name, 'a virtual descriptor or a socket', socket);
    }
    const isCreated = this.exports.nbd_aio_is_created(this.pointer) !== 0;
    let fd = -1; // good enough for a handle in another state: libnbd looks at the state first, and refuses the call
    if (isCreated) {
      fd = typeof socket === 'number' ? this.arg.int(name, socket) : this.instance.openSocket(socket).fd;
      if (this.instance.descriptors.get(fd)?.isOwned) {
        throw new NBDError(`${this.arg.call}: the virtual descriptor ${fd} belongs to another handle`, 'EBUSY');
      }
    }
    if (native(fd) === -1) {
      const error = this.fail();
      if (isCreated && typeof socket !== 'number') this.instance.descriptors.remove(fd)?.release();
      throw error;
    }
    const opened = this.instance.descriptors.get(fd);
    if (opened !== undefined) opened.isOwned = true;
  }

  // --- results ---

  /** @internal */
  check(result: number): void {
    if (result === -1) throw this.fail();
    this.connection.kick();
  }

  /** @internal */
  number(result: number): number {
    if (result === -1) throw this.fail();
    return result;
  }

  /** @internal */
  boolean(result: number): boolean {
    if (result === -1) throw this.fail();
    return result !== 0;
  }

  /** @internal A boolean of a call that cannot fail. */
  flag(result: number): boolean {
    return result !== 0;
  }

  /** @internal */
  enum(result: number): number {
    return result;
  }

  /** @internal */
  uint32(result: number): number {
    return result >>> 0;
  }

  /** @internal */
  uint64(result: bigint): bigint {
    return BigInt.asUintN(64, result);
  }

  /** @internal */
  bigint(result: bigint): bigint {
    if (result === -1n) throw this.fail();
    return result;
  }

  /** @internal A string that libnbd allocated for the caller. */
  ownString(pointer: Pointer): string {
    const text = this.staticString(pointer);
    this.exports.free(pointer);
    return text;
  }

  /** @internal A string that stays libnbd's. */
  staticString(pointer: Pointer): string {
    if (pointer === nullPointer) throw this.fail();
    return this.instance.memory.string(pointer);
  }
}
