// A shell in a terminal, in which command lines are half typed and completed with the Tab key.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { ours } from '../node/cli.js';
import { temporaryFolder } from '../support/processes.js';

const starts = { bash: 'bash --noprofile --norc -i', zsh: 'zsh -f -i' };

export type ShellName = keyof typeof starts;

/** Takes the line away. */
const controlU = '\u0015';

export class Shell {
  /** Where it is: the files that it completes are here. */
  readonly folder: string;
  readonly #child: ChildProcess;
  #said = '';

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /** A shell that has loaded what `libnbd-wasm completion` prints for some programs. */
  static async start(name: ShellName, ...programs: string[]): Promise<Shell> {
    const folder = await temporaryFolder();
    const home = await temporaryFolder();
    const script = join(home, 'completion');
    await writeFile(script, await ours('completion', name, ...programs));
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      TERM: 'dumb',
      LC_ALL: 'C.UTF-8',
      INPUTRC: '/dev/null',
      HISTFILE: '/dev/null',
      SCRIPT: script,
    };
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'script', '-qfec', starts[name], '/dev/null'], {
      cwd: folder,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL')); // the shell loses its terminal, and ends
    const shell = new Shell(folder, child);
    shell.#type(`source ${fileURLToPath(new URL(`./shells/${name}.rc`, import.meta.url))}\n`);
    await shell.#until('<<ready>>');
    return shell;
  }

  /** Types a part of a line and Tab, and returns what the shell was offered: of bash, what replaces the piece behind the last `=` or `:`. */
  async replies(line: string): Promise<string[]> {
    const replies = await this.#tab(line);
    this.#type(controlU);
    return replies;
  }

  /** Types a part of a line, Tab and Return, and returns the words of the command, without the program. */
  async words(line: string): Promise<string[]> {
    await this.#tab(line);
    this.#type('\n');
    return all('word', await this.#until('<<run>>'));
  }

  async #tab(line: string): Promise<string[]> {
    this.#type(`${line}\t`);
    return all('reply', await this.#until('<<completed>>'));
  }

  #type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async #until(mark: string): Promise<string> {
    for (;;) {
      const at = this.#said.indexOf(mark);
      if (at >= 0) {
        const before = this.#said.slice(0, at);
        this.#said = this.#said.slice(at + mark.length);
        return before;
      }
      if (this.#child.exitCode !== null) throw new Error(`the shell has ended: ${this.#said}`);
      await delay(5);
    }
  }
}

const all = (what: string, said: string): string[] => [
  ...new Set([...said.matchAll(new RegExp(`<<${what}:(.*?)>>`, 'g'))].flatMap(([, text]) => text ?? [])),
];
