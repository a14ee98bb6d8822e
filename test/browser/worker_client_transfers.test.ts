// Long transfers through the ready-made worker: what the page makes of many calls.
import { CONTEXT_BASE_ALLOCATION, type Extent, STATE_HOLE, STATE_ZERO } from 'libnbd-wasm/worker-client';
import { describe, expect, test } from 'vitest';
import { concat, firstDifference, noise, pattern } from '../support/bytes.js';
import { failure, nbdError } from '../support/handles.js';
import { nbdkit } from './support/platform.js';
import { connected, inWorker } from './support/worker_client.js';

const MiB = 2 ** 20;
const hole = BigInt(STATE_HOLE | STATE_ZERO);

async function all<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const result: T[] = [];
  for await (const part of parts) result.push(part);
  return result;
}

describe('readFully', () => {
  test('reads more than one request can', async () => {
    const nbd = await connected(await nbdkit('pattern', '80M'));
    const bytes = await nbd.readFully(70 * MiB, 3 * MiB);
    expect(firstDifference(bytes, pattern(3 * MiB, 70 * MiB))).toBe(-1);
  });

  test('refuses a range that is not inside the disk', async () => {
    const nbd = await connected(await nbdkit('pattern', '1M'));
    expect(await failure(nbd.readFully(MiB, 1))).toBeInstanceOf(RangeError);
  });
});

describe('extents', () => {
  test('the whole disk', async () => {
    const nbd = await connected(await nbdkit('data', 'data=@32768 1*65536', 'size=20G'), (nbd) =>
      nbd.addMetaContext(CONTEXT_BASE_ALLOCATION),
    );
    expect(await all<Extent>(nbd.extents())).toEqual([
      { offset: 0n, length: 32768n, flags: hole },
      { offset: 32768n, length: 65536n, flags: 0n },
      { offset: 98304n, length: 20n * 2n ** 30n - 98304n, flags: hole },
    ]);
  });

  test('says what to do when the context was not negotiated', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    expect(await nbdError(all(nbd.extents()))).toMatchObject({
      code: 'ENOTSUP',
      message: expect.stringContaining('addMetaContext()'),
    });
  });
});

describe('readable', () => {
  test('a range in its order', async () => {
    const nbd = await connected(await nbdkit('pattern', '16M'));
    const bytes = concat(...(await all(await nbd.readable({ offset: 4000, length: 9_000_000 }))));
    expect(bytes.length).toBe(9_000_000);
    expect(firstDifference(bytes, pattern(4000, bytes.length))).toBe(-1);
  });

  test('cancelled, it reads no more, and the handle goes on', async () => {
    const nbd = await connected(await nbdkit('pattern', '64M'));
    const reader = (await nbd.readable({ requestSize: 4096, inFlight: 4 })).getReader();
    expect((await reader.read()).value).toEqual(pattern(0, 4096));
    await reader.cancel();
    expect(await nbd.pread(512, 0)).toEqual(pattern(0, 512));
    expect(await nbd.statsChunksSent()).toBeLessThan(32n); // a thousand reads more would have been
  });

  test('fails with the error of the read that failed', async () => {
    const server = await nbdkit('--filter=error', 'pattern', '16M', 'error-pread=EIO', 'error-pread-rate=100%');
    expect((await nbdError(all(await (await connected(server)).readable()))).code).toBe('EIO');
  });

  test('of a handle that is closed: one error, and none that nobody hears of', async () => {
    const nbd = await (await inWorker()).create();
    await nbd.close();
    expect((await nbdError(nbd.readable())).code).toBe('EBADF');
    expect((await nbdError(nbd.writable())).code).toBe('EBADF');
  });
});

describe('writable', () => {
  test('piped from one disk to another', async () => {
    const [source, target] = [await nbdkit('pattern', '10M'), await nbdkit('memory', '16M')];
    const lib = await inWorker();
    const from = await connected(source, () => {}, lib);
    const to = await connected(target, () => {}, lib);
    await (await from.readable()).pipeTo(await to.writable({ offset: 4096 }));
    expect(firstDifference(await to.readFully(10 * MiB, 4096), pattern(0, 10 * MiB))).toBe(-1);
  });

  test('a chunk stays the writer’s', async () => {
    const nbd = await connected(await nbdkit('memory', '8M'));
    const bytes = noise(3_000_000);
    const writer = (await nbd.writable({ inFlight: 3 })).getWriter();
    const chunk = new Uint8Array(70_001);
    for (let at = 0; at < bytes.length; at += chunk.length) {
      const part = bytes.subarray(at, at + chunk.length);
      chunk.set(part);
      await writer.write(chunk.subarray(0, part.length));
    }
    await writer.close();
    expect(firstDifference(await nbd.readFully(bytes.length, 0), bytes)).toBe(-1);
  });

  test('fails with the error of a write that failed, and a pipe with it', async () => {
    const source = await nbdkit('pattern', '16M');
    const target = await nbdkit('--filter=error', 'memory', '16M', 'error-pwrite=ENOSPC', 'error-pwrite-rate=100%');
    const lib = await inWorker();
    const from = await connected(source, () => {}, lib);
    const to = await connected(target, () => {}, lib);
    const piped = (await from.readable()).pipeTo(await to.writable());
    expect((await nbdError(piped)).code).toBe('ENOSPC');
    expect(await from.pread(512, 0)).toEqual(pattern(0, 512));
  });

  test('aborted, it writes no more', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const writer = (await nbd.writable({ requestSize: 512 })).getWriter();
    writer.closed.catch(() => {});
    await writer.write(noise(1000)); // of which the second half waits for the rest of its block
    await writer.abort(new Error('enough'));
    expect(await failure(writer.write(noise(512)))).toHaveProperty('message', 'enough');
    expect(await nbd.pread(512, 512)).toEqual(new Uint8Array(512));
  });
});
