// `libnbd-wasm completion`: a script that completes command lines in a shell, made of the tables of the commands. It has all words
// in it, so that no key starts a program.
import { readFile } from 'node:fs/promises';
import { ownName, upstreamNames } from '../called.js';
import { type Command, defineCommand } from '../command.js';
import { bashScript } from '../completion/bash.js';
import type { Completed } from '../completion/spelled.js';
import { zshScript } from '../completion/zsh.js';
import { packageFile } from '../package_files.js';
import { print } from '../printing/output.js';
import { UsageError } from '../usage.js';

const shells = new Map<string, (completed: Completed, rules: string) => string>([
  ['bash', bashScript],
  ['zsh', zshScript],
]);

const names = [ownName, ...upstreamNames.keys()];

/** The command; it is given what it completes, itself among it. */
export function completionOf(allCommands: () => Promise<Command[]>): Command {
  return defineCommand({
    name: 'completion',
    summary: 'a script with which bash or zsh completes command lines',
    synopsis: ['bash|zsh [NAME ...]'],
    about: `Prints a script for a shell, which completes commands, options, their values, file names and the beginnings of
URIs. The script starts no program when a key is pressed.

Each NAME is a program to complete: ${names.join(', ')}; ${ownName} alone where there is none. The others are
links to ${ownName}, and upstream's own programs have the same options.`,
    options: {},
    examples: [
      [`source <(${ownName} completion bash)`, 'completes from now on; in ~/.bashrc, in each new shell'],
      [`source <(${ownName} completion zsh)`, 'the same for zsh; in ~/.zshrc, behind compinit'],
      [`${ownName} completion bash ${ownName} nbdinfo`, 'a script that completes a link of the name nbdinfo too'],
    ],
    operands: [...shells.keys(), ...names],
    async run({ operands }) {
      const [shell, ...wanted] = operands.flat();
      const script = shell === undefined ? undefined : shells.get(shell);
      if (script === undefined) {
        const what = shell === undefined ? 'no shell was named' : `there is no completion for ${shell}`;
        throw new UsageError(`${what}: name one of ${[...shells.keys()].join(', ')}`);
      }
      const unknown = wanted.find((name) => !names.includes(name));
      if (unknown !== undefined) throw new UsageError(`${unknown} cannot be completed: name some of ${names.join(', ')}`);
      const commands = await allCommands();
      const rules = await readFile(packageFile(`dist/cli/completion.${shell}`), 'utf8');
      await print(script({ commands, names: wanted.length === 0 ? [ownName] : wanted, upstreams: upstreamNames }, rules));
      return 0;
    },
  });
}
