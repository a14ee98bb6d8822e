#!/usr/bin/env node
// The command line: libnbd-wasm COMMAND ..., and nbdinfo, nbddump and nbdcopy, where a link of such a name leads here.
import { callOf, isUpstream, programName, upstreamCommand } from './called.js';
import type { Command } from './command.js';
import { allCommands, commandOf } from './commands.js';
import { helpText } from './help.js';
import { complain, print, ReaderGone } from './output.js';
import { longOptions, parse, type Question, shortOptions } from './parse.js';
import { UsageError } from './usage.js';
import { versions } from './versions.js';

async function main(args: readonly string[]): Promise<number> {
  if (upstreamCommand !== undefined) return run(upstreamCommand, args);
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h') return done(await generalHelp());
  if (name === '--version' || name === '-V') return done(await versions());
  if (name === 'help') return rest[0] === undefined ? done(await generalHelp()) : run(rest[0], ['--help']);
  if (name === undefined) throw new UsageError('no command was given');
  return run(name, rest);
}

async function run(name: string, args: readonly string[]): Promise<number> {
  const command = await commandOf(name);
  if (command === undefined) throw new UsageError(`there is no command ${name}`);
  try {
    const call = parse(command, args);
    return typeof call === 'string' ? done(await answers[call](command)) : await command.run(call);
  } catch (error) {
    if (error instanceof UsageError) {
      error.call ??= callOf(name);
      error.exitCode = command.usageExitCode ?? error.exitCode;
    }
    throw error;
  }
}

const answers: Record<Question, (command: Command) => string | Promise<string>> = {
  help: helpText,
  version: versions,
  'long-options': longOptions,
  'short-options': shortOptions,
};

async function done(text: string): Promise<number> {
  await print(text);
  return 0;
}

async function generalHelp(): Promise<string> {
  const lines = (await allCommands()).map(({ name, summary }) => `  ${programName} ${name.padEnd(10)} ${summary}\n`);
  return `libnbd-wasm: read, write, copy and inspect disks over the Network Block Device protocol

${lines.join('')}
${programName} COMMAND --help tells how a command is called; ${programName} --version prints the versions.
`;
}

/** What a shell makes of a process that SIGPIPE has ended, as it ends nbdinfo and nbddump. Node ignores that signal. */
const brokenPipe = 128 + 13;

function failed(error: unknown): number {
  if (error instanceof ReaderGone) return brokenPipe;
  complain(error instanceof Error ? error.message : String(error));
  if (!(error instanceof UsageError)) return 1;
  process.stderr.write(`Try '${error.call ?? programName} --help'.\n`);
  return isUpstream ? 1 : error.exitCode;
}

process.exitCode = await main(process.argv.slice(2)).catch(failed);
