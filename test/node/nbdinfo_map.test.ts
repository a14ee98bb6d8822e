// Extents and the words for their flags, against upstream's own: nbdinfo --map.
import { CONTEXT_BASE_ALLOCATION, describeFlags, type Extent } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { noise } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { run } from '../support/processes.js';
import { nbdkit, qemuNbd, type Server } from '../support/servers.js';

const MiB = 2 ** 20;
const bitmap = 'qemu:dirty-bitmap:changes';
const depth = 'qemu:allocation-depth';

/** An nbdkit plugin that says of its extents what no other server here does: zeroes that are no hole, and a hole that is not zero. */
const everyKind = [
  'get_size=echo 1M',
  'pread=dd if=/dev/zero count=$3 iflag=count_bytes',
  'can_extents=exit 0',
  'extents=echo 0 64K zero; echo 64K 64K; echo 128K 128K hole; echo 256K 768K hole,zero',
];

/** As nbdinfo prints it. */
interface Line {
  offset: number;
  length: number;
  type: number;
  description?: string;
}

async function map(server: Server, context: string): Promise<Line[]> {
  return JSON.parse(String(await run('nbdinfo', '--json', `--map=${context}`, server.uri))) as Line[];
}

async function all<Flags>(extents: AsyncIterable<Extent<Flags>>): Promise<Extent<Flags>[]> {
  const result: Extent<Flags>[] = [];
  for await (const extent of extents) result.push(extent);
  return result;
}

const line = (context: string, { offset, length, flags }: Extent): Line => {
  const description = describeFlags(context, flags);
  const rest = description === undefined ? {} : { description };
  return { offset: Number(offset), length: Number(length), type: Number(flags), ...rest };
};

const servers: [string, () => Promise<Server>, string[]][] = [
  ['nbdkit data', () => nbdkit('data', 'data=@32768 1 @98304 1*65536', 'size=1M'), [CONTEXT_BASE_ALLOCATION]],
  [
    'nbdkit, larger than one request asks about',
    () => nbdkit('sparse-random', 'size=8G', 'seed=1', 'percent=0.1'),
    [CONTEXT_BASE_ALLOCATION],
  ],
  ['nbdkit, extents of every kind', () => nbdkit('eval', ...everyKind), [CONTEXT_BASE_ALLOCATION]],
  ['qemu-nbd raw', () => qemuNbd({ format: 'raw', size: MiB, content: noise(65536) }), [CONTEXT_BASE_ALLOCATION]],
  [
    'qemu-nbd qcow2 with a dirty bitmap, over another image',
    () =>
      qemuNbd({
        format: 'qcow2',
        size: 4 * MiB,
        backing: noise(3 * MiB),
        bitmap: 'changes',
        content: noise(MiB),
        commands: ['write -z 1280k 256k', 'write 2M 64k', 'discard 128k 64k'],
        options: ['--allocation-depth'],
      }),
    [CONTEXT_BASE_ALLOCATION, bitmap, depth],
  ],
];

test.for(servers)('%s', async ([, start, contexts]) => {
  const server = await start();
  const nbd = await connected(server, (nbd) => {
    for (const context of contexts) nbd.addMetaContext(context);
  });
  const maps = await Promise.all(contexts.map((context) => map(server, context)));
  for (const [i, context] of contexts.entries()) {
    const found = await all(nbd.extents({ context }));
    expect(found.map((extent) => line(context, extent))).toEqual(maps[i]);
  }

  // In one pass: the maps laid over each other.
  const ends = [...new Set(maps.flatMap((lines) => lines.map(({ offset, length }) => offset + length)))].sort((a, b) => a - b);
  const laidOver = ends.map((end, i) => {
    const offset = ends[i - 1] ?? 0;
    const flags = maps.map((lines) => lines.find((one) => offset < one.offset + one.length)?.type ?? -1);
    return { offset: BigInt(offset), length: BigInt(end - offset), flags: flags.map(BigInt) };
  });
  expect(await all(nbd.extents({ contexts }))).toEqual(laidOver);
});
