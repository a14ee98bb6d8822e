// The ready-made worker: the library's calls, made in a worker by a page.
import { loadInWorker, type WorkerLibrary, type WorkerNBD } from 'libnbd-wasm/worker-client';
import { expect, onTestFinished, test } from 'vitest';
import { firstDifference, pattern } from '../support/bytes.js';
import { nbdkit, type PageServer } from './support/platform.js';

async function inWorker(): Promise<WorkerLibrary> {
  const lib = await loadInWorker();
  onTestFinished(() => lib.close());
  return lib;
}

async function connected(server: PageServer, prepare = async (_nbd: WorkerNBD) => {}): Promise<WorkerNBD> {
  const nbd = await (await inWorker()).create();
  await prepare(nbd);
  await nbd.connectWebSocket(server.url);
  return nbd;
}

test('reads, and its bytes are the page’s', async () => {
  const nbd = await connected(await nbdkit('pattern', '64M'));
  expect(await nbd.getSize()).toBe(2n ** 26n);
  const bytes = await nbd.pread(2 ** 20, 4096n);
  expect(firstDifference(bytes, pattern(4096, 2 ** 20))).toBe(-1);
});
