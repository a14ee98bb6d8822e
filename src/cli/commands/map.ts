// `libnbd-wasm map`: the extents of a disk, as they come. `info --map` is made of the same.
import { CONTEXT_BASE_ALLOCATION, type Extent, type NBD } from '../../node.js';
import { isUpstream } from '../called.js';
import { defineCommand, flag, value, values } from '../command.js';
import { mapReport, totalsReport } from '../exports/extents.js';
import type { Session } from '../exports/facts.js';
import { colourOptions, painter } from '../printing/colours.js';
import { print } from '../printing/output.js';
import { targetHelp, targetOf, targetSynopsis, withConnection } from '../servers/connect.js';
import { limitsOf, type Patience, patienceOptions } from '../servers/patience.js';
import { bytes } from '../usage.js';

export const command = defineCommand({
  name: 'map',
  summary: 'what is allocated, or dirty, of a disk',
  synopsis: [`[OPTION ...] ${targetSynopsis}`],
  about: `Prints the extents of a disk, as nbdinfo --map does: where each starts, its length in bytes, and what the server says of it. Of a large disk they are printed as they come.

${targetHelp}`,
  options: {
    context: values('NAME', `a metadata context; several times for several columns; default ${CONTEXT_BASE_ALLOCATION}`),
    totals: flag('in place of the extents how much there is of each kind', { aliases: ['total'] }),
    json: flag('for programs'),
    offset: value('N', 'where to start; default 0', { short: 'o', aliases: ['skip'] }),
    length: value('N', 'how many bytes; the default is all the rest of the disk', { short: 'n', aliases: ['limit'] }),
    ...colourOptions,
    ...patienceOptions,
  },
  operands: 'disks',
  examples: [
    ['libnbd-wasm map --totals nbd://localhost', 'How much of the disk is data, and how much is a hole'],
    [
      'libnbd-wasm map --context base:allocation --context qemu:dirty-bitmap:b0 nbd://localhost',
      'What is data, and what has changed, beside each other',
    ],
  ],
  async run({ values, operands }) {
    const target = targetOf(operands);
    const limits = limitsOf(values);
    const range = { offset: bytes('offset', values.offset) ?? 0n, length: bytes('length', values.length) };
    const contexts = values.context.length === 0 ? [CONTEXT_BASE_ALLOCATION] : [...new Set(values.context)];
    const style = { json: values.json, paint: painter(values) };
    await withConnection(target, limits, prepareMap(contexts), async (nbd, patience) => {
      const extents = await extentsOf({ nbd, patience }, contexts, limits.data, range);
      if (values.totals) await print(await totalsReport(extents, contexts, style));
      else for await (const portion of mapReport(extents, contexts, style)) await print(portion);
    });
    return 0;
  },
});

/** In option mode: a refused export is then told by the call that asks for it. */
export const prepareMap = (contexts: readonly string[]) => (nbd: NBD) => {
  nbd.setOptMode(true);
  for (const context of contexts) nbd.addMetaContext(context);
};

export interface Range {
  readonly offset: bigint;
  /** All the rest of the disk where it is undefined, or more. */
  readonly length: bigint | undefined;
}

/** The extents of a part of the disk, merged. Each that comes renews the patience, whose limit is that of data from now on. */
export async function extentsOf(
  { nbd, patience }: Session,
  contexts: readonly string[],
  limit: number | undefined,
  { offset, length }: Range = { offset: 0n, length: undefined },
): Promise<AsyncIterable<Extent<bigint[]>>> {
  const { signal } = patience;
  if (nbd.aioIsNegotiating()) await patience.hear(nbd.optGo({ signal }));
  for (const context of contexts) if (!nbd.canMetaContext(context)) throw new Error(withoutContext(context));
  const size = nbd.getSize();
  if (offset > size) throw new RangeError(`the offset ${offset} is beyond the end of the disk, which has ${size} bytes`);
  patience.setLimit(limit);
  const rest = size - offset;
  const extents = nbd.extents({ contexts, offset, length: length === undefined || length > rest ? rest : length, signal });
  return renewing(extents, patience);
}

const withoutContext = (context: string): string =>
  isUpstream
    ? `--map: server does not support metadata context "${context}"`
    : `the server does not support the metadata context "${context}": libnbd-wasm info tells which it has`;

async function* renewing<T>(items: AsyncIterable<T>, patience: Patience): AsyncGenerator<T, void> {
  for await (const item of items) {
    patience.pause();
    yield item;
    patience.renew();
  }
}
