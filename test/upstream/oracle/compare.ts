// Runs a tool of ours and the native one with the same arguments, beside each other.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { atEnd } from '../../support/cleanup.js';
import { judged, linkTools, native, type Tool } from '../native.js';

export interface Outcome {
  readonly code: number | null;
  /** One character a byte, so that a difference can be read. */
  readonly stdout: string;
  readonly stderr: string;
}

export interface Both {
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

export interface Circumstances {
  /** What comes in on standard input; nothing does by itself. */
  readonly input?: Uint8Array;
  /** The folder that each runs in: for what it makes there. */
  readonly folders?: readonly [ours: string, theirs: string];
}

type Compare = (tool: Tool, args: readonly string[], circumstances?: Circumstances) => Promise<Both>;

/** To be called at a test file's top. */
export function oracle(): Compare {
  let links = '';
  beforeAll(async () => {
    links = await mkdtemp(join(tmpdir(), 'libnbd-wasm-tools-'));
    await linkTools(links, judged);
  });
  afterAll(() => rm(links, { recursive: true, force: true }));
  return async (tool, args, { input, folders = [tmpdir(), tmpdir()] } = {}) => {
    const [ours, theirs] = await Promise.all([
      run(join(links, tool), tool, args, folders[0], input),
      run(join(native, tool), tool, args, folders[1], input),
    ]);
    return { ours, theirs };
  };
}

/** The title of a test is what stands on its command line. */
export const noWords = 'no option';
export const words = (title: string): string[] => (title === noWords ? [] : title.split(' '));

/** Neither takes longer than a few seconds. */
const limit = 60_000;

async function run(
  path: string,
  name: string,
  args: readonly string[],
  cwd: string,
  input: Uint8Array | undefined,
): Promise<Outcome> {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const child = spawn(path, args, {
    argv0: name,
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  atEnd(() => void child.kill('SIGKILL'));
  child.stdin.on('error', () => {}); // it may end without having read everything
  child.stdin.end(input);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (signal !== null) throw new Error(`${path} ${args.join(' ')}: ${signal}`);
  return { code, stdout: shown(Buffer.concat(out)), stderr: Buffer.concat(err).toString() };
}

/** Of what nobody would read, only whether it is the same. */
function shown(bytes: Buffer): string {
  if (bytes.length < 100_000) return bytes.toString('latin1');
  return `${bytes.length} bytes with the SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The same bytes on both streams, and the same exit code. */
export function expectSame({ ours, theirs }: Both): void {
  expect(ours.stderr === theirs.stderr ? ours : { ...ours, stderr: withoutOurs(ours.stderr) }).toEqual(theirs);
}

/** What our texts have that upstream's have not: a detail in parentheses, what to try, and musl's words for EIO and ENOTSUP. */
function withoutOurs(stderr: string): string {
  return stderr
    .replace(/^Try '\w+ --help'\.\n/m, '')
    .replace(/( \([^()]*\))+$/gm, '')
    .replaceAll('I/O error', 'Input/output error')
    .replaceAll(': Not supported', ': Operation not supported');
}

/** The same, but for what `settle` makes alike. */
export function expectSameBut(settle: (outcome: Outcome) => Outcome, { ours, theirs }: Both): void {
  expectSame({ ours: settle(ours), theirs: settle(theirs) });
}

/** It fails as upstream's does, and says more, in words of ours. */
export function expectOwnText({ ours, theirs }: Both, text: RegExp): void {
  expect(theirs.code).toBe(1);
  expect(theirs.stderr).not.toBe('');
  expect({ code: ours.code, stdout: ours.stdout }).toEqual({ code: theirs.code, stdout: theirs.stdout });
  if (judged === 'ours') expect(ours.stderr).toMatch(text);
}

/** A wrong call: nothing on standard output, the same exit code, and a text, which is our own as the usage screen is. */
export function expectRefusedCall(both: Both): void {
  expect(both.theirs.stdout).toBe('');
  expectOwnText(both, /./);
}
