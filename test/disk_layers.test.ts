// Disks over disks: the cache, the overlay and the blob, held against plain arrays.
import fc from 'fast-check';
import { CONTEXT_BASE_ALLOCATION, cached, type Disk, DiskBlob, NBDError, Overlay, STATE_HOLE, STATE_ZERO } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { concat, firstDifference, noise, pattern } from './support/bytes.js';
import { connected, failure } from './support/handles.js';
import { MemoryDisk } from './support/memory_disk.js';
import { nbdkit } from './support/platform.js';

const size = 300_001;

interface Operation {
  kind: 'read' | 'readInto' | 'write' | 'zero';
  offset: number;
  count: number;
  seed: number;
}

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('read', 'readInto', 'write', 'zero'),
  offset: fc.nat(size - 1),
  count: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 4000, max: 70_000 })),
  seed: fc.nat(1000),
});

/** Does an operation to a disk and to the model of it. What is read must be what the model has, now or at the end. */
async function perform(disk: Disk, model: Uint8Array, { kind, offset, count, seed }: Operation): Promise<void> {
  const length = Math.min(count, size - offset);
  const expected = model.subarray(offset, offset + length);
  if (kind === 'write') {
    const bytes = noise(length, seed);
    expected.set(bytes);
    await disk.pwrite(bytes, offset);
    bytes.fill(0); // its memory is the caller's again
  } else if (kind === 'zero') {
    expected.fill(0);
    await disk.zero(length, offset);
  } else {
    const was = expected.slice();
    const bytes = new Uint8Array(length);
    if (kind === 'read') bytes.set(await disk.pread(length, offset));
    else await disk.preadInto(bytes, offset);
    expect(firstDifference(bytes, was)).toBe(-1);
  }
}

/** Operations one after another, and several reads at a time. */
async function hold(over: (disk: Disk) => Promise<Disk>): Promise<void> {
  const property = fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), async (operations) => {
    const content = noise(size);
    const disk = await over(new MemoryDisk(content.slice()));
    const model = content.slice();
    let reads: Promise<void>[] = [];
    for (const next of operations) {
      const isRead = next.kind.startsWith('read');
      if (!isRead) {
        await Promise.all(reads);
        reads = [];
      }
      const work = perform(disk, model, next);
      if (isRead) reads.push(work);
      else await work;
    }
    await Promise.all(reads);
    expect(firstDifference(await disk.pread(size, 0), model)).toBe(-1);
  });
  await fc.assert(property, { numRuns: 100 });
}

