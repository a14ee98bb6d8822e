// An engine that somebody else brings, and parts of files that cannot be so.
import { type Contents, type Engine, fileSystem, type NBDError, registerEngine } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { MemoryDisk } from '../support/memory_disk.js';
import { MiB, noise } from './trees.js';

const size = 10_000n;
const closed: string[] = [];

/** A file system with one file, whose contents the name of its type tells. */
function engineOf(type: string, contents: (from: bigint) => Contents): Engine {
  const file = { id: 1, stat: { type: 'file', size } } as const;
  return {
    name: 'an engine',
    types: [type],
    open: async () => ({
      info: { type, warnings: [] },
      lookup: async () => file,
      readdir: async () => ({ entries: [] }),
      stats: async () => new Map(),
      readlink: async () => new Uint8Array(),
      contents: async (_file, from) => contents(from),
      close: () => void closed.push(type),
    }),
  };
}

const bytes = new Uint8Array(noise('a disk', MiB));
const partition = { start: 4096n, size: 65_536n };

async function read(type: string, contents: (from: bigint) => Contents): Promise<Uint8Array> {
  registerEngine(engineOf(type, contents));
  using files = await fileSystem(new MemoryDisk(bytes), { type, partition });
  return files.read('/file');
}

test('is asked for the types that it reads, and closed', async () => {
  const found = await read('good', (from) => [
    { offset: from, length: 4000n, place: 8192n },
    { offset: from + 4000n, length: 1000n, place: undefined },
    { offset: from + 5000n, bytes: new Uint8Array(5000).fill(7) },
  ]);
  const expected = new Uint8Array(10_000).fill(7, 5000);
  expected.set(bytes.subarray(4096 + 8192, 4096 + 8192 + 4000));
  expect(Buffer.compare(found, expected)).toBe(0);
  expect(closed).toEqual(['good']);
});

test.for<[string, Contents]>([
  ['beyond the partition', [{ offset: 0n, length: size, place: 60_000n }]],
  ['before it', [{ offset: 0n, length: size, place: -4096n }]],
  [
    'out of order',
    [
      { offset: 5000n, length: 5000n, place: 0n },
      { offset: 0n, length: 5000n, place: 8192n },
    ],
  ],
  [
    'with a gap',
    [
      { offset: 0n, length: 100n, place: 0n },
      { offset: 200n, length: 9800n, place: 8192n },
    ],
  ],
  ['of no length', [{ offset: 0n, length: -1n, place: 0n }]],
])('parts of a file %s are damage', async ([name, contents]) => {
  const failure = await read(name, () => contents).catch((error: NBDError) => error.code);
  expect(failure).toBe('EUCLEAN');
});
