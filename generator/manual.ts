// Writes the manual page of the command line to standard output: of the tables of the commands, and of what all of them share.
import { readFileSync } from 'node:fs';
import { ownName } from '../src/cli/called.js';
import type { Command, Option } from '../src/cli/command.js';
import { allCommands } from '../src/cli/commands.js';
import { choicesOf, paragraphs as paragraphsOf, spellings } from '../src/cli/help.js';
import { common } from '../src/cli/parse.js';
import { calls, item, paragraph, paragraphs, section, subsection, title, verbatim } from './roff.js';

const summary = 'read, write, copy and inspect disks over the Network Block Device protocol';

const description = [
  `${ownName} talks to NBD servers such as nbdkit, qemu-nbd and nbd-server. It is libnbd, the C library, as WebAssembly, and runs wherever Node runs.`,
  'Options and operands can be mixed. The name of an option can be shortened as long as it is unique. After -- there are no options.',
  `A server is named by an NBD URI, such as nbd://HOST[:PORT][/EXPORT], nbds://… for TLS, or nbd+unix:///[EXPORT]?socket=PATH; by the URL of a WebSocket, ws: or wss:, such as ${ownName} proxy prints; or by a command in square brackets that serves NBD on a socket that it inherits. The brackets are words of their own: [ qemu-nbd -r -f qcow2 file.qcow2 ]`,
  'What servers and disks say is shown with its control characters escaped, as \\u001b.',
];

const upstreams = [
  'Called through a link of the name nbdinfo, nbddump or nbdcopy, the program is the command info, dump or copy. It then has the options, the texts and the exit codes of this program of libnbd: a wrong usage is 1, and nothing has a time limit unless --timeout is given.',
  'Such a link, in a folder of PATH:',
  `  ln -s "$(command -v ${ownName})" ~/bin/nbdinfo`,
];

const statuses: [string, string][] = [
  ['0', 'All went well. Of a question such as compare: yes.'],
  ['1', 'Something went wrong, and standard error says what. Of compare: the disks differ.'],
  ['2', 'The command line is wrong. Of compare: something went wrong. Of info --can and its like: no.'],
  ['130, 143', 'Ctrl-C or SIGTERM ended the command.'],
  ['141', 'Nobody reads the output any more, as behind a pipe to head.'],
];

const variables: [string, string][] = [
  ['NO_COLOR', 'Where it is set, output has no colours. Where output is no terminal, it has none anyway.'],
  ['LIBNBD_DEBUG', 'Where it is 1, libnbd tells on standard error what it does.'],
  ['LOGNAME', 'Whose pre-shared key is taken for TLS, unless an option says so.'],
  ['HOME', 'Where certificates for TLS are looked for.'],
  ['PATH', 'Where commands in square brackets are looked for, and file, which tells the content of a disk.'],
];

const files: [string, string][] = [
  [
    '~/.pki/libnbd, ~/.config/pki/libnbd',
    'ca-cert.pem, client-cert.pem and client-key.pem: the certificates for TLS, unless an option or the URI names others.',
  ],
  ['/etc/pki/libnbd', 'The same for root.'],
];

const related = ['nbdinfo(1)', 'nbddump(1)', 'nbdcopy(1)', 'nbdsh(1)', 'libnbd(3)', 'nbdkit(1)', 'qemu-nbd(8)', 'nbd-server(1)'];

function commandText({ name, synopsis, about, options, examples = [] }: Command): string {
  return [
    subsection(name),
    calls(synopsis.map((line) => `${ownName} ${name} ${line}`.trimEnd())),
    ...paragraphsOf(about).map(paragraph),
    ...Object.entries(options).map(optionText),
    ...examples.map(([line, what]) => paragraph(`${what[0]?.toUpperCase()}${what.slice(1)}:`) + verbatim(line)),
  ].join('');
}

const optionText = ([name, option]: [string, Option]): string =>
  item(spellings(name, option), `${option.help}${choicesOf(option)}`);

const items = (all: readonly [string, string][]): string => all.map(([term, text]) => item(term, text)).join('');

/** The day of the page: of SOURCE_DATE_EPOCH, where a package is to be the same whenever it is built. */
const date = new Date(process.env.SOURCE_DATE_EPOCH === undefined ? Date.now() : Number(process.env.SOURCE_DATE_EPOCH) * 1000);
const { version }: { version: string } = JSON.parse(readFileSync('package.json', 'utf8'));
const commands = await allCommands();

process.stdout.write(
  [
    title(ownName, 1, date.toISOString().slice(0, 10), `${ownName} ${version}`),
    section('NAME'),
    `${ownName.replaceAll('-', String.raw`\-`)} \\- ${summary}\n`,
    section('SYNOPSIS'),
    calls([`${ownName} COMMAND [OPTION ...] [OPERAND ...]`, `${ownName} COMMAND --help`, `${ownName} --help | --version`]),
    section('DESCRIPTION'),
    paragraphs(description),
    section('COMMANDS'),
    ...commands.map(({ name, summary }) => item(name, summary)),
    ...commands.map(commandText),
    section('OPTIONS OF EVERY COMMAND'),
    ...Object.entries(common).map(optionText),
    section("NAMES OF LIBNBD'S PROGRAMS"),
    paragraphs(upstreams),
    section('EXIT STATUS'),
    items(statuses),
    section('ENVIRONMENT'),
    items(variables),
    section('FILES'),
    items(files),
    section('SEE ALSO'),
    paragraphs([related.join(', '), 'https://gitlab.com/nbdkit/libnbd']),
  ].join(''),
);
