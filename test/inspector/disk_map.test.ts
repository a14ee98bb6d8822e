// Maps that fill themselves: from real servers, as nbdinfo says it; from disks that lie, fail and end.
import { CONTEXT_BASE_ALLOCATION, describeFlags, type NBD, NBDError } from 'libnbd-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { DiskMap, type DiskMapOptions, type Phase } from '../../src/inspector/map/disk_map.js';
import type { ExtentMap } from '../../src/inspector/map/extent_map.js';
import { failed, unknown } from '../../src/inspector/map/kinds.js';
import { noise } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { MemoryDisk } from '../support/memory_disk.js';
import { run } from '../support/processes.js';
import { nbdkit, qemuNbd, type Server } from '../support/servers.js';

const [MiB, TiB] = [2 ** 20, 2 ** 40];
const bitmap = 'qemu:dirty-bitmap:changes';
const depth = 'qemu:allocation-depth';

/** Resolves when there is nothing more to ask about. */
function settled(map: DiskMap): Promise<Phase> {
  return new Promise((resolve) => {
    const look = () => {
      if (map.phase === 'waiting' || map.phase === 'asking') return;
      forget();
      resolve(map.phase);
    };
    const forget = map.onChange(look);
    look();
  });
}

async function filled(disk: ConstructorParameters<typeof DiskMap>[0], options?: DiskMapOptions): Promise<DiskMap> {
  const map = new DiskMap(disk, options);
  onTestFinished(() => map.stop());
  await map.start();
  await settled(map);
  return map;
}

const handle = (server: Server, ...contexts: string[]): Promise<NBD> =>
  connected(server, (nbd) => {
    for (const context of contexts) nbd.addMetaContext(context);
  });

/** Each run as `[offset, length, flags]`, or what else it is in the place of flags. */
function runsOf(map: ExtentMap | undefined): [number, number, number | string][] {
  const runs: [number, number, number | string][] = [];
  if (map === undefined) return runs;
  const cursor = map.cursor();
  do {
    const { offset, length, kind } = cursor.run;
    const what = kind === unknown ? 'unknown' : kind === failed ? 'failed' : Number(map.kinds.flags(kind));
    runs.push([Number(offset), Number(length), what]);
  } while (cursor.next());
  return runs;
}

async function nbdinfo(server: Server, context: string): Promise<[number, number, number][]> {
  const text = await run('nbdinfo', '--json', `--map=${context}`, server.uri);
  const lines = JSON.parse(String(text)) as { offset: number; length: number; type: number }[];
  return lines.map(({ offset, length, type }) => [offset, length, type]);
}

const servers: [string, () => Promise<Server>, string[]][] = [
  ['nbdkit data', () => nbdkit('data', 'data=@32768 1 @98304 1*65536', 'size=1M'), [CONTEXT_BASE_ALLOCATION]],
  [
    'nbdkit, 20,000 extents',
    () => nbdkit('sparse-random', 'size=8G', 'seed=1', 'percent=3', 'runlength=16384'),
    [CONTEXT_BASE_ALLOCATION],
  ],
  ['nbdkit, a byte at the end of 1 TiB', () => nbdkit('data', `data=@${TiB - 1} 1`, 'size=1T'), [CONTEXT_BASE_ALLOCATION]],
  ['qemu-nbd raw', () => qemuNbd({ format: 'raw', size: MiB, content: noise(65536) }), [CONTEXT_BASE_ALLOCATION]],
  [
    'qemu-nbd qcow2 with a dirty bitmap, over another image',
    () =>
      qemuNbd({
        format: 'qcow2',
        size: 64 * MiB,
        backing: noise(3 * MiB),
        bitmap: 'changes',
        content: noise(MiB),
        commands: ['write -z 1280k 256k', 'write 2M 64k', 'discard 128k 64k', 'write 40M 3M'],
        options: ['--allocation-depth'],
      }),
    [CONTEXT_BASE_ALLOCATION, bitmap, depth],
  ],
];

test.for(servers)('as nbdinfo --map: %s', async ([, start, contexts]) => {
  const server = await start();
  const map = await filled(await handle(server, ...contexts));
  expect([map.phase, [...map.maps.keys()].sort()]).toEqual(['whole', [...contexts].sort()]);
  for (const context of contexts) {
    const expected = await nbdinfo(server, context);
    expect(runsOf(map.maps.get(context))).toEqual(expected);
    const kinds = map.maps.get(context)?.kinds;
    for (const type of new Set(expected.map((line) => line[2]))) {
      const total = expected.filter((line) => line[2] === type).reduce((sum, line) => sum + line[1], 0);
      expect([describeFlags(context, type), map.maps.get(context)?.total(kinds?.of(BigInt(type)) ?? -1)]).toEqual([
        describeFlags(context, type),
        BigInt(total),
      ]);
    }
  }
});

