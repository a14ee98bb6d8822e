// `libnbd-wasm info`: what nbdinfo prints, with each of its options and under its name; with --partitions what is on the disk.
import { CONTEXT_BASE_ALLOCATION, probe } from '../../node.js';
import { quoted } from '../../text/escape.js';
import { type Call, defineCommand, flag, optional, value } from '../command.js';
import { featureNames, featureOf } from '../exports/can.js';
import { mapReport, totalsReport } from '../exports/extents.js';
import { sizeOf } from '../exports/facts.js';
import { partitionsJson, partitionsText } from '../exports/partitions.js';
import { connectionFacts, reportJson, reportText } from '../exports/report.js';
import { askFor, askServer, listedExports, namedExport } from '../exports/told.js';
import { colourOptions, type Paint, painter } from '../printing/colours.js';
import { toJson } from '../printing/format.js';
import { print } from '../printing/output.js';
import { type Target, targetHelp, targetOf, targetSynopsis, withConnection } from '../servers/connect.js';
import { type Limits, limitsOf, patienceOptions } from '../servers/patience.js';
import { UsageError } from '../usage.js';
import { extentsOf, prepareMap } from './map.js';

const options = {
  list: flag('all exports of the server', { short: 'L' }),
  json: flag('for programs'),
  size: flag('the size in bytes, and nothing else'),
  uri: flag('the URI, as libnbd writes it, and nothing else'),
  can: value('FEATURE', 'nothing; the exit code is 0 if the export has the feature, and 2 if it has not', {
    aliases: ['has', 'have', 'is'],
    choices: featureNames,
  }),
  cannot: value('FEATURE', 'the reverse of --can', {
    aliases: ['can-not', 'cant', 'hasnot', 'has-not', 'hasnt', 'havenot', 'have-not', 'havent', 'isnot', 'is-not', 'isnt'],
    choices: featureNames,
  }),
  map: optional('CONTEXT', `the extents of the disk; of ${CONTEXT_BASE_ALLOCATION} unless another metadata context is named`),
  totals: flag('with --map: how much there is of each kind', { aliases: ['total'] }),
  partitions: flag(
    "what is on the disk: its partition table, its partitions and what is in each, as libblkid finds them. Names are lsblk's; START is in sectors of 512 bytes, as there",
  ),
  content: flag('with --list: what is in each export, as file(1) tells it; it is told of a single export anyway'),
  'no-content': flag('without that'),
  ...colourOptions,
  ...patienceOptions,
} as const;

type Values = Call<typeof options>['values'];

export const command = defineCommand({
  name: 'info',
  summary: 'what nbdinfo prints of an export',
  synopsis: [
    `[OPTION ...] ${targetSynopsis}`,
    `--list | --size | --uri | --can FEATURE | --map[=CONTEXT] | --partitions ${targetSynopsis}`,
  ],
  about: `Prints what nbdinfo prints of an export: its size, its content, its block sizes, and what its server can do. Some options ask for something else in its place.

${targetHelp}`,
  options,
  operands: 'servers',
  usageExitCode: 1, // 2 is an answer of --can
  examples: [
    ['libnbd-wasm info nbd://localhost', 'the default export of a server'],
    ['libnbd-wasm info --list --json nbd://localhost', 'all exports, for programs'],
    ['libnbd-wasm info --can write nbd://localhost/disk && echo yes', 'whether the export can be written'],
    ["libnbd-wasm info --map '[' qemu-nbd -r -f qcow2 disk.qcow2 ']'", 'what is allocated in a qcow2 file'],
    ['libnbd-wasm info --partitions nbd://localhost/disk', 'what is on the export disk'],
  ],
  async run({ values, operands }) {
    const target = targetOf(operands);
    const ask = questionOf(values);
    return ask(target, limitsOf(values), values, painter(values));
  },
});

/** Resolves with the exit code. Nothing is printed before all is known. */
type Question = (target: Target, limits: Limits, values: Values, paint: Paint) => Promise<number>;

function questionOf(values: Values): Question {
  const { list, size, uri, can, cannot, map, partitions } = values;
  const feature = can ?? cannot;
  if (can !== undefined && cannot !== undefined) throw new UsageError('you cannot use --can and --cannot together.');
  if ([list, size, uri, feature !== undefined, map !== undefined].filter(Boolean).length > 1) {
    throw new UsageError('you cannot use --can, --cannot, --list, --map, --size and --uri together.');
  }
  if (partitions && (list || size || uri || feature !== undefined || map !== undefined)) {
    throw new UsageError('--partitions asks for something else than --can, --cannot, --list, --map, --size and --uri');
  }
  if (values.content && values['no-content']) throw new UsageError('you cannot use --content and --no-content together.');
  if (values.totals && map === undefined) throw new UsageError('you must use --totals only with --map option.');
  if (size) return tellSize;
  if (uri) return tellUri;
  if (partitions) return tellPartitions;
  if (map !== undefined) return tellMap(map === true ? CONTEXT_BASE_ALLOCATION : map);
  if (feature !== undefined) return tellWhetherItCan(feature);
  return tellExports;
}

const tellExports: Question = (target, limits, values, paint) =>
  askServer(target, limits, async (session, reconnect) => {
    const content = values.content || (!values['no-content'] && !values.list);
    const asked = { hasUri: 'uri' in target, contexts: true, content };
    // As they are before the content is read: a server of the oldest newstyle has negotiated no structured replies until then.
    const connection = connectionFacts(session.nbd);
    const found = await (values.list ? listedExports(session, asked, reconnect) : namedExport(session, asked));
    await print(values.json ? reportJson(connection, found.exports) : reportText(connection, found.exports, paint));
    return found.isComplete ? 0 : 1;
  });

const tellSize: Question = (target, limits) =>
  askServer(target, limits, async (session) => {
    await print(`${await askFor(session, () => sizeOf(session))}\n`);
    return 0;
  });

const tellUri: Question = (target, limits, { json }) =>
  askServer(target, limits, async ({ nbd }) => {
    const uri = nbd.getUri();
    await print(`${json ? quoted(uri) : uri}\n`);
    return 0;
  });

const tellWhetherItCan = (name: string): Question => {
  return async (target, limits, { cannot }) => {
    const isNegated = cannot !== undefined;
    const feature = featureOf(name, isNegated);
    return askServer(target, limits, async (session) => {
      const hasIt = await askFor(session, () => feature(session.nbd));
      return hasIt === isNegated ? 2 : 0;
    });
  };
};

const tellMap = (context: string): Question => {
  return (target, limits, { json, totals }, paint) =>
    withConnection(target, limits, prepareMap([context]), async (nbd, patience) => {
      const style = { json, paint };
      const extents = await extentsOf({ nbd, patience }, [context], limits.data);
      const portions: string[] = [];
      if (totals) portions.push(await totalsReport(extents, [context], style));
      else for await (const portion of mapReport(extents, [context], style)) portions.push(portion);
      for (const portion of portions) await print(portion);
      return 0;
    });
};

const tellPartitions: Question = (target, limits, { json }, paint) =>
  withConnection(
    target,
    limits,
    () => {},
    async (nbd, { signal }) => {
      const found = await probe(nbd, { signal });
      await print(json ? `${toJson(partitionsJson(found))}\n` : partitionsText(found, paint));
      return 0;
    },
  );
