// for await (const extent of nbd.extents()): the whole disk, without gaps, neighbours merged.
import { CONTEXT_BASE_ALLOCATION, describeFlags, type Extent, STATE_HOLE, STATE_ZERO } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { connected, failure, nbdError } from './support/handles.js';
import { nbdkit, qemuNbd } from './support/platform.js';

const hole = BigInt(STATE_HOLE | STATE_ZERO);
const withContext = (nbd: { addMetaContext(name: string): void }) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);

async function all<Flags>(extents: AsyncIterable<Extent<Flags>>): Promise<Extent<Flags>[]> {
  const result: Extent<Flags>[] = [];
  for await (const extent of extents) result.push(extent);
  return result;
}

describe('extents', () => {
  test('tells holes from data, and merges what a server cuts up', async () => {
    // 32 KiB is what nbdkit's sparse array allocates at a time.
    const server = await nbdkit('data', 'data=@32768 1 @98304 1*65536', 'size=1M');
    const nbd = await connected(server, withContext);
    expect(await all(nbd.extents())).toEqual([
      { offset: 0n, length: 32768n, flags: hole },
      { offset: 32768n, length: 32768n, flags: 0n },
      { offset: 65536n, length: 32768n, flags: hole },
      { offset: 98304n, length: 65536n, flags: 0n },
      { offset: 163840n, length: 884736n, flags: hole },
    ]);
  });

  test('covers a disk larger than one request can ask about', async () => {
    const nbd = await connected(await nbdkit('null', 'size=20G'), withContext);
    expect(await all(nbd.extents())).toEqual([{ offset: 0n, length: 20n * 2n ** 30n, flags: hole }]);
  });

  test('covers a part of the disk, wherever it begins and ends', async () => {
    const nbd = await connected(await nbdkit('data', 'data=@32768 1*32768', 'size=1M'), withContext);
    expect(await all(nbd.extents({ offset: 1000, length: 40000 }))).toEqual([
      { offset: 1000n, length: 31768n, flags: hole },
      { offset: 32768n, length: 8232n, flags: 0n },
    ]);
    expect(await all(nbd.extents({ offset: nbd.getSize() }))).toEqual([]);
  });

  test('asks in whole blocks of a server that has them', async () => {
    const server = await nbdkit(
      '--filter=blocksize-policy',
      'memory',
      '1M',
      'blocksize-minimum=4096',
      'blocksize-error-policy=error',
    );
    const nbd = await connected(server, withContext);
    expect(await all(nbd.extents({ offset: 100, length: 200 }))).toEqual([{ offset: 100n, length: 200n, flags: hole }]);
  });

  test('takes the context by its name', async () => {
    const server = await qemuNbd({
      format: 'qcow2',
      size: 1 << 20,
      content: new Uint8Array(65536).fill(1),
      options: ['--allocation-depth'],
    });
    const nbd = await connected(server, (handle) => {
      withContext(handle);
      handle.addMetaContext('qemu:allocation-depth');
    });
    expect(await all(nbd.extents({ context: 'qemu:allocation-depth' }))).toEqual([
      { offset: 0n, length: 65536n, flags: 1n },
      { offset: 65536n, length: 983040n, flags: 0n },
    ]);
  });

  test('says what to do when the context was not negotiated', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const error = await nbdError(all(nbd.extents()));
    expect(error.code).toBe('ENOTSUP');
    expect(error.message).toContain('addMetaContext()');
  });

  test('refuses a range that is not inside the disk', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), withContext);
    expect(await failure(all(nbd.extents({ offset: 1, length: 1 << 20 })))).toBeInstanceOf(RangeError);
  });

  test('stops when it is aborted', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), withContext);
    expect(await failure(all(nbd.extents({ signal: AbortSignal.abort(new Error('enough')) })))).toHaveProperty(
      'message',
      'enough',
    );
  });
});