describe('cached', () => {
  test.for([
    { blockSize: 4096, capacity: 65536, readAhead: 0 },
    { blockSize: 4096, capacity: 2 ** 20, readAhead: 16384 },
    { blockSize: 1000, capacity: 50_000, readAhead: 5000 },
    {},
  ])('is the disk below: %o', async (options) => {
    await hold((disk) => cached(disk, options));
  });

  test('reads that want the same block at a time are one request, and later ones none', async () => {
    const below = new MemoryDisk(noise(2 ** 20));
    const disk = await cached(below, { blockSize: 65536, readAhead: 0 });
    const reads = [0, 100, 65536, 70_000, 131_071].map((offset) => disk.pread(1, offset));
    const bytes = await Promise.all(reads);
    expect(bytes.map(([byte]) => byte)).toEqual([0, 100, 65536, 70_000, 131_071].map((at) => below.bytes[at]));
    await disk.pread(1000, 65_000);
    expect(below.requests).toEqual(['pread 65536 0', 'pread 65536 65536']);
  });

  test('missing blocks that lie together are one request', async () => {
    const below = new MemoryDisk(noise(2 ** 20));
    const disk = await cached(below, { blockSize: 4096, readAhead: 0 });
    await disk.pread(1, 3 * 4096);
    await disk.pread(5 * 4096, 4096);
    expect(below.requests).toEqual(['pread 4096 12288', 'pread 8192 4096', 'pread 8192 16384']);
  });

  test('a reader that goes on where it was finds the next blocks there', async () => {
    const below = new MemoryDisk(noise(2 ** 20));
    const disk = await cached(below, { blockSize: 4096, readAhead: 65536 });
    for (let at = 0; at < 65536; at += 512) await disk.pread(512, at);
    expect(below.requests.length).toBeLessThanOrEqual(18);
    const before = below.requests.length;
    await disk.pread(512, 500_000); // somewhere else: nothing is read ahead
    expect(below.requests.slice(before)).toEqual(['pread 4096 499712']);
  });

  test('keeps no more than it may', async () => {
    const below = new MemoryDisk(noise(2 ** 20));
    const disk = await cached(below, { blockSize: 4096, capacity: 32768, readAhead: 0 });
    for (let at = 0; at < 2 ** 20; at += 4096) await disk.pread(1, at);
    const before = below.requests.length;
    for (let at = 2 ** 20 - 32768; at < 2 ** 20; at += 4096) await disk.pread(1, at); // the last eight
    expect(below.requests.length).toBe(before);
    await disk.pread(1, 0);
    expect(below.requests.length).toBe(before + 1);
  });

  test('what was read while a write was under way is not kept', async () => {
    const below = new MemoryDisk(65536);
    const disk = await cached(below, { readAhead: 0 });
    let go = () => {};
    below.before = async (request) => {
      if (request.startsWith('pwrite')) await new Promise<void>((resolve) => (go = resolve));
    };
    const writing = disk.pwrite(new Uint8Array(512).fill(7), 0);
    expect(await disk.pread(1, 0)).toEqual(new Uint8Array([0]));
    go();
    await writing;
    expect(await disk.pread(1, 0)).toEqual(new Uint8Array([7]));
  });

  test('a bad sector fails those reads alone that ask for it, and is asked for again', async () => {
    const below = new MemoryDisk(noise(65536));
    const disk = await cached(below, { readAhead: 0 });
    below.before = async (request) => {
      const [, count, offset] = request.split(' ').map(Number) as [number, number, number];
      if (offset <= 5000 && 5000 < offset + count) throw new NBDError(`${request}: bad sector`, 'EIO');
    };
    expect(firstDifference(await disk.pread(512, 0), noise(65536).subarray(0, 512))).toBe(-1);
    expect(await failure(disk.pread(512, 4608))).toMatchObject({ code: 'EIO' });
    below.before = async () => {};
    expect(firstDifference(await disk.pread(512, 4608), noise(65536).subarray(4608, 5120))).toBe(-1);
  });

  test('the abort of one reader is not that of another', async () => {
    const below = new MemoryDisk(noise(65536));
    const disk = await cached(below, { readAhead: 0 });
    let go = () => {};
    below.before = () => new Promise<void>((resolve) => (go = resolve));
    const abort = new AbortController();
    const [one, other] = [failure(disk.pread(512, 0, { signal: abort.signal })), disk.pread(512, 0)];
    abort.abort('enough');
    expect(await one).toBe('enough');
    go();
    expect(firstDifference(await other, noise(65536).subarray(0, 512))).toBe(-1);
  });

  test('reads of any alignment over a server with large blocks', async () => {
    const policy = [
      'blocksize-minimum=4096',
      'blocksize-preferred=4096',
      'blocksize-maximum=65536',
      'blocksize-error-policy=error',
    ];
    const disk = await cached(await connected(await nbdkit('--filter=blocksize-policy', 'pattern', 'size=1M', ...policy)));
    expect(firstDifference(await disk.pread(10_000, 12_345), pattern(12_345, 10_000))).toBe(-1);
    expect(firstDifference(await disk.pread(7, 2 ** 20 - 7), pattern(2 ** 20 - 7, 7))).toBe(-1);
  });

  test('keeps what stands at the end of the largest disk, where no number is exact', async () => {
    const end = 2n ** 63n - 1n;
    const nbd = await connected(await nbdkit('pattern', String(end)));
    const asked: string[] = [];
    const pread = nbd.pread.bind(nbd);
    nbd.pread = (count, offset, options) => {
      asked.push(`${count} ${offset}`);
      return pread(count, offset, options);
    };
    const disk = await cached(nbd, { blockSize: 4096, readAhead: 0 });
    // nbdkit-pattern-plugin(1): each aligned 8 bytes are their offset, big-endian
    const last = await disk.pread(15, end - 15n);
    expect(new DataView(last.buffer).getBigUint64(0)).toBe(end - 15n);
    expect(Array.from(last.subarray(8))).toEqual([0x7f, 255, 255, 255, 255, 255, 255]);
    const across = await disk.pread(16, end - 4095n - 8n);
    expect(new DataView(across.buffer).getBigUint64(0)).toBe(end - 4095n - 8n);
    expect(new DataView(across.buffer).getBigUint64(8)).toBe(end - 4095n);
    expect(asked).toEqual([`4095 ${end - 4095n}`, `4096 ${end - 4095n - 4096n}`]);
  });

  test('refuses sizes that do not fit', async () => {
    const below = new MemoryDisk(65536);
    expect(await failure(cached(below, { blockSize: 0 }))).toBeInstanceOf(RangeError);
    expect(await failure(cached(below, { blockSize: 4096, capacity: 100 }))).toBeInstanceOf(RangeError);
  });
});

