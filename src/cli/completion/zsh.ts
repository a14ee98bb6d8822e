// What the rules of completion.zsh ask: a call of zsh's own _arguments for each command, made of its table.
import type { Command } from '../command.js';
import { type Choices, type Completed, type Spelled, schemes, shellQuoted, spelledOptions } from './spelled.js';

export function zshScript({ commands, names, upstreams }: Completed, rules: string): string {
  const links = [...upstreams].filter(([, command]) => commands.some(({ name }) => name === command));
  const told = [...commands, { name: 'help', summary: 'tells how a command is called' }];
  return `#compdef ${names.join(' ')}
${rules}
typeset -ga _libnbd_wasm_schemes=(${schemes.map(shellQuoted).join(' ')})

_libnbd_wasm_commands() {
  local -a commands=(
    ${told.map(({ name, summary }) => shellQuoted(`${name}:${escaped(summary)}`)).join('\n    ')}
  )
  _describe -t commands command commands
}

# The command that a program is, where it has the name of one of upstream's.
_libnbd_wasm_link() {
  case $1 in
${links.map(([name, command]) => `    ${name}) REPLY=${command} ;;\n`).join('')}    *) return 1 ;;
  esac
}

_libnbd_wasm_arguments() {
  case $1 in
${commands.map(argumentsOf).join('')}    help) _libnbd_wasm_commands ;;
    *) return 1 ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _libnbd_wasm "$@" # a file of fpath, which becomes the function when it is first called
else
  compdef _libnbd_wasm ${names.join(' ')}
fi
`;
}

function argumentsOf(command: Command): string {
  const operands =
    command.operands === 'none' ? [] : [shellQuoted(`*:${operandName(command.operands)}:${action(command.operands)}`)];
  const specifications = [...spelledOptions(command).flatMap(specificationsOf), ...operands];
  return `    ${command.name})
      _arguments -s -S : \\
        ${specifications.join(' \\\n        ')}
      ;;
`;
}

/** One for each spelling, each of which rules out the others. */
function specificationsOf({ words, help, value, isRepeated }: Spelled): string[] {
  const others = isRepeated ? '*' : `(${words.join(' ')})`;
  return words.map((word) => {
    const told = `${others}${word}${value === undefined ? '' : separator(word, value.isOptional)}[${escaped(help)}]`;
    if (value === undefined) return shellQuoted(told);
    return shellQuoted(`${told}:${value.isOptional ? ':' : ''}${escaped(value.name)}:${action(value.choices)}`);
  });
}

/** Where the value stands: `--name=value` alone, there or in the next word, or behind a letter or in the next word. */
const separator = (word: string, isOptional: boolean): string => (!word.startsWith('--') ? '+' : isOptional ? '=-' : '=');

const operandName = (operands: Command['operands']): string => (typeof operands === 'object' ? 'word' : operands.slice(0, -1));

/** What completes a value; a blank for what nothing can complete. */
function action(choices: Choices): string {
  if (typeof choices === 'object') return `(${choices.map(escaped).join(' ')})`;
  return { files: '_files', servers: '_libnbd_wasm_servers', disks: '_libnbd_wasm_disks', none: ' ' }[choices ?? 'none'];
}

/** In a specification of _arguments these characters have a meaning. */
const escaped = (text: string): string => text.replace(/[\\:[\]]/g, String.raw`\$&`);
