#!/usr/bin/env node
// The command line: libnbd-wasm COMMAND ..., and nbdinfo, nbddump and nbdcopy, where a link of such a name leads here.
import { existsSync } from 'node:fs';
import { adviceOn, textOf } from './advice.js';
import { callOf, isUpstream, ownName, programName, upstreamCommand, upstreamNames } from './called.js';
import type { Command, Operand } from './command.js';
import { allCommands, commandNames, commandOf } from './commands.js';
import { shellQuoted } from './completion/spelled.js';
import { generalHelp, helpText } from './help.js';
import { longOptions, parse, type Question, shortOptions } from './parse.js';
import { advise, complain, print, ReaderGone } from './printing/output.js';
import { isUri, withoutPassword } from './servers/uris.js';
import { similar } from './similar.js';
import { UsageError } from './usage.js';
import { versions } from './versions.js';

async function main(args: readonly string[]): Promise<number> {
  if (upstreamCommand !== undefined) return run(upstreamCommand, args);
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h') return done(generalHelp(await allCommands()));
  if (name === '--version' || name === '-V') return done(await versions());
  if (name === 'help') return rest[0] === undefined ? done(generalHelp(await allCommands())) : run(rest[0], ['--help']);
  if (name === undefined) throw new UsageError('no command was given');
  return run(name, rest);
}

/** What the command was called with, for the advice on an error. */
let operands: readonly Operand[] = [];

async function run(name: string, args: readonly string[]): Promise<number> {
  const command = await commandOf(name);
  if (command === undefined) throw new UsageError(`there is no command ${withoutPassword(name)}`, meant(name));
  try {
    const call = parse(command, args);
    if (typeof call === 'string') return done(await answers[call](command));
    operands = call.operands;
    return await command.run(call);
  } catch (error) {
    if (error instanceof UsageError) {
      error.call ??= callOf(name);
      error.exitCode = command.usageExitCode ?? error.exitCode;
    }
    throw error;
  }
}

/** What somebody may have meant by a word that is no command. */
function meant(name: string): string | undefined {
  if (isUri(name)) return `A command comes first: ${ownName} info ${shellQuoted(withoutPassword(name))}`;
  if (existsSync(name)) return `A command comes first: ${ownName} inspect ${shellQuoted(name)}`;
  const nearest = upstreamNames.get(name) ?? similar(name, name.startsWith('-') ? ['--help', '--version'] : commandNames);
  return nearest === undefined ? undefined : `Did you mean '${ownName} ${nearest}'?`;
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

/** What a shell makes of a process that SIGPIPE has ended, as it ends nbdinfo and nbddump. Node ignores that signal. */
const brokenPipe = 128 + 13;

function failed(error: unknown): number {
  if (error instanceof ReaderGone) return brokenPipe;
  complain(textOf(error));
  const isUsage = error instanceof UsageError;
  const advice = isUpstream ? undefined : ((isUsage ? error.advice : undefined) ?? adviceOn(error, operands));
  if (advice !== undefined) advise(advice);
  if (!isUsage) return 1;
  process.stderr.write(`Try '${error.call ?? programName} --help'.\n`);
  return isUpstream ? 1 : error.exitCode;
}

process.exitCode = await main(process.argv.slice(2)).catch(failed);
