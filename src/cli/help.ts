// What `--help` prints, of a command's table.
import { callOf, ownName } from './called.js';
import type { Command, Option } from './command.js';
import { listedOptions } from './parse.js';

const width = 80;
const indent = 2;
/** Where the texts of options begin, unless what stands before one is longer. */
const column = 28;

/** What `libnbd-wasm --help` prints. */
export function generalHelp(commands: readonly Command[]): string {
  const longest = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${ownName} ${name.padEnd(longest)}  ${summary}\n`);
  return `${ownName}: read, write, copy and inspect disks over the Network Block Device
protocol

${lines.join('')}
${ownName} COMMAND --help tells how a command is called, and with which options;
${ownName} --version prints the versions.
`;
}

/** What `--help` prints of a command. */
export function helpText(command: Command): string {
  const { name, synopsis, about, examples = [] } = command;
  const calls = synopsis.map((line) => `${callOf(name)} ${line}`.trimEnd());
  const options = listedOptions(command).map(([name, option]) => optionText(name, option));
  const shown = examples.map(
    ([line, what]) => `  ${line.replace(`${ownName} ${name}`, callOf(name))}\n${' '.repeat(2 * indent)}${what}\n`,
  );
  return [
    `${calls.join('\n')}\n`,
    `${paragraphs(about).map(filled).join('\n\n')}\n`,
    `Options:\n${options.join('')}`,
    ...(shown.length === 0 ? [] : [`Examples:\n${shown.join('')}`]),
  ].join('\n');
}

/** The parts of a text between its empty lines. */
export const paragraphs = (text: string): string[] => text.trim().split(/\n{2,}/);

/** A paragraph in lines of the width; one that is indented stays as it is. */
const filled = (paragraph: string): string =>
  paragraph.startsWith(' ') ? paragraph : wrapped(paragraph.replaceAll('\n', ' '), width).join('\n');

/** `-n, --length, --limit N`: all spellings of an option, as they are typed. */
export function spellings(name: string, option: Option): string {
  const { short, aliases = [] } = option;
  const long = [name, ...aliases].map((one) => `--${option.kind === 'toggle' ? '[no-]' : ''}${one}`);
  const all = [...(short === undefined ? [] : [`-${short}`]), ...long].join(', ');
  if (!('value' in option)) return all;
  return option.kind === 'optional' ? `${all}[=${option.value}]` : `${all} ${option.value}`;
}

/** The words that can be its value, to stand behind its help. */
export const choicesOf = (option: Option): string =>
  'choices' in option && typeof option.choices === 'object' ? ` (${option.choices.join(', ')})` : '';

function optionText(name: string, option: Option): string {
  const left = `${' '.repeat(indent)}${spellings(name, option)}`;
  const [first = '', ...rest] = wrapped(`${option.help}${choicesOf(option)}`, width - column);
  const isShort = left.length + 2 <= column;
  const lines = isShort ? [left.padEnd(column) + first, ...rest.map(indented)] : [left, ...[first, ...rest].map(indented)];
  return `${lines.join('\n')}\n`;
}

const indented = (line: string): string => ' '.repeat(column) + line;

/** A text as lines of at most so many characters, if no word is longer. */
export function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
