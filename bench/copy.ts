// Copies of 1 GiB, by the library and by its peers in turn, round after round: the best time of each, and what we take of the peers' time.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { freePort } from './server.js';

const execute = promisify(execFile);
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
  },
});
const gibibyte = 2 ** 30;
/** In memory, so that no disk's pace is measured. */
const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'libnbd-wasm-bench-'));
const inFolder = (name: string) => join(folder, name);

interface CopyCase {
  readonly name: string;
  /** The plugin that serves the disk. */
  readonly disk: readonly string[];
  readonly source: 'disk' | 'file';
  /** The file that is copied from, made of random bytes, or of a sparse disk. */
  readonly content: 'dense' | 'sparse';
  /** Node cannot find a file's holes: neither may nbdcopy. */
  readonly nbdcopy: readonly string[];
  /** Over TCP, @vates/nbd-client's reader of several connections takes part. */
  readonly transport?: 'tcp';
  readonly target: number | undefined;
}

const memory = ['memory', '1G'] as const;
const cases: readonly CopyCase[] = [
  { name: 'dense: NBD to file', disk: memory, source: 'disk', content: 'dense', nbdcopy: [], target: 0.8 },
  {
    name: 'dense: NBD over TCP to file',
    disk: memory,
    source: 'disk',
    content: 'dense',
    nbdcopy: [],
    transport: 'tcp',
    target: undefined,
  },
  { name: 'dense: file to NBD', disk: memory, source: 'file', content: 'dense', nbdcopy: [], target: 0.8 },
  { name: 'sparse: NBD to file', disk: ['sparse-random', '1G'], source: 'disk', content: 'sparse', nbdcopy: [], target: 0.8 },
  { name: 'sparse: file to NBD', disk: memory, source: 'file', content: 'sparse', nbdcopy: ['--no-extents'], target: 0.8 },
];

/** nbdkit on a Unix socket of the folder, or on TCP; resolves with what ends it. */
async function serve(plugin: readonly string[], transport?: 'tcp'): Promise<{ uri: string; stop: () => Promise<void> }> {
  const [socket, pidfile] = [inFolder('socket'), inFolder('pid')];
  const port = String(transport === 'tcp' ? await freePort() : 0);
  const listen = transport === 'tcp' ? ['-i', '127.0.0.1', '-p', port] : ['-U', socket];
  const server = spawn('nbdkit', ['--foreground', '--exit-with-parent', '-P', pidfile, ...listen, ...plugin], {
    stdio: 'inherit',
  });
  while (!existsSync(pidfile)) {
    if (server.exitCode !== null) throw new Error(`nbdkit ended with status ${server.exitCode}`);
    await sleep(10);
  }
  const stop = async () => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGKILL');
    await ended;
    await Promise.all([socket, pidfile].map((file) => rm(file, { force: true })));
  };
  return { uri: transport === 'tcp' ? `nbd://127.0.0.1:${port}` : `nbd+unix:///?socket=${socket}`, stop };
}

interface Timed {
  readonly seconds: number;
  /** What ours took at most, in bytes; the module's own memory is part of it. */
  readonly rss?: number;
  readonly module?: number;
}

async function timed(program: string, ...args: string[]): Promise<Timed> {
  const start = performance.now();
  await execute(program, args);
  return { seconds: (performance.now() - start) / 1000 };
}

const built = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const vates = built('vates/vates_copy.mjs');

/** A program of Node's that prints what it took, without Node's own start. */
async function timedInNode(program: string, ...args: string[]): Promise<Timed> {
  const { stdout } = await execute(process.execPath, [program, ...args]);
  return JSON.parse(stdout) as Timed;
}

const peers = ['nbdcopy', 'qemu-img', '@vates'] as const;
type Name = 'ours' | (typeof peers)[number];

async function measure({ disk, source, content, nbdcopy, transport }: CopyCase): Promise<Map<Name, Timed[]>> {
  const { uri, stop } = await serve(disk, transport);
  const target = inFolder('target');
  try {
    if (source === 'disk' && content === 'dense') await execute('nbdcopy', [inFolder('dense'), uri]);
    const [from, to] = source === 'disk' ? [uri, target] : [inFolder(content), uri];
    const existing = source === 'disk' ? [] : ['-n'];
    const competitors: [Name, () => Promise<Timed>][] = [
      ['ours', () => timedInNode(built('copy_ours.mjs'), from, to, values.connections)],
      ['nbdcopy', () => timed('nbdcopy', '--flush', ...nbdcopy, from, to)],
      ['qemu-img', () => timed('qemu-img', 'convert', '-f', 'raw', '-O', 'raw', ...existing, from, to)],
    ];
    if (transport === 'tcp' && existsSync(vates)) competitors.push(['@vates', () => timedInNode(vates, from, to)]);
    const rounds = new Map<Name, Timed[]>(competitors.map(([name]) => [name, []]));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [name, run] of competitors) {
        await rm(target, { force: true });
        rounds.get(name)?.push(await run());
      }
      competitors.push(...competitors.splice(0, 1)); // each round begins with another one
    }
    return rounds;
  } finally {
    await stop();
  }
}

function line({ name, target }: CopyCase, rounds: Map<Name, Timed[]>): string {
  const best = (who: Name) => Math.min(...(rounds.get(who) ?? []).map(({ seconds }) => seconds));
  const rate = (who: Name) => `${(gibibyte / 1e6 / best(who)).toFixed(0)} MB/s`;
  const ratio = (who: Name) => best(who) / best('ours');
  const most = (what: 'rss' | 'module') => Math.max(...(rounds.get('ours') ?? []).map((one) => one[what] ?? 0)) / 2 ** 20;
  const met = target === undefined ? '' : `target >= ${target} of nbdcopy: ${ratio('nbdcopy') >= target ? 'met' : 'NOT MET'}`;
  const others = peers.filter((who) => rounds.has(who)).map((who) => `${who} ${rate(who)} (${ratio(who).toFixed(2)})`);
  return `${name}: ours ${rate('ours')}, ${others.join(', ')}; RSS ${most('rss').toFixed(0)} MiB, module ${most('module').toFixed(2)} MiB; ${met}`;
}

process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1)); // with its 'exit' listener
const load = loadavg()[0] ?? 0;
if (load > 0.5) process.stderr.write(`this machine is busy already (load ${load.toFixed(1)}): the figures will vary\n`);
await execute('dd', ['if=/dev/urandom', `of=${inFolder('dense')}`, 'bs=1M', 'count=1024']);
const sparse = await serve(['sparse-random', '1G']);
await execute('nbdcopy', [sparse.uri, inFolder('sparse')]);
await sparse.stop();
for (const one of cases.filter(({ name }) => new RegExp(values.only).test(name))) console.log(line(one, await measure(one)));