describe('several contexts in one pass', () => {
  const bitmap = 'qemu:dirty-bitmap:changes';
  const contexts = [CONTEXT_BASE_ALLOCATION, bitmap];
  /** Data that is dirty, then a hole, then zeroes that are dirty, then a hole. */
  const changed = () =>
    qemuNbd({
      format: 'qcow2',
      size: 1 << 20,
      bitmap: 'changes',
      content: new Uint8Array(65536).fill(1),
      commands: ['write -z 128k 64k'],
    });
  const withBoth = (nbd: { addMetaContext(name: string): void }) => {
    for (const context of contexts) nbd.addMetaContext(context);
  };

  test('the flags of each, in the order in which they were asked for', async () => {
    const nbd = await connected(await changed(), withBoth);
    const expected = [
      { offset: 0n, length: 65536n, flags: [0n, 1n] },
      { offset: 65536n, length: 65536n, flags: [hole, 0n] },
      { offset: 131072n, length: 65536n, flags: [hole, 1n] },
      { offset: 196608n, length: 851968n, flags: [hole, 0n] },
    ];
    expect(await all(nbd.extents({ contexts }))).toEqual(expected);
    const reversed = expected.map(({ flags, ...rest }) => ({ ...rest, flags: [...flags].reverse() }));
    expect(await all(nbd.extents({ contexts: [...contexts].reverse() }))).toEqual(reversed);
  });

  test('what is dirty and not zero: the least that an incremental backup has to read', async () => {
    const nbd = await connected(await changed(), withBoth);
    const found = (await all(nbd.extents({ contexts }))).filter(
      ({ flags: [allocation = 0n, dirty] }) => dirty === 1n && !(allocation & BigInt(STATE_ZERO)),
    );
    expect(found.map(({ offset, length }) => [offset, length])).toEqual([[0n, 65536n]]);
  });

  test('of a part of the disk, which cuts extents of both', async () => {
    const nbd = await connected(await changed(), withBoth);
    expect(await all(nbd.extents({ contexts, offset: 60_000, length: 80_000 }))).toEqual([
      { offset: 60_000n, length: 5536n, flags: [0n, 1n] },
      { offset: 65_536n, length: 65_536n, flags: [hole, 0n] },
      { offset: 131_072n, length: 8928n, flags: [hole, 1n] },
    ]);
  });

  test('one alone has a list of one', async () => {
    const nbd = await connected(await changed(), withBoth);
    const found = await all(nbd.extents({ contexts: [bitmap], length: 65536 }));
    expect(found).toEqual([{ offset: 0n, length: 65536n, flags: [1n] }]);
    expect(await all(nbd.extents({ context: bitmap, length: 65536 }))).toEqual([{ offset: 0n, length: 65536n, flags: 1n }]);
  });

  test('one that was not negotiated is told by its name', async () => {
    const nbd = await connected(await changed(), withContext);
    const error = await nbdError(all(nbd.extents({ contexts })));
    expect([error.code, error.message.includes(bitmap)]).toEqual(['ENOTSUP', true]);
  });
});

// nbdinfo's words are compared with nbdinfo in node/nbdinfo_map.test.ts.
test.for<[string, number | bigint, string | undefined]>([
  ['base:allocation', 0n, 'data'],
  ['base:allocation', 1, 'hole'],
  ['base:allocation', 2, 'zero'],
  ['base:allocation', 3n, 'hole,zero'],
  ['base:allocation', 4n, undefined],
  ['base:allocation', 2n ** 32n, undefined],
  ['qemu:dirty-bitmap:any', 0n, 'clean'],
  ['qemu:dirty-bitmap:any', 1n, 'dirty'],
  ['qemu:dirty-bitmap:any', 2n, undefined],
  ['qemu:allocation-depth', 0n, 'absent'],
  ['qemu:allocation-depth', 1n, 'local'],
  ['qemu:allocation-depth', 7n, 'backing depth 7'],
  ['x-other:context', 0n, undefined],
])('describeFlags: %s, %s: %s', ([context, flags, words]) => {
  expect(describeFlags(context, flags)).toBe(words);
});
