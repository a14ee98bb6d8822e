// Copies of 1 GiB, by the library and by its peers in turn, round after round: the best time of each, the processors' time, and our ratios to
// the peers'. And of 256 MiB in a page, to its private file system.
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
  /** From one server to another; the destination is a file unless it is a disk. */
  readonly toDisk?: boolean;
  /** The file that is copied from, made of random bytes, or of a sparse disk. */
  readonly content: 'dense' | 'sparse';
  /** Node cannot find a file's holes: neither may nbdcopy. */
  readonly nbdcopy: readonly string[];
  /** Over TCP, @vates/nbd-client's reader of several connections takes part. */
  readonly transport?: 'tcp';
  readonly target: number | undefined;
}

const memory = ['memory', '1G'] as const;
const pageCase = 'Chromium, NBD to OPFS';
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
  { name: 'dense: NBD to NBD', disk: memory, source: 'disk', toDisk: true, content: 'dense', nbdcopy: [], target: 0.8 },
  { name: 'sparse: NBD to file', disk: ['sparse-random', '1G'], source: 'disk', content: 'sparse', nbdcopy: [], target: 0.8 },
  { name: 'sparse: file to NBD', disk: memory, source: 'file', content: 'sparse', nbdcopy: ['--no-extents'], target: 0.8 },
];

interface Served {
  readonly uri: string;
  /** `HOST:PORT`, or the path of the socket. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** nbdkit on a Unix socket of the folder, or on TCP. */
async function serve(plugin: readonly string[], transport?: 'tcp', name = 'source'): Promise<Served> {
  const [socket, pidfile] = [inFolder(`${name}.socket`), inFolder(`${name}.pid`)];
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
  if (transport === 'tcp') return { uri: `nbd://127.0.0.1:${port}`, address: `127.0.0.1:${port}`, stop };
  return { uri: `nbd+unix:///?socket=${socket}`, address: socket, stop };
}

interface Timed {
  readonly seconds: number;
  /** Of the processors, with Node's own start. */
  readonly cpu: number;
  /** What ours took at most, in bytes; the module's own memory is part of it. */
  readonly rss?: number;
  readonly module?: number;
}

async function timed(program: string, ...args: string[]): Promise<Timed> {
  const start = performance.now();
  const { cpu } = await executeWithTimes(program, args);
  return { seconds: (performance.now() - start) / 1000, cpu };
}

/** What a program prints, and the CPU seconds that it took: bash counts them. */
async function executeWithTimes(program: string, args: readonly string[]): Promise<{ stdout: string; cpu: number }> {
  const { stdout, stderr } = await execute('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$0" "$@"', program, ...args]);
  const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { stdout, cpu: user + system };
}

const built = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const vates = built('vates/vates_copy.mjs');

/** A program of Node's that prints what it took, without Node's own start. */
async function timedInNode(program: string, ...args: string[]): Promise<Timed> {
  const { stdout, cpu } = await executeWithTimes(process.execPath, [program, ...args]);
  return { ...(JSON.parse(stdout) as Omit<Timed, 'cpu'>), cpu };
}

/** `floor` is NBD by hand in Node: what there is for a library to reach. */
const peers = ['floor', 'nbdcopy', 'qemu-img', '@vates'] as const;
type Name = 'ours' | (typeof peers)[number];

async function measure({ disk, source, toDisk = false, content, nbdcopy, transport }: CopyCase): Promise<Map<Name, Timed[]>> {
  const { uri, address, stop } = await serve(disk, transport);
  const other = toDisk ? await serve(memory, undefined, 'other') : undefined;
  const target = inFolder('target');
  try {
    if (source === 'disk' && content === 'dense') await execute('nbdcopy', [inFolder('dense'), uri]);
    const [from, to] = source === 'disk' ? [uri, other?.uri ?? target] : [inFolder(content), uri];
    const existing = to === target ? [] : ['-n'];
    const competitors: [Name, () => Promise<Timed>][] = [
      ['ours', () => timedInNode(built('copy_ours.mjs'), from, to, values.connections)],
      ['nbdcopy', () => timed('nbdcopy', '--flush', ...nbdcopy, from, to)],
      ['qemu-img', () => timed('qemu-img', 'convert', '-f', 'raw', '-O', 'raw', ...existing, from, to)],
    ];
    // It knows no block status, and two files or two disks are nothing to it.
    if (!toDisk && (source === 'file' || content === 'dense')) {
      const byHand = source === 'disk' ? [`nbd:${address}`, target] : [from, `nbd:${address}`];
      competitors.push(['floor', () => timedInNode(built('copy_floor.mjs'), ...byHand)]);
    }
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
    await other?.stop();
  }
}

function line({ name, target }: CopyCase, rounds: Map<Name, Timed[]>): string {
  const best = (who: Name) => Math.min(...(rounds.get(who) ?? []).map(({ seconds }) => seconds));
  const rate = (who: Name) => `${(gibibyte / 1e6 / best(who)).toFixed(0)} MB/s`;
  const ratio = (who: Name) => best(who) / best('ours');
  const cpu = (who: Name) => Math.min(...(rounds.get(who) ?? []).map((one) => one.cpu));
  const most = (what: 'rss' | 'module') => Math.max(...(rounds.get('ours') ?? []).map((one) => one[what] ?? 0)) / 2 ** 20;
  const met = target === undefined ? '' : `target >= ${target} of nbdcopy: ${ratio('nbdcopy') >= target ? 'met' : 'NOT MET'}`;
  const others = peers
    .filter((who) => rounds.has(who))
    .map((who) => `${who} ${rate(who)} (${ratio(who).toFixed(2)}, CPU ${(cpu('ours') / cpu(who)).toFixed(2)})`);
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

/** Copies to the private file system of a page's worker, and what a WebSocket without NBD brings there: medians of both, in bytes a second. */
async function measureInPage(): Promise<string> {
  const { address, stop } = await serve(['pattern', '256M']);
  const inPage = async (competitor: string, size: number, inFlight: number) => {
    const args = [built('chromium.mjs'), competitor, 'worker', address, 'read', ...[size, inFlight, 2, 0.7].map(String)];
    const { stdout } = await execute(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
    const { bytes, seconds } = JSON.parse(stdout) as { bytes: number; seconds: number };
    return bytes / seconds / 1e6;
  };
  const median = (rates: number[]) => rates.sort((a, b) => a - b)[rates.length >> 1] ?? 0;
  try {
    const [ours, byHand, raw]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < Number(values.rounds); round++) {
      ours.push(await inPage('copy', 2 ** 28, 1));
      byHand.push(await inPage('byHand', 2 ** 18, 16));
      raw.push(await inPage('raw', 2 ** 18, 16));
    }
    const peer = (name: string, rates: number[]) =>
      `${name} ${median(rates).toFixed(0)} MB/s (${(median(ours) / median(rates)).toFixed(2)})`;
    return `${pageCase}: ours ${median(ours).toFixed(0)} MB/s, ${peer('NBD by hand', byHand)}, ${peer('raw', raw)}, which write no file`;
  } finally {
    await stop();
  }
}

if (process.env.CHROMIUM && new RegExp(values.only).test(pageCase)) console.log(await measureInPage());
