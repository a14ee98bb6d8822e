// `libnbd-wasm proxy` in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** A process that ends with the test at the latest. */
export class Program {
  readonly pid: number;
  stdout = '';
  stderr = '';
  /** Rejects when it ends without having printed one. */
  readonly firstLine: Promise<string>;
  /** Its exit code, or the signal that killed it. */
  readonly exit: Promise<number | string>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Writes to its standard input. */
  readonly write: (text: string) => void;

  /** Runs Node. The kernel kills it should this process die without doing so itself. */
  constructor(...args: string[]) {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, ...args], { stdio: 'pipe' });
    this.pid = child.pid ?? -1;
    this.signal = (signal) => void child.kill(signal);
    this.write = (text) => void child.stdin.write(text);
    onTestFinished(() => this.signal('SIGKILL'));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exit = once(child, 'close').then(([code, signal]: (number | string)[]) => code ?? signal ?? -1);
    const line = once(createInterface(child.stdout), 'line').then(([line]: string[]) => line ?? '');
    const exit = this.exit.then((code) => {
      throw new Error(`exit ${code}: ${this.stderr}`);
    });
    this.firstLine = Promise.race([line, exit]);
    this.firstLine.catch(() => {}); // of no concern to a test that expects it to fail
  }
}

/** The command line. */
export const cli = (...args: string[]): Program => new Program(main, ...args);

/** A proxy that listens, with one target, `disk`, and its URL. */
export async function proxyProcess(uri: string, ...args: string[]): Promise<{ program: Program; url: string }> {
  const program = cli('proxy', '--listen', '127.0.0.1:0', '--target', `disk=${uri}`, ...args);
  return { program, url: await program.firstLine };
}
