// Many requests at a time: each gets its own answer, in whatever order the server gives them.
import { expect, test } from 'vitest';
import { firstDifference, noise, pattern } from './support/bytes.js';
import { connected } from './support/handles.js';
import { nbdkit, peer } from './support/platform.js';
import { handshake, request, simpleReply } from './support/protocol.js';

test('10,000 reads in one turn', async () => {
  const nbd = await connected(await nbdkit('pattern', '1G'));
  const offsets = Array.from({ length: 10_000 }, (_, i) => (i * 7919 * 512) % 2 ** 29);
  const reads = await Promise.all(offsets.map((offset) => nbd.pread(64, offset)));
  for (const [i, bytes] of reads.entries()) expect(firstDifference(bytes, pattern(offsets[i] ?? -1, 64)), `read ${i}`).toBe(-1);
  expect(nbd.aioInFlight()).toBe(0);
});

test('reads and writes of all sizes at a time, each to a place of its own', async () => {
  const nbd = await connected(await nbdkit('memory', '1G'));
  const size = (i: number) => 1 + ((i * 104729) % 300_000);
  const writes = Array.from({ length: 500 }, (_, i) => nbd.pwrite(noise(size(i), i), i * 2 ** 20));
  await Promise.all(writes);
  const reads = await Promise.all(writes.map((_, i) => nbd.pread(size(i), i * 2 ** 20)));
  for (const [i, bytes] of reads.entries()) expect(firstDifference(bytes, noise(size(i), i)), `write ${i}`).toBe(-1);
});

test('requests issued from replies, without a pause', async () => {
  const nbd = await connected(await nbdkit('pattern', '1G'));
  let done = 0;
  const worker = async (start: number) => {
    for (let offset = start; offset < start + 100 * 4096; offset += 4096) {
      expect((await nbd.pread(4096, offset)).subarray(0, 8)).toEqual(pattern(offset, 8));
      done++;
    }
  };
  await Promise.all(Array.from({ length: 32 }, (_, i) => worker(i * 2 ** 20)));
  expect(done).toBe(3200);
});

test('a slow request does not hold up those behind it', async () => {
  const nbd = await connected(await nbdkit('--filter=delay', 'memory', '1M', 'rdelay=300ms'));
  const order: string[] = [];
  await Promise.all([
    nbd.pread(8, 8).then(() => order.push('read')),
    nbd.pwrite(new Uint8Array(512), 4096).then(() => order.push('write')),
    nbd.flush().then(() => order.push('flush')),
    nbd.cache(512, 0).then(() => order.push('cache')),
  ]);
  expect(order.at(-1)).toBe('read');
  expect(order.sort()).toEqual(['cache', 'flush', 'read', 'write']);
});

test('replies in the reverse order', async () => {
  const count = 100;
  const replies = Array.from({ length: count }, (_, i) => {
    const cookie = count - i;
    return { send: simpleReply(cookie, 0, pattern(cookie * 512, 512)) };
  });
  const server = await peer([...handshake('simple', 2n ** 20n), { receive: count * request }, ...replies]);
  const nbd = await connected(server);
  const order: number[] = [];
  const reads = Array.from({ length: count }, async (_, i) => {
    const bytes = await nbd.pread(512, i * 512);
    order.push(i);
    expect(firstDifference(bytes, pattern((i + 1) * 512, 512)), `read ${i}`).toBe(-1); // cookies are counted from 1
  });
  await Promise.all(reads);
  expect(order).toEqual(Array.from({ length: count }, (_, i) => count - 1 - i));
});

test('a shutdown lets the replies in that are still under way', async () => {
  const server = await peer([
    ...handshake('simple', 2n ** 20n),
    { receive: 2 * request + request }, // both reads, and NBD_CMD_DISC
    { send: simpleReply(2, 0, pattern(8, 8)) },
    { send: simpleReply(1, 0, pattern(0, 8)) },
    { close: 'end' },
  ]);
  const nbd = await connected(server);
  const [first, second] = await Promise.all([nbd.pread(8, 0), nbd.pread(8, 8), nbd.shutdown()]);
  expect(first).toEqual(pattern(0, 8));
  expect(second).toEqual(pattern(8, 8));
  expect(nbd.aioIsClosed()).toBe(true);
});

test('two shutdowns at a time both come to an end', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const results = await Promise.allSettled([nbd.shutdown(), nbd.shutdown()]);
  expect(results[0]).toEqual({ status: 'fulfilled', value: undefined });
  expect(nbd.aioIsClosed()).toBe(true);
});
