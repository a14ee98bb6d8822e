// readable(), writable() and readFully(): long transfers, split into requests with a bounded number in flight.
import { CONTEXT_BASE_ALLOCATION } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise, pattern } from './support/bytes.js';
import { connected, failure, nbdError } from './support/handles.js';
import { nbdkit, type TestServer } from './support/platform.js';

const MiB = 2 ** 20;
/** Of nbdkit's data plugin: two runs of data in 4 MiB. */
const sparse = 'data=@65536 1*100000 @2097152 2*1000';
const policy = (minimum: number): string[] => [`blocksize-minimum=${minimum}`, 'blocksize-error-policy=error'];

async function collect(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.length;
  }
  return bytes;
}

describe('readFully', () => {
  test('reads more than one request can', async () => {
    const nbd = await connected(await nbdkit('pattern', 'size=200M'));
    const bytes = await nbd.readFully(150 * 2 ** 20, 3 * 2 ** 20);
    expect(firstDifference(bytes, pattern(3n * 2n ** 20n, bytes.length))).toBe(-1);
  });

  test('rejects as a read does, and leaves nothing running', async () => {
    const nbd = await connected(
      await nbdkit('--filter=error', 'pattern', 'size=10M', 'error-pread=EIO', 'error-pread-rate=100%'),
    );
    expect((await nbdError(nbd.readFully(2 ** 23, 0))).code).toBe('EIO');
    expect(nbd.aioInFlight()).toBe(0);
  });

  test('refuses a range that is not inside the disk', async () => {
    const nbd = await connected(await nbdkit('pattern', 'size=1M'));
    expect(await failure(nbd.readFully(2 ** 20, 1))).toBeInstanceOf(RangeError);
  });
});

describe('readable', () => {
  test('delivers a range in its order', async () => {
    const nbd = await connected(await nbdkit('pattern', 'size=16M'));
    const bytes = await collect(nbd.readable({ offset: 4096, length: 9_000_000 - 4096 }));
    expect(bytes.length).toBe(9_000_000 - 4096);
    expect(firstDifference(bytes, pattern(4096n, bytes.length))).toBe(-1);
  });

  test('reads whole blocks of a server that has them, whatever the range', async () => {
    const policy = [
      'blocksize-minimum=4096',
      'blocksize-preferred=65536',
      'blocksize-maximum=262144',
      'blocksize-error-policy=error',
    ];
    const nbd = await connected(await nbdkit('--filter=blocksize-policy', 'pattern', 'size=1M', ...policy));
    const bytes = await collect(nbd.readable({ offset: 8, length: 500_000, requestSize: 2 ** 20 }));
    expect(bytes.length).toBe(500_000);
    expect(firstDifference(bytes, pattern(8n, bytes.length))).toBe(-1);
  });

  test('fills the buffers that a reader brings', async () => {
    const nbd = await connected(await nbdkit('pattern', 'size=1M'));
    const reader = nbd.readable({ offset: 1000, length: 600_000, requestSize: 65536 }).getReader({ mode: 'byob' });
    const bytes = new Uint8Array(600_000);
    let filled = 0;
    // Smaller than a request and larger, and none that divides one.
    for (let size = 10_007; ; size = size === 10_007 ? 100_003 : 10_007) {
      const { done, value } = await reader.read(new Uint8Array(size));
      if (done) break;
      expect(value.length).toBeGreaterThan(0);
      bytes.set(value, filled);
      filled += value.length;
    }
    expect(filled).toBe(600_000);
    expect(firstDifference(bytes, pattern(1000n, filled))).toBe(-1);
  });

  test.for<[string, () => Promise<TestServer>, boolean]>([
    ['that tells its holes', () => nbdkit('data', sparse, 'size=4M'), true],
    ['that is not asked for its extents', () => nbdkit('data', sparse, 'size=4M'), false],
    ['that has no metadata contexts', () => nbdkit('--no-sr', 'data', sparse, 'size=4M'), true],
    ['of the old style', () => nbdkit('--oldstyle', 'data', sparse, 'size=4M'), true],
    [
      'that takes whole blocks alone',
      () => nbdkit('--filter=blocksize-policy', 'data', sparse, 'size=4M', ...policy(4096)),
      true,
    ],
  ])('skipZeroes: the same bytes from a server %s', async ([, start, isAsked]) => {
    const nbd = await connected(await start(), (nbd) => {
      if (isAsked) nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    });
    const expected = await nbd.readFully(4 * MiB, 0);
    expect(expected.includes(1) && expected.includes(2)).toBe(true);
    for (const [offset, length] of [
      [0, 4 * MiB],
      [99, MiB + 1],
      [2 * MiB - 5, 7],
    ] as const) {
      const bytes = await collect(nbd.readable({ offset, length, skipZeroes: true, requestSize: 65536 }));
      expect(firstDifference(bytes, expected.subarray(offset, offset + length))).toBe(-1);
    }
  });

  test('skipZeroes: holes are not read, even where they could not be', async () => {
    // The filter fails every read; the first half of the disk is data.
    const args = ['size=2M', 'data=1*1048576', 'error-pread=EIO', 'error-pread-rate=100%'];
    const nbd = await connected(await nbdkit('--filter=error', 'data', ...args), (nbd) => {
      nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    });
    const bytes = await collect(nbd.readable({ offset: MiB, skipZeroes: true }));
    expect(firstDifference(bytes, new Uint8Array(MiB))).toBe(-1);
    expect((await nbdError(collect(nbd.readable({ offset: MiB })))).code).toBe('EIO');
    expect((await nbdError(collect(nbd.readable({ offset: MiB - 1, skipZeroes: true })))).code).toBe('EIO');
  });

  test('sends no more requests than it may, and none that nobody reads', async () => {
    const nbd = await connected(await nbdkit('pattern', 'size=16M'));
    const reader = nbd.readable({ requestSize: 4096, inFlight: 4 }).getReader();
    const before = nbd.statsChunksSent();
    await reader.read();
    expect(Number(nbd.statsChunksSent() - before)).toBeLessThanOrEqual(5);
    await reader.cancel();
  });

  test('fails with the error of the read that failed', async () => {
    const nbd = await connected(
      await nbdkit('--filter=error', 'pattern', 'size=16M', 'error-pread=EIO', 'error-pread-rate=100%'),
    );
    expect((await nbdError(collect(nbd.readable()))).code).toBe('EIO');
  });
});

describe('writable', () => {
  test('writes chunks of any size', async () => {
    const nbd = await connected(await nbdkit('memory', '8M'));
    const bytes = noise(3_000_000);
    const writer = nbd.writable({ offset: 4096, inFlight: 3 }).getWriter();
    const chunk = new Uint8Array(70_001);
    for (let at = 0; at < bytes.length; at += chunk.length) {
      const part = bytes.subarray(at, at + chunk.length);
      chunk.set(part);
      await writer.write(chunk.subarray(0, part.length)); // its memory is used again at once
    }
    await writer.close();
    expect(firstDifference(await nbd.readFully(bytes.length, 4096), bytes)).toBe(-1);
  });

  test('fails with the error of a write that failed', async () => {
    const nbd = await connected(await nbdkit('--filter=error', 'memory', '8M', 'error-pwrite=ENOSPC', 'error-pwrite-rate=100%'));
    const writer = nbd.writable({ requestSize: 4096 }).getWriter();
    writer.closed.catch(() => {});
    const error = await nbdError(writer.write(new Uint8Array(2 ** 20)).then(() => writer.close()));
    expect(error.code).toBe('ENOSPC');
  });
});