describe('Overlay', () => {
  test('is a disk that can be written', () => hold(async (disk) => new Overlay(disk)));

  test('a cache over an overlay is one as well', () =>
    hold((disk) => cached(new Overlay(disk), { blockSize: 4096, capacity: 65536 })));

  test('its differences make the disk below the same, which it has not written', async () => {
    const property = fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const content = noise(size);
      const below = new MemoryDisk(content.slice());
      const overlay = new Overlay(below);
      const model = content.slice();
      for (const next of operations) await perform(overlay, model, next);
      expect(firstDifference(below.bytes, content)).toBe(-1);
      let last = 0n;
      for (const { offset, length, bytes } of overlay.diff()) {
        expect(offset).toBeGreaterThanOrEqual(last);
        last = offset + length;
        if (bytes !== undefined) below.bytes.set(bytes, Number(offset));
        else below.bytes.fill(0, Number(offset), Number(last));
      }
      expect(firstDifference(below.bytes, model)).toBe(-1);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  test('lies over a server that is read-only, and tells what is data in it', async () => {
    const nbd = await connected(await nbdkit('-r', 'memory', '1T'), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
    const overlay = new Overlay(nbd);
    await overlay.pwrite(noise(65536), 2 ** 30);
    await overlay.zero(2 ** 39, 2 ** 31); // costs nothing
    await overlay.flush();
    expect(firstDifference(await overlay.pread(1000, 2 ** 30), noise(1000))).toBe(-1);
    const found = (await overlay.blockStatusArrays(2 ** 32 - 65536, 0)).get(CONTEXT_BASE_ALLOCATION) ?? [];
    const hole = BigInt(STATE_HOLE | STATE_ZERO);
    expect([...found].slice(0, 4)).toEqual([2n ** 30n, hole, 65536n, 0n]);
    const called: [string, bigint, number][] = [];
    await overlay.blockStatus64(
      2 ** 32 - 65536,
      0,
      (context, offset, entries) => void called.push([context, offset, entries.length]),
    );
    expect(called).toEqual([[CONTEXT_BASE_ALLOCATION, 0n, found.length / 2]]);
  });

  test('a write that has no room is refused, and one beyond the end', async () => {
    const overlay = new Overlay(new MemoryDisk(2 ** 20), { capacity: 10_000 });
    await overlay.pwrite(noise(9000), 0);
    expect(await failure(overlay.pwrite(noise(2000), 50_000))).toMatchObject({ code: 'ENOSPC' });
    expect(await failure(overlay.pwrite(noise(2), 2 ** 20 - 1))).toMatchObject({ code: 'EINVAL' });
    expect(await failure(overlay.zero(2, 2 ** 20 - 1))).toMatchObject({ code: 'EINVAL' });
  });
});

describe('DiskBlob', () => {
  test('has the members of a blob, and reads what is asked for', async () => {
    const below = new MemoryDisk(noise(size));
    const blob = await DiskBlob.of(below);
    const reference = new Blob([noise(size)]);
    expect([blob.size, blob.type]).toEqual([reference.size, reference.type]);
    expect(below.requests).toEqual([]);
    const position = fc.option(fc.integer({ min: -400_000, max: 400_000 }), { nil: undefined });
    const property = fc.asyncProperty(position, position, position, position, async (a, b, c, d) => {
      const [ours, theirs] = [blob.slice(a, b).slice(c, d), reference.slice(a, b).slice(c, d)];
      expect(ours.size).toBe(theirs.size);
      const expected = new Uint8Array(await theirs.arrayBuffer());
      expect(firstDifference(new Uint8Array(await ours.arrayBuffer()), expected)).toBe(-1);
      const chunks: Uint8Array[] = [];
      const reader = ours.stream().getReader();
      for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
      expect(firstDifference(concat(...chunks), expected)).toBe(-1);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('of a text', async () => {
    const blob = await DiskBlob.of(new MemoryDisk(new TextEncoder().encode('größer\n')));
    expect(await blob.text()).toBe('größer\n');
    expect(await new Response(blob.stream()).text()).toBe('größer\n');
  });
});
