// What the rules of completion.bash ask: functions made of the tables of the commands.
import type { Command } from '../command.js';
import { type Choices, type Completed, schemes, shellQuoted, spelledOptions } from './spelled.js';

export function bashScript({ commands, names, upstreams }: Completed, rules: string): string {
  const all = commands.map(({ name }) => name);
  const links = [...upstreams].filter(([, command]) => all.includes(command));
  return `${rules}
# Each command's options.
_libnbd_wasm_options() {
  case $1 in
${commands.map(optionsOf).join('')}  esac
}

# What can follow an option of a command, or be its operand (''), as a kind and words; fails where nothing can.
_libnbd_wasm_value() {
  words=()
  case "$1 $2" in
${commands.map(valuesOf).join('')}    'help ') kind=words words=(${array(all)}) ;;
    *) return 1 ;;
  esac
}

_libnbd_wasm_commands() { words=(${array([...all, 'help', '--help', '--version'])}); }

_libnbd_wasm_schemes() { words=(${array([...schemes, '['])}); }

# The command that a program is, where it has the name of one of upstream's.
_libnbd_wasm_link() {
  case $1 in
${links.map(([name, command]) => `    ${name}) command=${command} ;;\n`).join('')}    *) return 1 ;;
  esac
}

complete -o default -F _libnbd_wasm ${names.join(' ')}
`;
}

const array = (words: readonly string[]): string => words.map(shellQuoted).join(' ');

function optionsOf(command: Command): string {
  const words = spelledOptions(command).flatMap(({ words, value }) =>
    words.flatMap((word) => {
      if (value === undefined || !word.startsWith('--')) return [word];
      return value.isOptional ? [word, `${word}=`] : [`${word}=`];
    }),
  );
  return `    ${command.name}) words=(${array(words)}) ;;\n`;
}

function valuesOf(command: Command): string {
  const options = spelledOptions(command).flatMap(({ words, value }) => {
    if (value === undefined) return [];
    const places = words.flatMap((word) => [...(value.isOptional ? [] : [word]), ...(word.startsWith('--') ? [`${word}=`] : [])]);
    return [placeOf(command.name, places, value.choices)];
  });
  return [...options, placeOf(command.name, [''], command.operands)].join('');
}

function placeOf(command: string, places: readonly string[], choices: Choices): string {
  const words = typeof choices === 'object' ? choices : [];
  const kind = typeof choices === 'object' ? 'words' : (choices ?? 'none');
  const patterns = places.map((place) => `'${command} ${place}'`).join(' | ');
  return `    ${patterns}) kind=${kind}${words.length === 0 ? '' : ` words=(${array(words)})`} ;;\n`;
}