test('8 EiB: places all over the disk, and then all of the window that somebody zooms into', async () => {
  const size = 2n ** 63n - 1n;
  const place = 2n ** 62n;
  const server = await nbdkit('data', `data=@${place} 1*65536`, `size=${size}`);
  const map = await filled(await handle(server, CONTEXT_BASE_ALLOCATION));
  expect(map.phase).toBe('places');
  expect(map.requests).toBeLessThanOrEqual(512);
  const allocation = map.maps.get(CONTEXT_BASE_ALLOCATION);
  expect(allocation?.at(0n).length).toBe(2n ** 32n - 2n ** 16n); // as much as one request can tell
  expect([map.size, allocation?.at(0n).kind, allocation?.at(2n ** 53n).kind]).toEqual([size, allocation?.kinds.of(3n), unknown]);

  const window = { offset: place - 2n ** 35n, length: 2n ** 36n };
  map.look(window);
  await settled(map);
  expect(allocation?.firstUnknown(window)).toBe(undefined);
  expect(allocation?.at(place)).toEqual({ offset: place, length: 65536n, kind: allocation?.kinds.of(0n) });
});

test('a server without block status', async () => {
  const map = await filled(await handle(await nbdkit('--no-sr', 'memory', '1M'), CONTEXT_BASE_ALLOCATION));
  expect([map.phase, map.maps.size]).toEqual(['untold', 0]);
  expect(map.error).toBeInstanceOf(NBDError);
});

/** nbdkit whose block status fails where a request touches the third MiB of its 64. */
const failing = () =>
  nbdkit(
    'eval',
    'get_size=echo 64M',
    'pread=dd if=/dev/zero count=$3 iflag=count_bytes',
    'can_extents=exit 0',
    `extents=if [ $4 -lt ${3 * MiB} ] && [ $(($4 + $3)) -gt ${2 * MiB} ]; then echo EIO; exit 1; fi >&2; echo $4 $3 hole`,
  );

test('a server whose block status fails in the middle: that part could not be asked about, and the rest goes on', async () => {
  const map = await filled(await handle(await failing(), CONTEXT_BASE_ALLOCATION));
  expect(map.phase).toBe('whole');
  expect(map.error).toMatchObject({ code: 'EIO' });
  expect(runsOf(map.maps.get(CONTEXT_BASE_ALLOCATION))).toEqual([
    [0, 2 * MiB, 1],
    [2 * MiB, MiB, 'failed'],
    [3 * MiB, 61 * MiB, 1],
  ]);
});

test('a server whose block status always fails is not asked for ever', async () => {
  const server = await nbdkit('--filter=error', 'data', 'data=1', 'size=1T', 'error-extents-rate=100%', 'error-extents=EIO');
  const map = await filled(await handle(server, CONTEXT_BASE_ALLOCATION));
  expect([map.phase, runsOf(map.maps.get(CONTEXT_BASE_ALLOCATION))]).toEqual(['whole', [[0, TiB, 'failed']]]);
  expect(map.requests).toBeLessThan(2000);
});

test('a server that has gone: what is known stays', async () => {
  const server = await nbdkit('data', 'data=1', 'size=6E');
  const nbd = await handle(server, CONTEXT_BASE_ALLOCATION);
  const map = new DiskMap(nbd);
  map.onChange(() => {
    if (map.requests === 100) void server.kill();
  });
  await map.start();
  expect(await settled(map)).toBe('stopped');
  expect(map.error).toBeInstanceOf(NBDError);
  expect(map.known).toBeGreaterThan(0n);
});

test('a signal ends it, and it can go on', async () => {
  const nbd = await handle(await nbdkit('data', 'data=@32768 1', 'size=1T'), CONTEXT_BASE_ALLOCATION);
  const map = new DiskMap(nbd);
  const controller = new AbortController();
  map.onChange(() => {
    if (map.requests === 50) controller.abort(new Error('enough'));
  });
  await map.start(controller.signal);
  expect(await settled(map)).toBe('stopped');
  expect([map.error, map.requests]).toEqual([new Error('enough'), 50]);
  void map.start();
  expect(await settled(map)).toBe('whole');
});

test('what is in the window is asked about first', async () => {
  const disk = new MemoryDisk(64 * MiB);
  disk.extents = () => [[BigInt(64 * MiB), 0n]];
  const map = new DiskMap(disk, { inFlight: 1 });
  map.look({ offset: BigInt(40 * MiB), length: BigInt(8 * MiB) });
  await map.start();
  await settled(map);
  const asked = disk.requests.map((request) => Number(request.split(' ')[2]) / MiB);
  expect(asked.slice(0, 8)).toEqual([40, 41, 42, 43, 44, 45, 46, 47]);
  expect([map.phase, Math.min(...asked)]).toEqual(['whole', 0]);
});

test('at most so many requests are in flight', async () => {
  const disk = new MemoryDisk(64 * MiB);
  disk.extents = () => [[2n ** 62n, 0n]];
  let [running, most] = [0, 0];
  const ask = disk.blockStatusArrays.bind(disk);
  disk.blockStatusArrays = async (...args) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve));
    running -= 1;
    return ask(...args);
  };
  const map = await filled(disk, { inFlight: 3 });
  expect([map.phase, most]).toEqual(['whole', 3]);
});

