// Runs the benchmark: every case with its competitors in turn, round after round, then the tables and results.json.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { allCases, type Case, type Competitor, competitorsFor } from './cases.js';
import { isInstalled, run } from './competitors.js';
import { type Result, type Rounds, resultOf } from './results.js';
import { diskSize, type ServerKind, serverFor, serverKinds, startServer } from './server.js';
import { table, targets } from './table.js';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
// Odd numbers of rounds, which have a median. V8 has compiled the path of a request after some 30,000 of them, within the longer warm-up.
const pace = options.quick ? { rounds: 3, seconds: 0.4, warmUp: 0.3 } : { rounds: 7, seconds: 1, warmUp: 3 };

/** Writes the disk once, so that reads find data and no write has to allocate. */
async function fill(transport: ServerKind, address: string): Promise<void> {
  const load = { name: 'fill', transport, operation: 'write', size: 256 * 1024, inFlight: 16, targets: [] } as const;
  const writer = transport === 'tls' ? 'ours' : 'native';
  for (let written = 0; written < diskSize; ) written += (await run(writer, load, address, 0.5, 0)).bytes;
}

// The competitors take turns, so that a slow second of the machine hits them all alike; each round starts with another one.
async function measure(measured: Case, address: string): Promise<Result> {
  const competitors = competitorsFor(measured).filter((competitor) => isInstalled(competitor, measured.transport));
  const rounds: Rounds = {};
  for (let round = 0; round < pace.rounds; round++) {
    for (const competitor of competitors) {
      rounds[competitor] ??= [];
      rounds[competitor].push(await run(competitor, measured, address, pace.seconds, pace.warmUp));
    }
    competitors.push(...competitors.splice(0, 1));
  }
  return resultOf(measured, rounds, await garbageOf(measured, address));
}

/** What a request leaves to the garbage collector: ours and the floor's, where there is a target. */
async function garbageOf(measured: Case, address: string): Promise<Partial<Record<Competitor, number>>> {
  const found: Partial<Record<Competitor, number>> = {};
  if (!measured.targets.some((target) => target.of === 'garbage')) return found;
  for (const competitor of ['ours', 'floor'] as const) {
    const { garbage } = await run(competitor, measured, address, 0.1, pace.warmUp, withoutCollection);
    if (garbage !== undefined) found[competitor] = garbage;
  }
  return found;
}

/** New objects have so much room, in MiB, that nothing is collected while they are counted. */
const withoutCollection = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

async function measureAll(cases: readonly Case[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const kind of serverKinds) {
    const ofKind = cases.filter(({ transport }) => serverFor(transport) === kind);
    if (ofKind.length === 0) continue;
    const server = await startServer(kind);
    try {
      await fill(kind, server.address);
      for (const measured of ofKind) {
        if (!isInstalled('ours', measured.transport)) continue; // there is no Chromium
        process.stderr.write(`${measured.name} …\n`);
        results.push(await measure(measured, server.address));
      }
    } finally {
      await server.stop();
    }
  }
  return results;
}

function writeJson(results: readonly Result[], load: number): string {
  const file = fileURLToPath(new URL('results.json', import.meta.url));
  const machine = { node: process.version, processor: cpus()[0]?.model, cores: cpus().length, load };
  const json = { date: new Date().toISOString(), ...pace, machine, results };
  writeFileSync(file, `${JSON.stringify(json, null, 2)}\n`);
  return relative('.', file);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1)); // with its 'exit' listeners
const cases = allCases().filter(({ name }) => new RegExp(options.only).test(name));
if (cases.length === 0) {
  const names = allCases().map(({ name }) => name);
  console.error(`--only ${options.only} matches no case. They are:\n${names.join('\n')}`);
  process.exit(2);
}
const load = loadavg()[0] ?? 0;
if (load > 0.5) process.stderr.write(`this machine is busy already (load ${load.toFixed(1)}): the figures will vary\n`);
const results = await measureAll(cases);
console.log(table(results));
console.log(`Medians of ${pace.rounds} rounds of ${pace.seconds} s each. Every round: ${writeJson(results, load)}`);
if (options.check) {
  console.log(`\nThe targets, on this machine:\n${targets(results)}`);
  const missed = results.flatMap(({ verdicts }) => verdicts.filter(({ isMet }) => isMet === false)).length;
  if (missed > 0) process.exitCode = 1;
}
