// The command line in processes of its own, also by the name of nbdcopy, with what it reads and writes in pipes or files.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { main } from '../node/cli.js';
import { atEnd } from '../support/cleanup.js';
import { temporaryFolder } from '../support/processes.js';

export interface Ended {
  /** The exit code; 128 and the number of the signal, as a shell tells it, where one has ended the process. */
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const signals = new Map([
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGKILL', 9],
  ['SIGTERM', 15],
]);

/** A process, which is gone when the test is over. */
export class Running {
  readonly #child: ChildProcess;
  readonly #waiting: { pattern: RegExp; resolve: () => void }[] = [];
  readonly #out: Buffer[] = [];
  #err = '';
  readonly ended: Promise<Ended>;

  constructor(argv: readonly string[], input?: Uint8Array) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    atEnd(() => void child.kill('SIGKILL'));
    child.stdout.on('data', (bytes: Buffer) => void this.#out.push(bytes));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#err += text;
      for (const { pattern, resolve } of this.#waiting) if (pattern.test(this.#err)) resolve();
    });
    child.stdin.on('error', () => {}); // it may have no use for its input
    if (input !== undefined) child.stdin.end(input);
    this.ended = once(child, 'close').then(([code, signal]: (number | string | null)[]) => ({
      code: typeof code === 'number' ? code : 128 + (signals.get(`${signal}`) ?? 0),
      stdout: Buffer.concat(this.#out),
      stderr: this.#err,
    }));
  }

  /** Waits until it has written something to standard error. Rejects when it ends without. */
  async until(pattern: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      if (pattern.test(this.#err)) resolve();
      else this.#waiting.push({ pattern, resolve });
    });
    const ended = this.ended.then(({ code, stderr }) => {
      throw new Error(`it ended with ${code} before it said ${pattern}: ${stderr}`);
    });
    await Promise.race([seen, ended]);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** `libnbd-wasm` with some words, and bytes for its standard input. */
export const start = (words: readonly string[], input?: Uint8Array): Running =>
  new Running([process.execPath, main, ...words], input);

export const ended = (words: readonly string[], input?: Uint8Array): Promise<Ended> => start(words, input).ended;

/** A folder with links of the names of upstream's programs, as the one that comes first in PATH. */
export async function upstreamFolder(): Promise<string> {
  const folder = await temporaryFolder();
  await symlink(main, join(folder, 'nbdcopy'));
  return folder;
}

/** `nbdcopy`: a link to the command line. */
export async function nbdcopy(words: readonly string[], input?: Uint8Array): Promise<Ended> {
  return new Running([process.execPath, join(await upstreamFolder(), 'nbdcopy'), ...words], input).ended;
}

/** A line of shell, in which `copy` and the like are called as "$@". */
export function shell(line: string, ...words: string[]): Promise<Ended> {
  return new Running(['bash', '-c', line, 'bash', process.execPath, main, ...words], new Uint8Array()).ended;
}
