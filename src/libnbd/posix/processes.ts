// The calls that start a server as a child process, and those that tidy up after it. A result that is negative is one of Linux's
// error numbers, negated.
import type { Socket } from '../../sockets/socket.js';
import type { DescriptorTable } from '../../sockets/table.js';
import type { Transport } from '../../transports/transport.js';
import { type Memory, optionalString, type Pointer } from '../../wasm/memory.js';
import { socketAddress } from './address.js';
import { type Failures, negated } from './failure.js';

const ENOTSUP = negated('ENOTSUP');

/** A process that serves NBD to this one. */
export interface Processes {
  /** Starts a command with its standard input and output as the connection: one socket for both. */
  spawnOnStdio(argv: string[]): { pid: number; transport: Transport };
  /** Listens on a Unix socket until a command was given it. */
  listen(path: string): Listener;
  kill(pid: number, signum: number): void;
  /** The process is wanted no more, and ends by itself. Resolves when it has. */
  reap(pid: number): Promise<void>;
  /** Makes a folder of its own, its name from a template that ends in XXXXXX. */
  makeFolder(template: string): string;
  removeFolder(path: string): void;
  removeFile(path: string): void;
}

export interface Listener {
  /** Starts a command by systemd's socket activation: it finds the listening socket as descriptor 3. */
  spawn(argv: string[], socketName: string | undefined): number;
  close(): void;
}

export class ProcessCalls {
  readonly #memory: Memory;
  readonly #descriptors: DescriptorTable;
  readonly #processes: Processes;
  readonly #failures: Failures;
  /** The descriptor that the next process will be connected to, or the socket that it will listen on. */
  #pair: Socket | undefined;
  #listener: Listener | undefined;
  #boundPath = '';
  #endings: Promise<void>[] = [];

  constructor(memory: Memory, descriptors: DescriptorTable, processes: Processes, failures: Failures) {
    this.#memory = memory;
    this.#descriptors = descriptors;
    this.#processes = processes;
    this.#failures = failures;
  }

  socketpair(fds: number): number {
    const ours = this.#descriptors.add();
    const theirs = this.#descriptors.add();
    this.#pair = ours;
    this.#memory.view.setInt32(fds, ours.fd, true);
    this.#memory.view.setInt32(fds + 4, theirs.fd, true);
    return 0;
  }

  bind(_fd: number, address: number, length: number): number {
    return this.#failures.attempt(() => {
      const target = socketAddress(this.#memory.bytes.subarray(address, address + length));
      if (!('path' in target)) return ENOTSUP;
      this.#boundPath = target.path;
      return 0;
    });
  }

  listen(): number {
    return this.#failures.attempt(() => {
      this.#listener = this.#processes.listen(this.#boundPath);
      return 0;
    });
  }

  spawn(argv: number, socketName: Pointer): number {
    const listener = this.#listener;
    const pair = this.#pair;
    this.#listener = undefined;
    this.#pair = undefined;
    return this.#failures.attempt(() => {
      const words = this.#strings(argv);
      if (listener !== undefined) {
        try {
          return listener.spawn(words, optionalString(this.#memory, socketName));
        } finally {
          listener.close();
        }
      }
      const { pid, transport } = this.#processes.spawnOnStdio(words);
      pair?.attach(transport);
      return pid;
    });
  }

  kill(pid: number, signum: number): number {
    return this.#failures.attempt(() => this.#processes.kill(pid, signum) ?? 0);
  }

  reap(pid: number): number {
    return this.#failures.attempt(() => {
      this.#endings.push(this.#processes.reap(pid));
      return pid;
    });
  }

  /** The ends of the processes that libnbd has waited for since this was asked. */
  takeEndings(): Promise<unknown> {
    return Promise.all(this.#endings.splice(0));
  }

  mkdtemp(template: Pointer): number {
    return this.#failures.attempt(() => {
      const name = this.#memory.string(template);
      this.#memory.writeString(this.#processes.makeFolder(name), template, name.length + 1);
      return 0;
    });
  }

  unlink(path: Pointer): number {
    return this.#failures.attempt(() => this.#processes.removeFile(this.#memory.string(path)) ?? 0);
  }

  rmdir(path: Pointer): number {
    return this.#failures.attempt(() => this.#processes.removeFolder(this.#memory.string(path)) ?? 0);
  }

  #strings(array: number): string[] {
    const { view } = this.#memory;
    const result: string[] = [];
    for (let at = array; view.getUint32(at, true) !== 0; at += 4)
      result.push(this.#memory.string(view.getUint32(at, true) as Pointer));
    return result;
  }
}