type Lie = readonly (readonly [bigint, bigint])[];
const lies: [string, (offset: number) => Lie, [number, number, number | string][]][] = [
  [
    'lengths beyond the end of the disk',
    () => [
      [2n ** 63n, 0n],
      [2n ** 63n, 3n],
    ],
    [[0, MiB, 0]],
  ],
  [
    'lengths that wrap around',
    () => [
      [2n ** 64n - 1n, 0n],
      [2n ** 64n - 1n, 3n],
    ],
    [[0, MiB, 0]],
  ],
  [
    'entries without a length among others',
    () => [
      [0n, 1n],
      [65536n, 0n],
      [0n, 2n],
      [2n ** 20n, 3n],
    ],
    [
      [0, 65536, 0],
      [65536, MiB - 65536, 3],
    ],
  ],
  [
    'only entries without a length',
    () => [
      [0n, 1n],
      [0n, 2n],
    ],
    [[0, MiB, 'failed']],
  ],
  ['no entries', () => [], [[0, MiB, 'failed']]],
  [
    'less than was asked about',
    (offset) => [[4096n, BigInt(offset / 4096) % 2n]],
    Array.from({ length: 256 }, (_, i) => [i * 4096, 4096, i % 2]),
  ],
];

test.for(lies)('a server that answers with %s', async ([, extents, expected]) => {
  const disk = new MemoryDisk(MiB);
  disk.extents = extents;
  const map = await filled(disk);
  expect([map.phase, runsOf(map.maps.get(CONTEXT_BASE_ALLOCATION))]).toEqual(['whole', expected]);
});

test('a context that the server forgets in an answer, and one that nobody expected', async () => {
  const disk = new MemoryDisk(MiB);
  disk.extents = () => [];
  const other = 'x-other:context';
  disk.blockStatusArrays = async (count, offset) => {
    disk.requests.push(`status ${count} ${offset}`);
    return new Map([[other, BigUint64Array.of(BigInt(count), 5n)]]);
  };
  const map = await filled(disk);
  expect(map.phase).toBe('whole');
  expect(runsOf(map.maps.get(other))).toEqual([[0, MiB, 5]]);
  expect(runsOf(map.maps.get(CONTEXT_BASE_ALLOCATION))).toEqual([[0, MiB, 'failed']]);
});

test('more extents than can be kept: those of the window are, and the others when it moves', async () => {
  const disk = new MemoryDisk(32 * MiB);
  const perPage: Lie = Array.from({ length: 16384 }, (_, i) => [4096n, BigInt(i % 2)]);
  disk.extents = () => perPage;
  const map = await filled(disk, { mostRuns: 4000 });
  const allocation = map.maps.get(CONTEXT_BASE_ALLOCATION);
  expect(map.phase).toBe('full');
  expect(allocation?.runs).toBeLessThan(4000 + 4 * 256 + 2);
  for (const offset of [24 * MiB, 0]) {
    const window = { offset: BigInt(offset), length: BigInt(8 * MiB) };
    map.look(window);
    await settled(map);
    expect(allocation?.firstUnknown(window)).toBe(undefined);
    expect(allocation?.runs).toBeLessThan(4000 + 4 * 256 + 2);
  }
});

test('what could not be asked about is asked about again', async () => {
  const disk = new MemoryDisk(MiB);
  disk.extents = () => [[BigInt(MiB), 0n]];
  const ask = disk.blockStatusArrays.bind(disk);
  disk.blockStatusArrays = async () => {
    throw new NBDError('nbd_block_status_64: Input/output error', 'EIO');
  };
  const map = await filled(disk);
  expect(runsOf(map.maps.get(CONTEXT_BASE_ALLOCATION))).toEqual([[0, MiB, 'failed']]);
  disk.blockStatusArrays = ask;
  map.retry();
  await settled(map);
  expect(runsOf(map.maps.get(CONTEXT_BASE_ALLOCATION))).toEqual([[0, MiB, 0]]);
});

test.for([1, 100, 65536 * 3 + 7])('a disk of %i bytes in blocks of 64 KiB', async (size) => {
  const disk = new MemoryDisk(size);
  disk.extents = () => [[BigInt(MiB), 0n]];
  disk.getBlockSize = () => 65536n;
  const map = await filled(disk);
  expect([map.phase, runsOf(map.maps.get(CONTEXT_BASE_ALLOCATION))]).toEqual(['whole', [[0, size, 0]]]);
  for (const request of disk.requests) {
    const [, count, offset] = request.split(' ').map(Number) as [number, number, number];
    expect(offset % 65536).toBe(0);
    expect(count % 65536 === 0 || offset + count === size).toBe(true);
  }
});

test('a disk of no bytes', async () => {
  const disk = new MemoryDisk(0);
  disk.extents = () => [];
  const map = await filled(disk);
  expect([map.phase, disk.requests]).toEqual(['whole', []]);
});
