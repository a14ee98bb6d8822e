#!/usr/bin/env node
// The command line: libnbd-wasm COMMAND ...
import { readFile } from 'node:fs/promises';
import type { Command } from './command.js';
import { complain, print, ReaderGone } from './output.js';
import { UsageError } from './usage.js';

/** Each is loaded when it is called. */
const commands = new Map<string, () => Promise<Command>>([
  ['info', () => import('./info.js')],
  ['dump', () => import('./dump.js')],
  ['proxy', () => import('./proxy.js')],
  ['inspect', () => import('./inspect.js')],
]);

async function main([name, ...args]: string[]): Promise<void> {
  if (name === '--help' || name === '-h' || name === 'help') return print(await help());
  if (name === '--version' || name === '-V') return print(await versions());
  if (name === undefined) throw new UsageError('no command was given');
  const load = commands.get(name);
  if (load === undefined) throw new UsageError(`there is no command ${name}`);
  const command = await load();
  await (asksForHelp(args) ? print(command.usage) : command.run(args));
}

async function help(): Promise<string> {
  const lines = [...commands].map(async ([name, load]) => `  libnbd-wasm ${name.padEnd(8)} ${(await load()).summary}\n`);
  return `libnbd-wasm: read and inspect disks over the Network Block Device protocol

${(await Promise.all(lines)).join('')}
libnbd-wasm COMMAND --help tells how a command is called; libnbd-wasm --version prints the versions.
`;
}

async function versions(): Promise<string> {
  const { NBD } = await import('../node.js');
  using nbd = await NBD.create();
  const { version }: { version: string } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return `libnbd-wasm ${version} with libnbd ${nbd.getVersion()}\n`;
}

/** Words after `--` are no options, but those of the command in square brackets. */
function asksForHelp(args: string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).some((word) => word === '--help' || word === '-h');
}

/** What a shell makes of a process that SIGPIPE has ended, as it ends nbdinfo and nbddump. Node ignores that signal. */
const brokenPipe = 128 + 13;

function fail(error: unknown, name = ''): void {
  if (error instanceof ReaderGone) {
    process.exitCode = brokenPipe;
    return;
  }
  const isMistake =
    error instanceof UsageError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  complain(error instanceof Error ? error.message : String(error));
  if (isMistake) process.stderr.write(`Try 'libnbd-wasm ${commands.has(name) ? `${name} ` : ''}--help'.\n`);
  process.exitCode = isMistake ? 2 : 1;
}

const words = process.argv.slice(2);
main(words).catch((error: unknown) => fail(error, words[0]));
