// Words to options and operands, by a command's table and the rules of getopt_long: names can be shortened as long as they are
// unique, options and operands can be mixed, and after `--` there are no options. Node's parseArgs cuts the words.
import { parseArgs } from 'node:util';
import type { Call, Command, Operand, Option } from './command.js';
import { similar } from './similar.js';
import { UsageError } from './usage.js';

/** What every command has. */
export const common = {
  help: { kind: 'switch', help: 'prints this', short: 'h' },
  version: { kind: 'switch', help: 'prints the versions of this program and of libnbd', short: 'V' },
} as const satisfies Record<string, Option>;

/** For completion scripts, as upstream's programs have them: not in the help. */
const unlisted = {
  'long-options': { kind: 'switch', help: '' },
  'short-options': { kind: 'switch', help: '' },
} as const satisfies Record<string, Option>;

export type Question = keyof typeof common | keyof typeof unlisted;

/** The options of a command that help and completion tell. */
export const listedOptions = ({ options }: Command): [name: string, option: Option][] => [
  ...Object.entries(options),
  ...Object.entries(common),
];

/** All names of an option, without the dashes; a toggle's negations too. */
export function namesOf(name: string, { kind, aliases = [] }: Option): string[] {
  const names = [name, ...aliases];
  return kind === 'toggle' ? [...names, ...names.map((one) => `no-${one}`)] : names;
}

/** What `--long-options` prints, for completion scripts: the questions of this kind are not in it, as with upstream's programs. */
export function longOptions(command: Command): string {
  const names = listedOptions(command).flatMap(([name, option]) => namesOf(name, option));
  return names.map((name) => `--${name}\n`).join('');
}

export function shortOptions(command: Command): string {
  const letters = listedOptions(command).flatMap(([, { short }]) => short ?? []);
  return letters.map((letter) => `-${letter}\n`).join('');
}

interface Named {
  readonly name: string;
  readonly option: Option;
  readonly isNegated: boolean;
}

type Parsed = string | true | false | string[] | undefined;

/** What a command is asked for: to be run, or one of the questions that every command answers. */
export function parse(command: Command, args: readonly string[]): Call | Question {
  const table = tableOf(command);
  const { words, commands } = splitCommands(args);
  const { tokens } = parseArgs({
    args: words,
    options: Object.fromEntries(
      [...table.long].map(([name, { option }]) => [
        name,
        {
          type: takesNext(option) ? ('string' as const) : ('boolean' as const),
          ...(option.short === undefined || name !== table.short.get(option.short)?.name ? {} : { short: option.short }),
        },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: Record<string, Parsed> = Object.fromEntries(
    Object.entries(command.options).map(([name, option]) => [name, unset(option)]),
  );
  const operands: Operand[] = [];
  const given: [string, string | boolean][] = [];
  const left = [...tokens];
  for (let token = left.shift(); token !== undefined; token = left.shift()) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      operands.push(token.value === '[' ? (commands.shift() ?? []) : token.value);
      continue;
    }
    const { name, option, isNegated } = table.find(token.rawName, token.name);
    let { value } = token;
    if (takesNext(option)) {
      const next = left[0];
      if (value === undefined && next?.kind === 'positional' && next.index === token.index + 1) {
        value = next.value; // the name was shortened, so that parseArgs did not know it
        left.shift();
      }
      if (value === undefined) throw new UsageError(`option '${shown(token.rawName, name)}' requires an argument`);
    } else if (value !== undefined && option.kind !== 'optional') {
      throw new UsageError(`option '${shown(token.rawName, name)}' doesn't allow an argument`);
    }
    if (name in common || name in unlisted) return name as Question;
    given.push([name, value ?? !isNegated]);
    if (option.kind === 'values') (values[name] as string[]).push(value ?? '');
    else values[name] = option.kind === 'value' ? value : option.kind === 'optional' ? (value ?? true) : !isNegated;
  }
  return { values, operands, given } as Call;
}

function meant(name: string, names: readonly string[]): string | undefined {
  const nearest = similar(name, names);
  return nearest === undefined ? undefined : `Did you mean '--${nearest}'?`;
}

const takesNext = ({ kind }: Option): boolean => kind === 'value' || kind === 'values';

const unset = ({ kind }: Option): Parsed => (kind === 'switch' ? false : kind === 'values' ? [] : undefined);

/** How getopt_long shows an option in its messages. */
const shown = (rawName: string, name: string): string => (rawName.startsWith('--') ? `--${name}` : rawName);

function tableOf(command: Command) {
  const long = new Map<string, Named>();
  const short = new Map<string, Named>();
  const all: [string, Option][] = [...listedOptions(command), ...Object.entries(unlisted)];
  for (const [name, option] of all) {
    for (const one of namesOf(name, option)) {
      long.set(one, { name, option, isNegated: option.kind === 'toggle' && one.startsWith('no-') });
    }
    if (option.short !== undefined) short.set(option.short, { name, option, isNegated: false });
  }
  const find = (rawName: string, name: string): Named => {
    if (!rawName.startsWith('--')) {
      const found = long.get(name);
      if (found === undefined) throw new UsageError(`invalid option -- '${name}'`);
      return found;
    }
    const exact = long.get(name);
    if (exact !== undefined) return exact;
    const candidates = [...long].filter(([one]) => one.startsWith(name));
    const [first] = candidates;
    if (first === undefined) throw new UsageError(`unrecognized option '${rawName}'`, meant(name, [...long.keys()]));
    // Several spellings of one option are no ambiguity.
    if (candidates.some(([, { option, isNegated }]) => option !== first[1].option || isNegated !== first[1].isNegated)) {
      const names = candidates.map(([one]) => `'--${one}'`).join(' ');
      throw new UsageError(`option '${rawName}' is ambiguous; possibilities: ${names}`);
    }
    return first[1];
  };
  return { long, short, find };
}

/** Takes the commands out of the words, so that their options are no options of ours. A `[` stays where each was. */
function splitCommands(args: readonly string[]): { words: string[]; commands: string[][] } {
  const words: string[] = [];
  const commands: string[][] = [];
  for (let i = 0; i < args.length; i++) {
    words.push(args[i] ?? '');
    if (args[i] !== '[') continue;
    const end = args.indexOf(']', i);
    if (end < 0) throw new UsageError('a command in square brackets ends with a word of its own: ]');
    if (end === i + 1) throw new UsageError('there is no command between [ and ]: put the program and its arguments there');
    commands.push(args.slice(i + 1, end));
    i = end;
  }
  return { words, commands };
}
