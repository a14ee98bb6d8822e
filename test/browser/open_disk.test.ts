// Disks that stay, in a page and in its worker: the proxy is restarted under them, and they go on.
import { type LastingDisk, openDisk } from 'libnbd-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { nbdkit, type PageServer } from './support/platform.js';
import { inWorker } from './support/worker_client.js';

const retry = { maxDelay: 50, attempts: 100 };

const places: [string, (server: PageServer) => Promise<LastingDisk>][] = [
  ['in a page', (server) => openDisk(server.url, { retry })],
  ['in a worker', async (server) => (await inWorker()).openDisk(server.url, { retry })],
];

test.for(places)('%s', async ([, open]) => {
  const server = await nbdkit('memory', '4M');
  const disk = await open(server);
  onTestFinished(() => disk.close());
  expect(disk.getSize()).toBe(4n * 2n ** 20n);
  expect(disk.connections).toBe(4);
  const events: string[] = [];
  for (const type of ['reconnecting', 'connected'] as const) disk.addEventListener(type, () => events.push(type));

  const bytes = noise(2 ** 20);
  await disk.pwrite(bytes, 0);
  expect(bytes.length).toBe(2 ** 20); // it is still the page's
  await disk.flush();
  const reads = Array.from({ length: 32 }, (_, i) => disk.pread(65536, (i % 16) * 65536));
  await server.restartProxy();
  for (const [i, read] of (await Promise.all(reads)).entries()) {
    expect(firstDifference(read, bytes.subarray((i % 16) * 65536, ((i % 16) + 1) * 65536))).toBe(-1);
  }
  expect(firstDifference(await disk.readFully(2 ** 20, 0), bytes)).toBe(-1);
  const changes = events.filter((event, i) => event !== events[i - 1]); // told when the first is lost, and again when all are
  expect(changes.slice(0, 2)).toEqual(['reconnecting', 'connected']);
  await disk.flush();
  await disk.shutdown();
});
