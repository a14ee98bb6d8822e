// The tables of the commands as completion scripts need them: each word that can be typed, and what follows it.
import type { Command, Option } from '../command.js';
import { listedOptions, namesOf } from '../parse.js';

/** What can stand somewhere; undefined where a script cannot know. */
export type Choices = readonly string[] | 'files' | 'servers' | 'disks' | 'none' | undefined;

/** What a script is made of. */
export interface Completed {
  readonly commands: readonly Command[];
  /** The programs that the script completes. */
  readonly names: readonly string[];
  /** The command that a program is, where it is one of upstream's names. */
  readonly upstreams: ReadonlyMap<string, string>;
}

export interface Spelled {
  /** With their dashes: all spellings of an option, or of its negation. */
  readonly words: readonly string[];
  readonly help: string;
  /** Its value: what it is called, where it stands, and what it can be. */
  readonly value?: { readonly name: string; readonly isOptional: boolean; readonly choices: Choices };
  readonly isRepeated: boolean;
}

export const spelledOptions = (command: Command): Spelled[] =>
  listedOptions(command).flatMap(([name, option]) =>
    option.kind === 'toggle' ? bothWays(name, option) : [spelled(name, option)],
  );

function spelled(name: string, option: Option): Spelled {
  const { short, help, kind } = option;
  const words = [...(short === undefined ? [] : [`-${short}`]), ...namesOf(name, option).map((one) => `--${one}`)];
  const value = 'value' in option ? { name: option.value, isOptional: kind === 'optional', choices: option.choices } : undefined;
  return { words, help, isRepeated: kind === 'values', ...(value === undefined ? {} : { value }) };
}

function bothWays(name: string, option: Option): Spelled[] {
  const { words, ...rest } = spelled(name, option);
  const isNegation = (word: string) => word.startsWith('--no-');
  const yes = { ...rest, words: words.filter((word) => !isNegation(word)) };
  return [yes, { ...rest, words: words.filter(isNegation), help: `not so: ${option.help}` }];
}

/** What an address begins with. */
export const schemes = ['nbd://', 'nbds://', 'nbd+unix:///?socket=', 'nbds+unix:///?socket=', 'nbd+ssh://', 'ws://', 'wss://'];

/** A word that a shell takes as it is, whatever is in it. */
export const shellQuoted = (word: string): string =>
  /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
