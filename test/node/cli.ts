// The command line, beside the tools that it follows.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';

export const run = promisify(execFile);
export const main = fileURLToPath(new URL('./cli/main.js', import.meta.resolve('libnbd-wasm')));

/** What it prints. */
export const ours = async (...args: string[]): Promise<string> => (await run(process.execPath, [main, ...args], large)).stdout;

/** What nbdinfo or nbddump prints. */
export const theirs = async (tool: string, ...args: string[]): Promise<string> => (await run(tool, args, large)).stdout;

const large = { maxBuffer: 2 ** 30 };

/** What it prints on standard error, and its exit code, when it fails. */
export async function failure(...args: string[]): Promise<{ code: number; stderr: string }> {
  return run(process.execPath, [main, ...args]).then(
    () => expect.fail('the command succeeded'),
    ({ code, stderr }) => ({ code, stderr }),
  );
}
