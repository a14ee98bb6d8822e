// What a program itself may ask the system for: commands of its own, by fork and exec.
import { spawn } from 'node:child_process';
import { codeOf, errnoOf } from '../src/base/errors.js';
import { assertRunnable } from '../src/node/processes.js';
import type { Memory, Pointer } from '../src/wasm/memory.js';

export class ProgramCalls {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Starts what execve was to become. Returns the number of the process, or one of Linux's error numbers, negated. */
  spawn(path: Pointer, argv: number, env: number): number {
    const [argv0, ...words] = this.#strings(argv);
    const pairs = this.#strings(env).map((text) => [text.replace(/=.*/s, ''), text.replace(/^[^=]*=/, '')]);
    try {
      const command = this.#memory.string(path);
      assertRunnable(command);
      const child = spawn(command, words, { argv0: argv0 ?? command, env: Object.fromEntries(pairs), stdio: 'inherit' });
      child.on('error', () => {}); // that it has no number tells the program as much
      return child.pid ?? -errnoOf('EAGAIN');
    } catch (error) {
      return -errnoOf(codeOf(error, 'EIO'));
    }
  }

  #strings(array: number): string[] {
    const { view } = this.#memory;
    const result: string[] = [];
    for (let at = array; view.getUint32(at, true) !== 0; at += 4) {
      result.push(this.#memory.string(view.getUint32(at, true) as Pointer));
    }
    return result;
  }
}
