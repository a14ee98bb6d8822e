// Real servers, killed again and again while many writes are in flight: whoever writes again what a flush names loses nothing.
import { DiskError, type LastingDisk, openDisk } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { type Kind, type Restartable, restartable } from './restartable.js';

const size = 4 * 2 ** 20;
const block = 16384;
const blocks = size / block;
const inFlight = 8;
const kills = Number(process.env.CAMPAIGN_KILLS ?? 3);

const cases = (['nbdkit file', 'nbdkit file, cached', 'qemu-nbd qcow2'] as Kind[]).flatMap((kind) =>
  [1, 4].flatMap((connections) =>
    [0, 16].map((flushEvery) => ({ kind, connections, flushEvery, name: `${kind}, ${connections}, flush ${flushEvery}` })),
  ),
);

test.for(cases)('$name', async ({ kind, connections, flushEvery }) => {
  const server = await restartable(kind, size);
  const disk = await openDisk(server.uri, { connections, retry: { maxDelay: 50, attempts: 200 } });
  const model = new Uint8Array(size);
  let named = 0;
  for (let round = 0; round < kills; round++) {
    await writeAll(disk, model, round, flushEvery, server);
    named += await flushed(disk, model);
  }
  await disk.shutdown();
  await server.restart(); // what is there now was flushed
  const nbd = await connected(server);
  expect(firstDifference(await nbd.pread(size, 0), model)).toBe(-1);
  expect(server.starts).toBe(kills + 2);
  if (kind === 'nbdkit file, cached' && flushEvery === 0) expect(named).toBeGreaterThan(0);
});

/** Writes every block, while the server is killed in the middle and started again. */
async function writeAll(
  disk: LastingDisk,
  model: Uint8Array,
  round: number,
  flushEvery: number,
  server: Restartable,
): Promise<void> {
  const killAt = Math.floor(noise(1, round + 1)[0] ?? 0) % (blocks - inFlight);
  let killed: Promise<void> | undefined;
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < blocks; index = next++) {
      if (index === killAt) killed = server.restart();
      const bytes = noise(block, round * blocks + index);
      model.set(bytes, index * block);
      await disk.pwrite(bytes, index * block);
      if (flushEvery > 0 && index % flushEvery === 0) await flushed(disk, model);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  await killed;
}

/** Flushes, and writes again what is named. How many ranges that were. */
async function flushed(disk: LastingDisk, model: Uint8Array): Promise<number> {
  for (let named = 0; ; ) {
    try {
      await disk.flush();
      return named;
    } catch (error) {
      if (!(error instanceof DiskError) || error.code !== 'EIO') throw error;
      named += error.ranges.length;
      for (const { offset, length } of error.ranges) {
        const start = Number(offset);
        await disk.pwrite(model.slice(start, start + Number(length)), offset);
      }
    }
  }
}
