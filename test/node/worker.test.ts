// loadInWorker in Node: the library in a thread of its own.
import { Worker } from 'node:worker_threads';
import { copy, NBDError } from 'libnbd-wasm';
import { loadInWorker, probe } from 'libnbd-wasm/worker-client';
import { expect, test } from 'vitest';
import { pattern } from '../support/bytes.js';
import { atEnd } from '../support/cleanup.js';
import { failure } from '../support/handles.js';
import { nodeProgram } from '../support/node_program.js';
import { nbdkit } from '../support/servers.js';

const disk = async () => (await nbdkit('pattern', '1M')).uri;
const script = new URL(import.meta.resolve('libnbd-wasm/worker'));

async function loaded(options?: Parameters<typeof loadInWorker>[0]) {
  const lib = await loadInWorker(options);
  atEnd(() => lib.close());
  return lib;
}

test.for<[string, () => Parameters<typeof loadInWorker>[0]]>([
  ['by itself', () => ({})],
  ['in a worker that is given', () => ({ worker: new Worker(script) })],
  ['in a worker of a script that is given', () => ({ worker: script })],
  ['with a module of its own', () => ({ wasm: new URL(import.meta.resolve('libnbd-wasm/libnbd.wasm')) })],
])('%s', async ([, options]) => {
  const nbd = await (await loaded(options())).create();
  await nbd.connectUri(await disk());
  expect(Buffer.compare(await nbd.pread(4096, 8192), pattern(8192, 4096))).toBe(0);
  expect((await failure(nbd.pread(1, 2n ** 20n))) instanceof NBDError).toBe(true);
  await nbd.shutdown();
  await nbd.close();
});

test('what is built on a disk', async () => {
  const nbd = await (await loaded()).create();
  await nbd.connectUri(await disk());
  const target = await (await loaded()).openDisk((await nbdkit('memory', '1M')).uri);
  await copy(await (await loaded()).openDisk(await disk()), target);
  expect(Buffer.compare(await target.pread(512, 0), await nbd.pread(512, 0))).toBe(0);
  expect((await probe(nbd)).partitions).toEqual([]);
  await target.shutdown();
});

test('a script that is not there: the error says what to do', async () => {
  const error = (await failure(loadInWorker({ worker: new URL('nosuch.js', script) }))) as Error;
  expect(error.message).toMatch(
    /^the worker could not be started: .*nosuch\.js.*libnbd-wasm\/worker.*loadInWorker\(\{ worker \}\)/,
  );
});

test('a thread that ends takes its handles with it', async () => {
  const worker = new Worker(script);
  const nbd = await (await loaded({ worker })).create();
  await nbd.connectUri(await disk());
  await worker.terminate();
  expect(await nbd.lost).toMatchObject({ code: 'ECONNRESET', message: expect.stringContaining('the worker has ended') });
  expect(await failure(nbd.pread(1, 0))).toMatchObject({ code: 'ECONNRESET' });
});

test('an idle worker does not keep a process from ending; a call that waits does', async () => {
  const program = `
    import { loadInWorker } from 'libnbd-wasm/worker-client';
    const nbd = await (await loadInWorker()).create();
    await nbd.connectUri(${JSON.stringify((await nbdkit('--filter=delay', 'pattern', '1M', 'rdelay=1')).uri)});
    console.log((await nbd.pread(512, 0)).length);`;
  expect(await nodeProgram(program)).toEqual({ code: 0, stdout: '512\n', stderr: '' });
});
