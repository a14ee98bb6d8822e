// `libnbd-wasm checksum`: the SHA-256 of disks, as sha256sum prints that of files.

import { CONTEXT_BASE_ALLOCATION, checksum } from '../../node.js';
import { escapeControls } from '../../text/escape.js';
import { type Call, defineCommand, flag, type Operand } from '../command.js';
import { Ends } from '../copies/operands.js';
import { type ProgressView, progressOptions, progressView } from '../copies/progress.js';
import { operandsHelp, requestOptions, shapeFor, shapeOf } from '../copies/requests.js';
import { Interrupted, interruptible } from '../interruption.js';
import { toJson } from '../printing/format.js';
import { complain, print, ReaderGone } from '../printing/output.js';
import { limitsOf, patienceOptions } from '../servers/patience.js';
import { UsageError } from '../usage.js';

const options = {
  json: flag('prints names, sizes and checksums as JSON'),
  'no-extents': flag('asks for no holes: everything is read'),
  ...requestOptions,
  ...progressOptions,
  ...patienceOptions,
} as const;
type Values = Call<typeof options>['values'];

interface Sum {
  readonly name: string;
  readonly sha256: string;
}

export const command = defineCommand({
  name: 'checksum',
  summary: 'the SHA-256 of disks and files, as sha256sum prints it',
  synopsis: ['[OPTION ...] DISK ...'],
  about: `Prints the SHA-256 of each disk, as sha256sum does of files. What a server says reads as zeroes is not read.

${operandsHelp}

A - is standard input.`,
  options,
  examples: [['libnbd-wasm checksum nbd://localhost/vm vm.img', 'the same twice, where the file is what the server has']],
  operands: 'disks',
  async run({ values, operands }) {
    if (operands.length === 0) throw new UsageError('no disk was given: name one, such as nbd://localhost');
    const view = progressView(values);
    const sums: Sum[] = [];
    for (const operand of operands) {
      try {
        const sum = await interruptible((signal) => sumOf(operand, values, view, signal));
        sums.push(sum);
        view.clear();
        if (!values.json) await print(lineOf(sum));
      } catch (error) {
        view.clear();
        if (error instanceof UsageError || error instanceof ReaderGone || error instanceof Interrupted) throw error;
        complain(error instanceof Error ? error.message : String(error)); // the others have theirs
      }
    }
    if (values.json) await print(`${toJson(sums.map(({ name, sha256 }) => ({ name, sha256 })))}\n`);
    return sums.length === operands.length ? 0 : 1;
  },
});

async function sumOf(operand: Operand, values: Values, view: ProgressView, signal: AbortSignal): Promise<Sum> {
  const shape = shapeOf(values);
  const contexts = values['no-extents'] ? [] : [CONTEXT_BASE_ALLOCATION];
  const tell = (text: string) => {
    view.clear();
    complain(text);
  };
  const common = { contexts, limits: limitsOf(values), isVerbose: false, isInPlace: false, tell, signal };
  await using ends = new Ends({ ...common, connections: shape.connections });
  const { what, name, connections } = await ends.source(operand);
  const sha256 = await checksum(what, { ...shapeFor(shape, connections), progress: view.update, signal });
  return { name, sha256 };
}

/** As sha256sum: where a name has a backslash or the end of a line, the line begins with a backslash, and they are escaped. */
function lineOf({ name, sha256 }: Sum): string {
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  const shown = process.stdout.isTTY ? escapeControls(escaped) : escaped;
  return `${escaped === name ? '' : '\\'}${sha256}  ${shown}\n`;
}
