// The extents of a disk as nbdinfo --map prints them, or its sums as --totals does, byte by byte, as text and as JSON. Of several
// metadata contexts, which nbdinfo does not take, each has a column or a block of its own.
import { describeFlags, type Extent } from '../../node.js';
import { escapeControls, quoted } from '../../text/escape.js';
import { type Colour, colour, type Paint } from '../printing/colours.js';
import { general, withOneDecimal } from '../printing/printf.js';

export interface Style {
  readonly json: boolean;
  readonly paint: Paint;
}

type Extents = AsyncIterable<Extent<bigint[]>>;

/** So much is printed at once, in characters; and what there is after so many milliseconds. */
const portion = 2 ** 15;
const patience = 200;

/** The map, in portions, as the extents come. */
export async function* mapReport(extents: Extents, contexts: readonly string[], style: Style): AsyncGenerator<string, void> {
  const { open, row, separator, close } = style.json ? jsonLayout(contexts) : textLayout(contexts, style.paint);
  let text = open;
  let isFirst = true;
  let last = performance.now();
  for await (const extent of extents) {
    text += isFirst ? row(extent) : separator + row(extent);
    isFirst = false;
    if (text.length < portion && performance.now() - last < patience) continue;
    yield text;
    text = '';
    last = performance.now();
  }
  if (!isFirst || style.json) text += close;
  yield text;
}

interface Layout {
  readonly open: string;
  readonly row: (extent: Extent<bigint[]>) => string;
  readonly separator: string;
  readonly close: string;
}

function textLayout(contexts: readonly string[], paint: Paint): Layout {
  const place = ({ offset, length }: Extent<bigint[]>) => `${right(offset, 10)}  ${right(length, 10)}`;
  const [context = '', ...others] = contexts;
  if (others.length === 0) {
    const row = (extent: Extent<bigint[]>) => {
      const [type = 0n] = extent.flags;
      return paint(`${place(extent)}  ${cell(context, type)}`, ...coloursOf(context, type));
    };
    return { open: '', row, separator: '\n', close: '\n' };
  }
  const names = contexts.map(escapeControls);
  const widths = names.map((name) => Math.max(name.length, longestCell));
  const line = (cells: readonly string[]) => cells.join('  ').trimEnd();
  const header = line([`${right('offset', 10)}  ${right('length', 10)}`, ...names.map((name, i) => name.padEnd(widths[i] ?? 0))]);
  const row = (extent: Extent<bigint[]>) =>
    line([
      place(extent),
      ...contexts.map((one, i) => {
        const type = extent.flags[i] ?? 0n;
        return paint(cell(one, type).padEnd(widths[i] ?? 0), ...coloursOf(one, type));
      }),
    ]);
  return { open: `${header}\n`, row, separator: '\n', close: '\n' };
}

/** `  3  hole,zero` */
const cell = (context: string, type: bigint): string => {
  const description = describeFlags(context, type);
  return `${right(type, 3)}${description === undefined ? '' : `  ${description}`}`;
};

const longestCell = '  3  hole,zero'.length;

function jsonLayout(contexts: readonly string[]): Layout {
  const [context = '', ...others] = contexts;
  const row = ({ offset, length, flags }: Extent<bigint[]>) => {
    const place = `{ "offset": ${offset}, "length": ${length}`;
    if (others.length === 0) return `${place}, ${typeJson(context, flags[0] ?? 0n)}}`;
    const types = contexts.map((one, i) => `${quoted(one)}: { ${typeJson(one, flags[i] ?? 0n)} }`);
    return `${place}, "contexts": { ${types.join(', ')} } }`;
  };
  return { open: '[\n', row, separator: ',\n', close: '\n]\n' };
}

function typeJson(context: string, type: bigint): string {
  const description = describeFlags(context, type);
  return `"type": ${type}${description === undefined ? '' : `, "description": ${quoted(description)}`}`;
}

/** How much there is of each type. */
export async function totalsReport(extents: Extents, contexts: readonly string[], style: Style): Promise<string> {
  const sums = contexts.map(() => new Map<bigint, bigint>());
  let size = 0n;
  for await (const { length, flags } of extents) {
    size += length;
    sums.forEach((sum, i) => {
      const type = flags[i] ?? 0n;
      sum.set(type, (sum.get(type) ?? 0n) + length);
    });
  }
  const blocks = sums.map((sum, i) => {
    const rows = [...sum].sort(([one], [other]) => (one < other ? -1 : 1));
    return totalsOf(contexts[i] ?? '', rows, size, style);
  });
  if (contexts.length === 1) return blocks.join('');
  const named = contexts.map((context, i) => [context, blocks[i] ?? ''] as const);
  if (!style.json) return named.map(([context, block]) => `${escapeControls(context)}:\n${block}`).join('');
  return `{\n${named.map(([context, block]) => `${quoted(context)}: ${block.trimEnd()}`).join(',\n')}\n}\n`;
}

function totalsOf(context: string, rows: readonly (readonly [type: bigint, sum: bigint])[], size: bigint, style: Style): string {
  const percent = (sum: bigint) => (100 * Number(sum)) / Number(size);
  if (style.json) {
    const objects = rows.map(
      ([type, sum]) => `{ "size": ${sum}, "percent": ${general(percent(sum))}, ${typeJson(context, type)} }`,
    );
    return objects.length === 0 ? '[]\n' : `[\n${objects.join(',\n')}\n]\n`;
  }
  return rows
    .map(([type, sum]) => {
      const description = describeFlags(context, type);
      const told = description === undefined ? '' : ` ${description}`;
      const line = `${right(sum, 10)} ${right(withOneDecimal(percent(sum)), 5)}% ${right(type, 3)}${told}`;
      return `${style.paint(line, ...coloursOf(context, type))}\n`;
    })
    .join('');
}

const right = (value: bigint | string, width: number): string => String(value).padStart(width);

/** Upstream's colours: what is clean or dirty, and at which depth of a chain of images data lies. */
function coloursOf(context: string, type: bigint): Colour[] {
  const description = describeFlags(context, type);
  if (context === 'base:allocation') return description === 'data' ? [colour.boldBlack] : [];
  if (description === 'clean') return [colour.green];
  if (description === 'dirty') return [colour.red];
  if (description === 'local') return [colour.brightWhite, colour.onBlack];
  return description?.startsWith('backing') ? [colour.onLightGrey] : [];
}
