// `libnbd-wasm list`: the exports of a server, a line each. `info --list` tells all that is known of them.
import { escapeControls, quoted } from '../../text/escape.js';
import { humanSize } from '../../text/sizes.js';
import { defineCommand, flag } from '../command.js';
import type { ExportFacts } from '../exports/facts.js';
import { connectionFacts, reportJson } from '../exports/report.js';
import { askServer, listedExports } from '../exports/told.js';
import { columns } from '../printing/columns.js';
import { print } from '../printing/output.js';
import { targetHelp, targetOf, targetSynopsis } from '../servers/connect.js';
import { limitsOf, patienceOptions } from '../servers/patience.js';

export const command = defineCommand({
  name: 'list',
  summary: 'the exports of a server',
  synopsis: [`[OPTION ...] ${targetSynopsis}`],
  about: `Prints the exports of a server: the name of each in quotes, its size, whether it can be written, and its description. The export that URI names, if it names one, makes no difference. The exit code is 1 if the server refuses one that it lists; the others are printed.

${targetHelp}`,
  options: {
    json: flag('for programs: all that is known of each, as info --list --json prints it'),
    ...patienceOptions,
  },
  operands: 'disks',
  examples: [['libnbd-wasm list nbd://localhost', 'What the server has']],
  async run({ values, operands }) {
    const { json } = values;
    return askServer(targetOf(operands), limitsOf(values), async (session, reconnect) => {
      const asked = { hasUri: json && typeof operands[0] === 'string', contexts: json, content: false };
      const { exports, isComplete } = await listedExports(session, asked, reconnect);
      await print(json ? reportJson(connectionFacts(session.nbd), exports) : listText(exports));
      return isComplete ? 0 : 1;
    });
  },
});

const listText = (exports: readonly ExportFacts[]): string =>
  columns([['NAME', 'SIZE', 'ACCESS', 'DESCRIPTION'], ...exports.map(row)])
    .map((line) => `${line}\n`)
    .join('');

function row({ name, size, flags, description }: ExportFacts): string[] {
  const isReadOnly = new Map(flags).get('is_read_only');
  return [
    quoted(name),
    size === undefined ? 'unavailable' : humanSize(size),
    isReadOnly === undefined ? '' : isReadOnly ? 'read-only' : 'read-write',
    escapeControls(description ?? ''),
  ];
}
