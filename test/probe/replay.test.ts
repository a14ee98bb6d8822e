// Miss and replay by itself, with libblkid as the code: its bounds, and that nothing of one call is there in the next.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { failure } from '../support/handles.js';

const dist = (path: string): string => new URL(path, import.meta.resolve('libnbd-wasm')).href;

interface Source {
  peek(view: Uint8Array, offset: bigint): boolean;
  read(offset: bigint, length: number): Promise<Uint8Array | NBDError>;
}
type Limits = Record<'rounds' | 'reads' | 'bytes' | 'misses', number>;
interface Exports {
  memory: WebAssembly.Memory;
  nbd_blkid_probe(diskSize: bigint, offset: bigint, size: bigint, sectorSize: number): number;
}
interface Result {
  value: string[];
  unreadable: { offset: bigint; length: number }[];
}
interface Opened {
  value: number;
  opened: { call(work: (exports: Exports) => number): Promise<{ value: number }> };
}
interface Replay {
  open(source: Source, work: (exports: Exports) => number): Promise<Opened>;
  call(source: Source, work: (exports: Exports) => string[], signal?: AbortSignal): Promise<Result>;
}

const generous: Limits = { rounds: 200, reads: 20_000, bytes: 2 ** 26, misses: 64 };

/** Names of values that libblkid tells of a disk, and how much memory the module had. */
async function replaying(limits: Partial<Limits> = {}) {
  const { Replay } = (await import(dist('./wasm/replay.js'))) as {
    Replay: new (
      name: string,
      compiled: WebAssembly.Module,
      imports: (memory: { string(at: number): string }) => object,
      limits: Limits,
    ) => Replay;
  };
  const url = new URL(import.meta.resolve('libnbd-wasm/blkid.wasm'));
  const compiled = await WebAssembly.compile(await readFile(fileURLToPath(url)));
  let told: string[] = [];
  const memories: number[] = [];
  const imports = (memory: { string(at: number): string }) => ({
    blkid: { value: (_result: number, name: number) => void told.push(memory.string(name)), partition: () => {} },
  });
  const replay = new Replay('libblkid', compiled, imports, { ...generous, ...limits });
  const work = (size: number) => (exports: Exports) => {
    told = [];
    memories.push(exports.memory.buffer.byteLength);
    exports.nbd_blkid_probe(BigInt(size), 0n, BigInt(size), 512);
    return told;
  };
  return {
    call: (source: Source, size: number, signal?: AbortSignal) => replay.call(source, work(size), signal),
    open: replay.open.bind(replay),
    memories,
  };
}

/** A disk of swap, of which nothing is at hand at first. */
function swap(size: number): Source & { readonly reads: string[]; hasAll: boolean } {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(1024, 1, true);
  view.setUint32(1028, size / 4096 - 1, true);
  bytes.set(new TextEncoder().encode('SWAPSPACE2'), 4086);
  const reads: string[] = [];
  return {
    reads,
    hasAll: false,
    peek(target, offset) {
      if (this.hasAll) target.set(bytes.subarray(Number(offset), Number(offset) + target.length));
      return this.hasAll;
    },
    async read(offset, length) {
      reads.push(`${offset}+${length}`);
      return bytes.slice(Number(offset), Number(offset) + length);
    },
  };
}

/** What reads cover, as ranges that do not touch. */
function covered(reads: readonly string[]): [start: number, end: number][] {
  const ranges = reads.map((range) => range.split('+').map(Number)).sort(([a = 0], [b = 0]) => a - b);
  const merged: [number, number][] = [];
  for (const [start = 0, length = 0] of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], start + length);
    else merged.push([start, start + length]);
  }
  return merged;
}

const size = 4 * 2 ** 20;

test('one miss a round, and many, give the same', async () => {
  const [one, many] = [swap(size), swap(size)];
  const slow = await replaying({ misses: 1 });
  const quick = await replaying();
  const { value } = await slow.call(one, size);
  expect(value).toContain('TYPE');
  expect((await quick.call(many, size)).value).toEqual(value);
  expect(covered(one.reads)).toEqual(covered(many.reads));
  expect(one.reads.length).toBe(new Set(one.reads).size); // nothing is asked for twice
  expect(slow.memories.length).toBe(one.reads.length + 1);
  expect(quick.memories.length).toBeLessThan(slow.memories.length / 2);
});

test('what is at hand is not read, and takes one round', async () => {
  const source = swap(size);
  source.hasAll = true;
  const { call, memories } = await replaying();
  expect((await call(source, size)).value).toContain('TYPE');
  expect([source.reads, memories.length]).toEqual([[], 1]);
});

test.for<[keyof Limits, number]>([
  ['rounds', 2],
  ['reads', 10],
  ['bytes', 4096],
])('beyond the bound of %s it rejects, and the next call is made all the same', async ([bound, limit]) => {
  const { call } = await replaying({ [bound]: limit, ...(bound === 'rounds' ? { misses: 1 } : {}) });
  for (let count = 0; count < 2; count++) {
    const error = await failure(call(swap(size), size));
    expect(error).toBeInstanceOf(NBDError);
    expect(String(error)).toMatch(/libblkid (wanted|made) more than/);
  }
});

test('an exception of the caller’s passes, and a disk that is gone rejects', async () => {
  const gone = new NBDError('the connection is lost', 'ENOTCONN', { isFatal: true });
  const { call } = await replaying();
  const source: Source = {
    peek: () => false,
    read: async () => {
      throw gone;
    },
  };
  expect(await failure(call(source, size))).toBe(gone);
});

test('what cannot be read is told, once each, and the rest goes on', async () => {
  const source = swap(size);
  const read = source.read.bind(source);
  source.read = async (offset, length) => (offset === 65536n ? new NBDError('bad sector', 'EIO') : read(offset, length));
  const { value, unreadable } = await (await replaying()).call(source, size);
  expect(value).toContain('TYPE');
  expect(new Set(unreadable.map(({ offset }) => offset))).toEqual(new Set([65536n]));
  expect(unreadable.length).toBe(new Set(unreadable.map(({ length }) => length)).size);
});

test('what lies together is read in one, and a part that cannot be read is found', async () => {
  const source = swap(size);
  const quick = await replaying();
  await quick.call(source, size);
  const slow = swap(size);
  await (await replaying({ misses: 1 })).call(slow, size);
  expect(source.reads.length).toBeLessThan(slow.reads.length);
  const bad = swap(size);
  const read = bad.read.bind(bad);
  bad.read = async (offset, length) => (length > 2 ** 16 ? new NBDError('too much', 'EIO') : read(offset, length));
  expect((await (await replaying()).call(bad, size)).value).toContain('TYPE');
});

test('what a call has opened begins with its memory each time, and another opening does not touch it', async () => {
  const { open } = await replaying();
  const source = swap(size);
  const first = await open(source, (exports) => {
    const address = exports.memory.buffer.byteLength - 8;
    new Uint8Array(exports.memory.buffer)[address] = 42;
    return address;
  });
  const second = await open(source, () => 0);
  const look = (exports: Exports): number => {
    const bytes = new Uint8Array(exports.memory.buffer);
    const found = bytes[first.value] ?? 0;
    bytes[first.value] = 7; // nobody sees that
    return found;
  };
  for (let count = 0; count < 2; count++) {
    expect((await first.opened.call(look)).value).toBe(42);
    expect((await second.opened.call(look)).value).toBe(0);
  }
  await failure(
    first.opened.call(() => {
      throw new RangeError('the stack is used up');
    }),
  );
  expect((await first.opened.call(look)).value).toBe(42);
});
