// What a command is: one table, of which its parsing, its help, its completion and its part of the manual page are made.

interface Spelling {
  /** Without the dashes. */
  readonly short?: string;
  /** Other names, without the dashes, which mean the same. */
  readonly aliases?: readonly string[];
}

interface Told {
  /** What the help says of it. */
  readonly help: string;
}

interface Taking {
  /** What its value is called in the help. */
  readonly value: string;
  /** What can stand there: these words, names of files, or servers' addresses. */
  readonly choices?: readonly string[] | 'files' | 'servers';
}

export interface Switch extends Spelling, Told {
  readonly kind: 'switch';
}
/** `--color`, and `--no-color`: whichever comes last. */
export interface Toggle extends Spelling, Told {
  readonly kind: 'toggle';
}
export interface Value extends Spelling, Told, Taking {
  readonly kind: 'value';
}
/** `--map`, and `--map=CONTEXT`. */
export interface OptionalValue extends Spelling, Told, Taking {
  readonly kind: 'optional';
}
/** A value that can be given several times. */
export interface Values extends Spelling, Told, Taking {
  readonly kind: 'values';
}
export type Option = Switch | Toggle | Value | OptionalValue | Values;
export type Options = Readonly<Record<string, Option>>;

export const flag = (help: string, spelling: Spelling = {}): Switch => ({ kind: 'switch', help, ...spelling });
export const toggle = (help: string, spelling: Spelling = {}): Toggle => ({ kind: 'toggle', help, ...spelling });
export const value = (name: string, help: string, more: Spelling & Pick<Taking, 'choices'> = {}): Value => ({
  kind: 'value',
  value: name,
  help,
  ...more,
});
export const optional = (name: string, help: string, more: Spelling & Pick<Taking, 'choices'> = {}): OptionalValue => ({
  kind: 'optional',
  value: name,
  help,
  ...more,
});
export const values = (name: string, help: string, more: Spelling & Pick<Taking, 'choices'> = {}): Values => ({
  kind: 'values',
  value: name,
  help,
  ...more,
});

/** The value of an option: `true` is an optional value that was left out. */
type ValueOf<O extends Option> = O extends Switch
  ? boolean
  : O extends Toggle
    ? boolean | undefined
    : O extends Value
      ? string | undefined
      : O extends OptionalValue
        ? string | true | undefined
        : string[];

/** A word of the command line that is no option, or a command in square brackets: its words. */
export type Operand = string | readonly string[];

/** How a command was called. */
export interface Call<O extends Options = Options> {
  readonly values: { readonly [Name in keyof O]: ValueOf<O[Name]> };
  readonly operands: readonly Operand[];
  /** The options in their order, each by its long name: for a command to which the order means something. */
  readonly given: readonly (readonly [name: Extract<keyof O, string>, value: string | boolean])[];
}

export interface Command<O extends Options = Options> {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name, a line for each way to call it: `[OPTION ...] TARGET`. */
  readonly synopsis: readonly string[];
  /** Paragraphs, and what is indented as it is. */
  readonly about: string;
  /** By their long names, without the dashes. */
  readonly options: O;
  /** Command lines, and what each does. */
  readonly examples?: readonly (readonly [line: string, what: string])[];
  /** What the operands are, for the completion: `servers` are URIs and commands in square brackets, `disks` are files as well. */
  readonly operands: 'disks' | 'servers' | 'none' | readonly string[];
  /** The exit code of a wrong usage, where 2 has another meaning. */
  readonly usageExitCode?: number;
  /** Resolves with the exit code. */
  run(call: Call<O>): Promise<number>;
}

/** Lets the types of `values` follow from the table. */
export function defineCommand<const O extends Options>(command: Command<O>): Command {
  return command as unknown as Command;
}
