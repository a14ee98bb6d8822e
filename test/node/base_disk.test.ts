// A disk that passes each call on to a handle: what it has of BaseDisk does as the handle's own calls do.
import { buffer } from 'node:stream/consumers';
import { CONTEXT_BASE_ALLOCATION, type Disk, type Extent64, type NBD, type Size } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { BaseDisk } from '../../dist/disk/base_disk.js';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { connected, failure, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';

class PassingDisk extends BaseDisk {
  readonly #nbd: NBD;

  constructor(nbd: NBD) {
    super();
    this.#nbd = nbd;
  }

  override pread = (...args: Parameters<Disk['pread']>) => this.#nbd.pread(...args);
  override pwrite = (...args: Parameters<Disk['pwrite']>) => this.#nbd.pwrite(...args);
  override zero = (...args: Parameters<Disk['zero']>) => this.#nbd.zero(...args);
  override trim = (...args: Parameters<Disk['trim']>) => this.#nbd.trim(...args);
  override cache = (...args: Parameters<Disk['cache']>) => this.#nbd.cache(...args);
  override flush = (...args: Parameters<Disk['flush']>) => this.#nbd.flush(...args);
  override blockStatusArrays = (...args: Parameters<Disk['blockStatusArrays']>) => this.#nbd.blockStatusArrays(...args);
  override isReadOnly = () => this.#nbd.isReadOnly();
  override isRotational = () => this.#nbd.isRotational();
  override canFlush = () => this.#nbd.canFlush();
  override canFua = () => this.#nbd.canFua();
  override canZero = () => this.#nbd.canZero();
  override canFastZero = () => this.#nbd.canFastZero();
  override canTrim = () => this.#nbd.canTrim();
  override canCache = () => this.#nbd.canCache();
  override canMultiConn = () => this.#nbd.canMultiConn();
  override canMetaContext = (context: string) => this.#nbd.canMetaContext(context);
  override getSize = async () => this.#nbd.getSize(); // as a disk that must ask
  override getBlockSize = async (type: Size) => this.#nbd.getBlockSize(type);
  override getExtendedHeadersNegotiated = () => this.#nbd.getExtendedHeadersNegotiated();
}

async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of found) list.push(one);
  return list;
}

const sparse = async () => {
  const server = await nbdkit('sparse-random', 'size=8M', 'seed=7', 'percent=30', 'runlength=65536');
  const nbd = await connected(server, (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
  return { nbd, disk: new PassingDisk(nbd) };
};

test('extents', async () => {
  const { nbd, disk } = await sparse();
  const expected = await all(nbd.extents());
  expect(expected.length).toBeGreaterThan(2);
  expect(await all(disk.extents())).toEqual(expected);
  const contexts = [CONTEXT_BASE_ALLOCATION];
  expect(await all(disk.extents({ contexts, offset: 4096 }))).toEqual(await all(nbd.extents({ contexts, offset: 4096 })));
});

test('blockStatus64', async () => {
  const { nbd, disk } = await sparse();
  const told = async (one: Disk) => {
    const calls: [string, bigint, Extent64[]][] = [];
    await one.blockStatus64(2 ** 20, 65536, (context, offset, entries) => void calls.push([context, offset, entries]));
    return calls;
  };
  const expected = await told(nbd);
  expect(expected.length).toBe(1);
  expect(await told(disk)).toEqual(expected);
});

test('blockStatus64: a callback that throws, or reports an error, makes the call fail as the handle’s fails', async () => {
  const { nbd, disk } = await sparse();
  const thrown = new Error('enough');
  for (const one of [nbd, disk] as Disk[]) {
    const error = await nbdError(
      one.blockStatus64(65536, 0, () => {
        throw thrown;
      }),
    );
    expect(error.cause).toBe(thrown);
    const reported = await nbdError(
      one.blockStatus64(65536, 0, (_context, _offset, _entries, error) => {
        error.code = 'ENOSPC';
        return -1;
      }),
    );
    expect(reported.code).toBe('ENOSPC');
  }
  expect(await failure(disk.blockStatus64(512, 0, 'none' as never))).toBeInstanceOf(TypeError);
});

test('readFully, readable and preadInto', async () => {
  const { nbd, disk } = await sparse();
  const content = await nbd.readFully(8 * 2 ** 20, 0);
  expect(firstDifference(await disk.readFully(8 * 2 ** 20, 0), content)).toBe(-1);
  const read = await buffer(await disk.readable({ offset: 1000, skipZeroes: true }));
  expect(firstDifference(read, content.subarray(1000))).toBe(-1);
  const view = new Uint8Array(2048);
  await disk.preadInto(view.subarray(512, 1536), 65536);
  expect(view.subarray(512, 1536)).toEqual(content.subarray(65536, 66560));
  expect(view.subarray(0, 512)).toEqual(new Uint8Array(512));
  await expect(disk.readable({ offset: 2 ** 30 })).rejects.toThrow(RangeError);
});

test('writable', async () => {
  const nbd = await connected(await nbdkit('--filter=cow', 'pattern', '1M'));
  const disk = new PassingDisk(nbd);
  const bytes = noise(300_000, 3);
  await new Response(bytes).body?.pipeTo(await disk.writable({ offset: 777 }));
  expect(firstDifference(await nbd.pread(300_000, 777), bytes)).toBe(-1);
  expect(await nbd.pread(777, 0)).toEqual(pattern(0, 777));
  expect((await buffer(await disk.readable({ length: 0 }))).length).toBe(0);
});
