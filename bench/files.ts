// Reads the files of disks, cold each time, beside debugfs and 7-Zip on the same image: requests, bytes and time of each operation.
// Options: --rounds N (3), --only REGEX.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { type Disk, diskImage, type FileSystem, fileSystem, NBD } from 'libnbd-wasm';
import { manyNames } from '../test/files/many_names.js';
import { type DiskKind, makeDisks } from './files_disks.js';

const execute = promisify(execFile);
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, only: { type: 'string', default: '' } } });
const rounds = Number(values.rounds);
const sevenZip = process.env.SEVEN_ZIP ?? '';

/** An operation of ours on files that were just opened, and what does the same natively: a command line, or nothing. */
interface Operation {
  readonly name: string;
  /** In the disk of 20,000 names. */
  readonly isMany?: boolean;
  ours(files: FileSystem, out: string): Promise<void>;
  debugfs?(out: string): string;
  seven?(image: string, out: string): string[];
}

const listing = async (files: FileSystem, path: string): Promise<void> => {
  for await (const entry of files.readdir(path)) void entry;
};

/** Does something with each file below a directory. */
async function below(
  files: FileSystem,
  path: string,
  work: (path: string, isDirectory: boolean) => Promise<void>,
): Promise<void> {
  for await (const { name, type } of files.readdir(path)) {
    const own = `${path}/${name}`;
    if (type === 'directory') {
      await work(own, true);
      await below(files, own, work);
    } else if (type === 'file') await work(own, false);
  }
}

const reading = (path: string) => async (files: FileSystem) => {
  for await (const chunk of await files.readable(path)) void chunk;
};

const operations: readonly Operation[] = [
  { name: 'open', ours: async () => {}, debugfs: () => 'show_super_stats -h' },
  { name: 'list the root', ours: (files) => listing(files, '/'), debugfs: () => 'ls -l /' },
  { name: 'list 500 names', ours: (files) => listing(files, '/tree/many'), debugfs: () => 'ls -l /tree/many' },
  { name: 'list 20,000 names', isMany: true, ours: (files) => listing(files, '/many'), debugfs: () => 'ls -l /many' },
  {
    name: 'read 1 MiB',
    ours: reading('/tree/one'),
    debugfs: () => 'cat /tree/one',
    seven: (image) => ['e', '-so', image, 'tree/one'],
  },
  {
    name: 'read 64 MiB',
    ours: reading('/large'),
    debugfs: () => 'cat /large',
    seven: (image) => ['e', '-so', image, 'large'],
  },
  { name: 'stat of all', ours: (files) => below(files, '', async () => {}), seven: (image) => ['l', image] },
  {
    name: 'bring the tree out',
    ours: (files, out) =>
      below(files, '/tree', async (path, isDirectory) => {
        const to = join(out, path.slice(1));
        if (isDirectory) await mkdir(to, { recursive: true });
        else await writeFile(to, await files.read(path));
      }),
    debugfs: (out) => `rdump /tree ${out}`,
    seven: (image, out) => ['x', '-y', `-o${out}`, image, 'tree'],
  },
];

interface Cost {
  readonly ms: number;
  readonly cpu: number;
  readonly requests: number;
  readonly bytes: number;
}

async function ours({ format, image, manyImage }: DiskKind, operation: Operation, out: string): Promise<Cost> {
  const nbd = await NBD.create();
  await nbd.connectCommand(['nbdkit', '-s', '-r', 'file', operation.isMany ? (manyImage ?? '') : image]);
  const before = process.cpuUsage();
  const start = performance.now();
  const counted = counting(nbd);
  const inner = format === undefined ? undefined : await diskImage(counted.disk, { format });
  const files = await fileSystem(inner ?? counted.disk);
  await operation.ours(files, out);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  files.close();
  inner?.close();
  await nbd.shutdown();
  nbd.close();
  return { ms, cpu: (user + system) / 1000, ...counted.reads };
}

/** The disk, and what is read of it: also by libblkid, which finds out what is there. */
function counting(nbd: NBD): { disk: Disk; reads: { requests: number; bytes: number } } {
  const reads = { requests: 0, bytes: 0 };
  const disk = new Proxy(nbd, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (name === 'pread' || name === 'preadInto') {
          reads.requests++;
          reads.bytes += name === 'pread' ? Number(args[0]) : (args[0] as ArrayBufferView).byteLength;
        }
        return value.apply(target, args);
      };
    },
  });
  return { disk, reads };
}

/** How long a command takes, from its start to its end; its output is read and dropped. */
async function native(program: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  await execute(program, args, { maxBuffer: 2 ** 28, encoding: 'buffer' });
  return performance.now() - start;
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

async function row(kind: DiskKind, operation: Operation, folder: string): Promise<string[]> {
  const image = operation.isMany ? kind.manyImage : kind.image;
  if (image === undefined) return [operation.name, ...Array(6).fill('–')];
  const costs: Cost[] = [];
  const byDebugfs: number[] = [];
  const bySeven: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const out = await mkdtemp(join(folder, 'out-'));
    await mkdir(join(out, 'tree'));
    costs.push(await ours(kind, operation, out));
    await rm(out, { recursive: true });
    await mkdir(out);
    const command = kind.hasDebugfs ? operation.debugfs?.(out) : undefined;
    if (command !== undefined) byDebugfs.push(await native('debugfs', ['-R', command, image]));
    await rm(out, { recursive: true });
    const words = kind.hasSeven && sevenZip !== '' ? operation.seven?.(image, out) : undefined;
    if (words !== undefined) bySeven.push(await native(sevenZip, words));
    await rm(out, { recursive: true, force: true });
  }
  const of = (key: keyof Cost) => median(costs.map((cost) => cost[key]));
  const ms = (times: readonly number[]) => (times.length === 0 ? '–' : median(times).toFixed(0));
  const [requests, bytes] = [String(of('requests')), (of('bytes') / 2 ** 20).toFixed(1)];
  return [operation.name, requests, bytes, of('ms').toFixed(0), of('cpu').toFixed(0), ms(byDebugfs), ms(bySeven)];
}

function table(title: string, rows: readonly (readonly string[])[]): string {
  const all = [[title, 'reads', 'MiB', 'ms', 'CPU ms', 'debugfs ms', '7-Zip ms'], ...rows];
  const widths = [0, 1, 2, 3, 4, 5, 6].map((column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return all.map(line).join('\n');
}

const folder = await mkdtemp(join(tmpdir(), 'libnbd-wasm-files-'));
try {
  const chosen = new RegExp(values.only);
  const manyFolder = join(folder, 'many');
  await mkdir(manyFolder);
  for (const kind of await makeDisks(folder, await manyNames(manyFolder, 20_000))) {
    const wanted = operations.filter(({ name }) => chosen.test(`${kind.name} ${name}`));
    if (wanted.length === 0) continue;
    const rows: string[][] = [];
    for (const operation of wanted) rows.push(await row(kind, operation, folder));
    console.log(`${table(kind.name, rows)}\n`);
  }
} finally {
  await rm(folder, { recursive: true });
}
