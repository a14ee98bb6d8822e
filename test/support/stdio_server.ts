// nbdkit on a child process's standard input and output (`nbdkit -s`), joined to one stream: what libnbd's own tests have by
// nbd_connect_command. The process can be stopped and continued, which upstream does with nbd_kill_subprocess.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { TestServer } from './platform.js';

export class StdioServer implements TestServer {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  constructor(argv: readonly string[]) {
    // The kernel kills it should this process die without doing so itself.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => this.kill());
  }

  /** The one connection that there is. */
  socket(): Duplex {
    return Duplex.from({ readable: this.#child.stdout, writable: this.#child.stdin });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the exit code once the program has ended by itself. */
  async exited(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited();
  }
}

export const nbdkitOnStdio = (...args: string[]): StdioServer => new StdioServer(['nbdkit', '--single', ...args]);
