// `libnbd-wasm compare`: where two disks or files differ, with the exit codes of cmp.
import { CONTEXT_BASE_ALLOCATION, type Comparison, compare } from '../../node.js';
import { type Call, defineCommand, flag, type Operand, value } from '../command.js';
import { type End, Ends } from '../copies/operands.js';
import { progressOptions, progressView } from '../copies/progress.js';
import { operandsHelp, powerOf2, requestOptions, shapeFor, shapeOf, twoOperands } from '../copies/requests.js';
import { Interrupted, interruptible } from '../interruption.js';
import { toJson } from '../printing/format.js';
import { complain, print, ReaderGone } from '../printing/output.js';
import { limitsOf, patienceOptions } from '../servers/patience.js';
import { UsageError } from '../usage.js';

const options = {
  ranges: flag('prints the offset and the length of each range that differs'),
  json: flag('prints the same as JSON'),
  quiet: flag('prints nothing, and stops at the first difference', { short: 's', aliases: ['silent'] }),
  granularity: value('N', 'the size of the blocks that ranges are made of, a power of 2; default 512'),
  'no-extents': flag('asks for no holes: everything is read'),
  ...requestOptions,
  ...progressOptions,
  ...patienceOptions,
} as const;
type Values = Call<typeof options>['values'];

const trouble = 2;

export const command = defineCommand({
  name: 'compare',
  summary: 'finds where two disks or files differ',
  synopsis: ['[OPTION ...] DISK DISK'],
  about: `Compares two disks byte for byte, and says where they differ first, and how much does. What both servers say reads as
zeroes is not read. The exit code is 0 where they are equal, 1 where they differ, and 2 for trouble.

${operandsHelp}`,
  options,
  examples: [['libnbd-wasm compare vm.img nbd://localhost/vm', 'whether a backup is what the server has']],
  operands: 'disks',
  async run({ values, operands }) {
    const two = twoOperands(operands, 'disk', 'second disk');
    try {
      return await compared(two, values);
    } catch (error) {
      if (error instanceof UsageError || error instanceof ReaderGone || error instanceof Interrupted) throw error;
      complain(error instanceof Error ? error.message : String(error));
      return trouble;
    }
  },
});

async function compared([a, b]: readonly [Operand, Operand], values: Values): Promise<number> {
  const shape = shapeOf(values);
  const granularity = powerOf2('granularity', values.granularity, 1, 2 ** 30);
  const limits = limitsOf(values);
  const contexts = values['no-extents'] ? [] : [CONTEXT_BASE_ALLOCATION];
  const view = progressView(values);
  const tell = (text: string) => {
    view.clear();
    complain(text);
  };
  const names: string[] = [];
  const found = await interruptible(async (signal) => {
    try {
      const common = { contexts, limits, isVerbose: false, isInPlace: false, tell, signal };
      await using ends = new Ends({ ...common, connections: shape.connections });
      const [one, other] = [atRandom(await ends.source(a, 'a')), atRandom(await ends.source(b, 'b'))];
      names.push(one.name, other.name);
      const requests = shapeFor(shape, Math.max(one.connections, other.connections));
      const sizes = [one.size ?? 0n, other.size ?? 0n] as const;
      const asked = { ...requests, granularity, firstOnly: values.quiet, progress: view.update, signal };
      return { ...(await compare(one.what, other.what, asked)), sizes };
    } catch (error) {
      view.clear();
      throw error;
    }
  });
  view.finish();
  if (!values.quiet) await print(values.json ? jsonOf(found) : textOf(found, names, values.ranges));
  return found.isEqual ? 0 : 1;
}

function atRandom<What>(end: End<What>): End<What> {
  if (end.kind === 'pipe') throw new UsageError(`${end.name} is a stream: disks and files can be compared`);
  return end;
}

interface Found extends Comparison {
  readonly sizes: readonly [bigint, bigint];
}

const bytesOf = ({ ranges }: Comparison): bigint => ranges.reduce((sum, { length }) => sum + length, 0n);

function textOf(found: Found, [one = '', other = '']: readonly string[], isList: boolean): string {
  if (isList)
    return found.ranges.map(({ offset, length }) => `${`${offset}`.padStart(10)}  ${`${length}`.padStart(10)}\n`).join('');
  if (found.isEqual) return '';
  const { ranges, first, sizes } = found;
  const sized = sizes[0] === sizes[1] ? '' : `; they have ${sizes[0]} and ${sizes[1]} bytes`;
  const count = `${ranges.length} range${ranges.length === 1 ? '' : 's'}`;
  return `${one} and ${other} differ: first at offset ${first}, in all ${bytesOf(found)} bytes in ${count}${sized}\n`;
}

const jsonOf = (found: Found): string =>
  `${toJson({
    equal: found.isEqual,
    sizes: [...found.sizes],
    ...(found.first === undefined ? {} : { first: found.first }),
    bytes: bytesOf(found),
    ranges: found.ranges.map(({ offset, length }) => ({ offset, length })),
  })}\n`;
