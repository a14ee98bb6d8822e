// Programs of test/node/programs, each run in a Node of its own: for what only a whole process shows, such as that it ends by
// itself, or what its garbage collector finds.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

const programs = new URL('../node/programs/', import.meta.url);
/** In the package, so that `libnbd-wasm` is found by its own name; not in git. */
const built = new URL('../../build/test/', import.meta.url);

/** Runs one with Node's options and its own arguments; what it printed, once it has ended by itself with exit code 0 and without a complaint. */
export async function runProgram(name: string, args: readonly string[], options: readonly string[] = []): Promise<string[]> {
  const { child, lines } = await startProgram(name, args, options);
  const errors: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  // A warning of Node's, of a leak of listeners for example, is a failure.
  if (code !== 0 || errors.length > 0) throw new Error(`${name} ended with ${signal ?? code}: ${errors.join('')}`);
  return lines;
}

/** Starts one; `lines` are filled as it prints them. */
export async function startProgram(
  name: string,
  args: readonly string[],
  options: readonly string[] = [],
): Promise<{ child: ChildProcess; lines: string[] }> {
  await mkdir(built, { recursive: true });
  const outfile = fileURLToPath(new URL(`${name}.${process.pid}.mjs`, built));
  const entry = fileURLToPath(new URL(`${name}.ts`, programs));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  const child = spawn(process.execPath, [...options, outfile, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return { child, lines };
}
