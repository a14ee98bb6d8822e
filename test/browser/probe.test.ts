// probe() in a page, over a handle of its own and over one in a worker.
import { load, type Probe, partitions, probe } from 'libnbd-wasm';
import { probe as probeOfClient } from 'libnbd-wasm/worker-client';
import { expect, onTestFinished, test } from 'vitest';
import { nbdkit } from './support/platform.js';
import { inWorker } from './support/worker_client.js';

/** An MBR with one FAT, which nbdkit makes of a folder. */
const disk = () => nbdkit('floppy', '/usr/share/doc/libc6', 'label=PAGE');

function expectFloppy(found: Probe): void {
  expect(found).toMatchObject({ table: { type: 'dos' }, sectorSize: 512, ambivalent: false, warnings: [] });
  expect(found.partitions).toMatchObject([
    { number: 1, type: '0xc', typeName: 'W95 FAT32 (LBA)', content: { type: 'vfat', label: 'PAGE' } },
  ]);
  expect(found.reads.requests).toBeLessThan(100);
}

test('in a page', async () => {
  const nbd = (await load()).create();
  onTestFinished(() => nbd.close());
  await nbd.connectSocket((await disk()).socket());
  expectFloppy(await probe(nbd));
  expect((await partitions(nbd)).partitions).toMatchObject([{ number: 1, type: '0xc' }]);
});

test('of a disk in a worker', async () => {
  const nbd = await (await inWorker()).create();
  await nbd.connectWebSocket((await disk()).url);
  expectFloppy(await probeOfClient(nbd));
  expectFloppy(await probe(nbd));
});
