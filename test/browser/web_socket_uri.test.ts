// connectUri with the URL of a proxy, in a page and in its worker.
import { NBD } from 'libnbd-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { pattern } from '../support/bytes.js';
import { nbdkit } from './support/platform.js';
import { inWorker } from './support/worker_client.js';

test('in a page', async () => {
  const server = await nbdkit('pattern', '1M');
  const nbd = await NBD.create();
  onTestFinished(() => nbd.close());
  await nbd.connectUri(server.url);
  expect(await nbd.pread(512, 512)).toEqual(pattern(512, 512));
});

test('in a worker', async () => {
  const server = await nbdkit('pattern', '1M');
  const nbd = await (await inWorker()).create();
  await nbd.connectUri(server.url);
  expect(await nbd.pread(512, 512)).toEqual(pattern(512, 512));
});
