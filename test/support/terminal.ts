// A program on a terminal of its own, by script(1): what it shows there, and what is typed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** Less than a test's own limit, which tells nothing of a terminal. */
const limit = 120_000;

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** It ends with the test at the latest. */
export class Terminal {
  /** All that was shown until now, with a newline where the terminal has carriage returns before it. */
  output = '';
  /** Its exit code; 128 and the number of the signal that ended it. */
  readonly exit: Promise<number>;
  readonly type: (text: string) => void;
  readonly #ended: Promise<never>;
  #shown = () => {};

  constructor(words: readonly string[], environment: Record<string, string | undefined> = {}) {
    const child = spawn('script', ['--quiet', '--return', '--flush', '--command', words.map(quoted).join(' '), '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, TERM: 'xterm', ...environment },
    });
    onTestFinished(() => void child.kill('SIGHUP'));
    child.stdin.on('error', () => {}); // it has ended, which `exit` tells
    let returns = ''; // at the end of what has come, a newline may follow
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const [, complete = '', rest = ''] = /^(.*?)(\r*)$/s.exec(returns + text) ?? [];
      returns = rest;
      this.output += complete.replaceAll(/\r+\n/g, '\n');
      this.#shown();
    });
    this.type = (text) => void child.stdin.write(text);
    this.exit = once(child, 'close').then(([code]: number[]) => code ?? -1);
    this.#ended = this.exit.then((code) => {
      throw new Error(`it has ended with ${code}, having shown ${JSON.stringify(this.output.slice(-2000))}`);
    });
    this.#ended.catch(() => {}); // of no concern to a test that expects it to end
  }

  /** Waits until a text is shown, after what was waited for before. Rejects when the program ends first, and when it takes too long. */
  async shows(text: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`${JSON.stringify(text)} is not shown; this is: ${JSON.stringify(this.output.slice(this.#seen))}`));
      }, limit);
    });
    try {
      for (;;) {
        const at = this.output.indexOf(text, this.#seen);
        if (at >= 0) {
          this.#seen = at + text.length;
          return;
        }
        await Promise.race([new Promise<void>((resolve) => (this.#shown = resolve)), this.#ended, tooLong]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #seen = 0;
}
