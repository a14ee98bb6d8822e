// The calls that start a server as a child process, and those that tidy up after it. A result that is negative is one of Linux's
// error numbers, negated.
import type { Socket } from '../../sockets/socket.js';
import type { DescriptorTable } from '../../sockets/table.js';
import { type Memory, optionalString, type Pointer } from '../../wasm/memory.js';
import type { Host, Listener, Processes } from '../host.js';
import { socketAddress } from './address.js';
import { type Failures, negated } from './failure.js';

const ENOTSUP = negated('ENOTSUP');

export class ProcessCalls {
  readonly #memory: Memory;
  readonly #descriptors: DescriptorTable;
  readonly #host: Host;
  readonly #failures: Failures;
  /** The descriptor that the next process will be connected to, or the socket that it will listen on. */
  #pair: Socket | undefined;
  #listener: Listener | undefined;
  #boundPath = '';
  #endings: Promise<void>[] = [];

  constructor(memory: Memory, descriptors: DescriptorTable, host: Host, failures: Failures) {
    this.#memory = memory;
    this.#descriptors = descriptors;
    this.#host = host;
    this.#failures = failures;
  }

  socketpair(fds: number): number {
    if (this.#host.processes === undefined) return ENOTSUP;
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
          return listener.spawn(words, optionalString(this.#memory, socketName));
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
    return this.#withProcesses((processes) => {
      this.#endings.push(processes.reap(pid));
      return pid;
    });
  }

  /** The ends of the processes that libnbd has waited for since this was asked. */
  takeEndings(): Promise<unknown> {
    return Promise.all(this.#endings.splice(0));
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
    return processes === undefined ? ENOTSUP : this.#failures.attempt(() => action(processes));
  }

  #strings(array: number): string[] {
    const { view } = this.#memory;
    const result: string[] = [];
    for (let at = array; view.getUint32(at, true) !== 0; at += 4)
      result.push(this.#memory.string(view.getUint32(at, true) as Pointer));
    return result;
  }
}
