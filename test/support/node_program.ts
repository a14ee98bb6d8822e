// A few lines of JavaScript in a Node of their own, which finds the package by its name: for what only a whole process shows,
// such as what its children write to its standard error.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs it to its end, which is also that of all that its children write. `before` is what comes before Node on the command
 * line, `flags` are Node's.
 */
export async function nodeProgram(
  source: string,
  env: Record<string, string> = {},
  before: readonly string[] = [],
  flags: readonly string[] = ['--input-type=module'],
): Promise<Ended> {
  const [program = '', ...args] = [...before, process.execPath, ...flags, '--eval', source];
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
