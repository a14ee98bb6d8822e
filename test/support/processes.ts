// Child processes that a test owns: each has a temporary folder, says what went wrong when it does not come up, and is gone
// when the test is over, however it ended.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from './cleanup.js';

/** A new folder, removed when the test is over. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'libnbd-wasm-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export class OwnedProcess {
  readonly #name: string;
  readonly #child: ChildProcess;
  #stderr = '';

  /** Starts a program. The kernel kills it should this process die without doing so itself. */
  constructor(argv: readonly string[], stdio: StdioOptions = ['ignore', 'ignore', 'pipe']) {
    this.#name = argv[0] ?? '';
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], { stdio });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#child.on('error', (error) => {
      this.#stderr += error.message;
    });
    atEnd(() => this.stop());
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get hasExited(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits until the program has made a file, which it does when it is ready. */
  async untilFileExists(path: string): Promise<void> {
    while (!existsSync(path)) {
      if (this.hasExited) throw new Error(`${this.#name} did not start: ${this.#stderr}`);
      await delay(2);
    }
  }

  async kill(): Promise<void> {
    if (this.hasExited) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  /** Asks it to end, so that it can remove what it keeps in /tmp, and kills it when it does not. */
  async stop(): Promise<void> {
    if (this.hasExited) return;
    this.#child.kill('SIGTERM');
    await Promise.race([once(this.#child, 'exit'), delay(2000, undefined, { ref: false })]);
    await this.kill();
  }
}

/** Runs a program to its end and returns what it printed. */
export async function run(program: string, ...args: string[]): Promise<Buffer> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  atEnd(() => {
    child.kill('SIGKILL');
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${signal ?? `exit ${code}`}: ${Buffer.concat(err)}`);
  return Buffer.concat(out);
}
