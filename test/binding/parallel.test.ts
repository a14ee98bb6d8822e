// Several handles at a time on one disk, each in a part of its own: one request in flight on each (tests/synch-parallel.c),
// and many (tests/aio-parallel.c, aio-parallel-load.c).
import type { NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected } from '../support/handles.js';
import { numbers } from '../support/numbers.js';
import { ShadowedDisk } from '../support/shadowed_disk.js';

const handles = 8;
const count = 16384;

async function handleOn(disk: ShadowedDisk): Promise<NBD> {
  const nbd = await connected(disk.server);
  expect(nbd.getSize()).toBe(BigInt(disk.size));
  expect(nbd.canMultiConn()).toBe(true);
  expect(nbd.isReadOnly()).toBe(false);
  return nbd;
}

test('one request in flight on each of 8 handles', async () => {
  const disk = await ShadowedDisk.start(8 * 2 ** 20);
  const length = disk.size / handles;
  const run = async (index: number) => {
    const nbd = await handleOn(disk);
    const next = numbers(index + 1);
    for (let i = 0; i < 200; i++) {
      const offset = index * length + next(length - count);
      if (next(2) === 0) await nbd.pwrite(disk.write(offset, count, i), offset);
      else disk.expectRead(await nbd.pread(count, offset), offset);
    }
    await nbd.shutdown();
  };
  await Promise.all(Array.from({ length: handles }, (_, index) => run(index)));
});

test('64 requests in flight on each of 8 handles', async () => {
  const inFlight = 64;
  const disk = await ShadowedDisk.start(64 * 2 ** 20);
  const length = disk.size / handles / inFlight;
  let most = 0;

  const run = async (index: number) => {
    const nbd = await handleOn(disk);
    const next = numbers(index + 1);
    let toIssue = 1000;

    // A slot is a part of the disk with at most one command in flight.
    const pending: { cookie: bigint; slot: number; done: () => void }[] = [];
    const issue = (slot: number) => {
      toIssue--;
      const offset = (index * inFlight + slot) * length + next(length - count);
      if (next(2) === 0) {
        pending.push({ cookie: nbd.aioPwrite(disk.write(offset, count, toIssue), offset), slot, done: () => {} });
      } else {
        const buffer = new Uint8Array(count);
        pending.push({ cookie: nbd.aioPread(buffer, offset), slot, done: () => disk.expectRead(buffer, offset) });
      }
    };

    for (let slot = 0; slot < inFlight; slot++) issue(slot);
    while (pending.length > 0) {
      most = Math.max(most, nbd.aioInFlight());
      await nbd.poll(-1);
      for (const command of pending.splice(0)) {
        if (!nbd.aioCommandCompleted(command.cookie)) {
          pending.push(command);
          continue;
        }
        command.done();
        if (toIssue > 0) issue(command.slot);
      }
    }
    expect(nbd.aioInFlight()).toBe(0);
    await nbd.shutdown();
  };
  await Promise.all(Array.from({ length: handles }, (_, index) => run(index)));
  expect(most).toBe(inFlight);
});
