// Damages disks by seed, and walks what is left: 10 disks of each kind, and CAMPAIGN_DISKS by scripts/campaign.sh. Bytes are changed where the
// engine looks. Each disk is walked to its end, within bounds; what fails is an NBDError, and an honest disk afterwards is read as ever.
import { type FileSystem, NBDError } from 'libnbd-wasm';
import { expect } from 'vitest';
import { MemoryDisk } from '../support/memory_disk.js';
import { numbers } from '../support/numbers.js';

const disks = Number(process.env.CAMPAIGN_DISKS ?? 10);
const firstSeed = Number(process.env.CAMPAIGN_SEED ?? 1);
const seeds = Array.from({ length: disks }, (_, i) => firstSeed + i);

/** What any disk may cost, whatever is on it. */
const mostRequests = 20_000;
/** What may fail on a damaged disk. */
const allowed = ['EUCLEAN', 'ENOENT', 'ENOTDIR', 'EIO', 'ELOOP', 'EFBIG', 'ENOTSUP', 'ENOMEM', 'EISDIR', 'EINVAL'];

/** Opens a disk; `keep` takes what is to be closed at the end. */
export type Open = (disk: MemoryDisk, keep: <T extends { close(): void }>(opened: T) => T) => Promise<FileSystem>;

interface Walk {
  names: number;
  readonly failures: string[];
}

const newWalk = (): Walk => ({ names: 1000, failures: [] });

/** Does something, and keeps the code of its failure. Whatever is no NBDError, or ends the worker, fails the test. */
async function trying(left: Walk, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof NBDError) || error.code === null || /its worker has ended/.test(error.message)) throw error;
    left.failures.push(error.code);
  }
}

/** Looks at everything up to bounds. */
async function walk(files: FileSystem, path: Uint8Array, left: Walk): Promise<void> {
  const below = (name: Uint8Array) => Buffer.concat([path, Buffer.from('/'), name]);
  await trying(left, async () => {
    for await (const { name, bytes, type, size = 0n } of files.readdir(path)) {
      if (--left.names < 0) return;
      const own = below(bytes ?? Buffer.from(name));
      if (type === 'directory' && own.length < 200) await walk(files, own, left);
      else if (type === 'symlink') await trying(left, async () => void (await files.readlink(own)));
      else if (type === 'file') {
        await trying(left, async () => void (await files.read(own, { end: size < 65_536n ? size : 65_536n })));
      }
    }
  });
}

async function walked(disk: MemoryDisk, open: Open): Promise<Walk> {
  const left = newWalk();
  const opened: { close(): void }[] = [];
  const keep: Parameters<Open>[1] = (one) => {
    opened.push(one);
    return one;
  };
  try {
    await trying(left, async () => walk(keep(await open(disk, keep)), new Uint8Array(), left));
  } finally {
    for (const one of opened.reverse()) one.close(); // each has a worker
  }
  return left;
}

/** Where an engine reads when it looks at everything. */
async function placesOf(bytes: Uint8Array, open: Open): Promise<{ start: number; length: number }[]> {
  const disk = new MemoryDisk(bytes);
  const { names, failures } = await walked(disk, open);
  expect(failures).toEqual([]);
  expect(names).toBeLessThan(newWalk().names);
  return disk.requests.flatMap((request) => {
    const [, count, offset] = /^pread (\d+) (\d+)/.exec(request) ?? [];
    return count === undefined ? [] : [{ start: Number(offset), length: Number(count) }];
  });
}

/** @param places Where bytes are changed; unless told otherwise, where the engine reads. */
export async function damage(
  bytes: Uint8Array,
  open: Open,
  places?: readonly { readonly start: number; readonly length: number }[],
): Promise<void> {
  const targets = places ?? (await placesOf(bytes, open));
  const codes = new Set<string>();
  for (const seed of seeds) {
    const next = numbers(seed);
    const before = new Map<number, number>();
    for (let count = 1 + next(60); count > 0; count--) {
      const { start, length } = targets[next(targets.length)] ?? { start: 0, length: 1 };
      const at = start + next(length);
      if (!before.has(at)) before.set(at, bytes[at] ?? 0);
      bytes[at] = next(256);
    }
    const disk = new MemoryDisk(bytes);
    const { failures } = await walked(disk, open);
    expect(disk.requests.length).toBeLessThan(mostRequests);
    for (const code of failures) codes.add(code);
    for (const [at, byte] of before) bytes[at] = byte;
  }
  expect((await walked(new MemoryDisk(bytes), open)).failures).toEqual([]);
  expect([...codes].filter((code) => !allowed.includes(code))).toEqual([]);
}
