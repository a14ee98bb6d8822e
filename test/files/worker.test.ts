// The worker in which an engine runs: what happens when it never answers, dies, or its disk is gone.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { NBDError } from '../../src/base/errors.js';
import type { EngineFileSystem, Volume } from '../../src/files/engine.js';
import type { FromWorker, ToWorker } from '../../src/files/remote/messages.js';
import { type EngineWorker, RemoteEngine } from '../../src/files/remote/remote_engine.js';

/** A worker that does what the test says with each message. */
class FakeWorker implements EngineWorker {
  readonly #act: (message: ToWorker, send: (message: FromWorker) => void, die: (error: Error) => void) => void;
  #send: (message: FromWorker) => void = () => {};
  #die: (error: Error) => void = () => {};
  isTerminated = false;
  isKept = false;

  constructor(act: FakeWorker['act']) {
    this.#act = act;
  }

  get act() {
    return this.#act;
  }

  post(message: ToWorker): void {
    queueMicrotask(() => this.#act(message, this.#send, this.#die));
  }
  listen(message: (message: FromWorker) => void, lost: (error: Error) => void): void {
    this.#send = message;
    this.#die = lost;
  }
  terminate(): void {
    this.isTerminated = true;
  }
  keepAlive(isWanted: boolean): void {
    this.isKept = isWanted;
  }
}

const none = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
const known = { name: 'engine', types: ['test'], engine: 'ext2' } as const;

const volume = (read: Volume['read'] = async (_offset, length) => new Uint8Array(length)): Volume => ({
  size: 4096n,
  geometry: { size: 4096n, minimum: 1n, preferred: 512n, maximum: 0n, payload: 0n },
  peek: () => false,
  read,
});

/** Opens at once; any other call is the test's. */
const opening =
  (act: FakeWorker['act']): FakeWorker['act'] =>
  (message, send, die) => {
    if (message.kind === 'open') send({ kind: 'opened', call: message.call, info: { type: 'test', warnings: [] } });
    else act(message, send, die);
  };

const directory = { id: 2, stat: { type: 'directory', size: 0n } } as const;
const readdir = (files: EngineFileSystem, signal?: AbortSignal) => files.readdir(directory, signal);

test('one that never answers is ended, and the next call has a new one', async () => {
  const workers: FakeWorker[] = [];
  const spawn = () => {
    const isFirst = workers.length === 0;
    const worker = new FakeWorker(
      opening((message, send) => {
        if (message.kind === 'call' && !isFirst) send({ kind: 'answer', call: message.call, value: [] });
      }),
    );
    workers.push(worker);
    return worker;
  };
  const files = await new RemoteEngine(known, none, spawn, 50).open(volume(), 'test', undefined);
  const first = readdir(files);
  const second = readdir(files);
  const error = expect.objectContaining({ code: 'ETIMEDOUT', message: expect.stringContaining('without a word') });
  await expect(first).rejects.toThrow(error);
  await expect(second).rejects.toThrow(error);
  expect(workers.map(({ isTerminated }) => isTerminated)).toEqual([true]);
  expect(await readdir(files)).toEqual([]);
  expect(workers).toHaveLength(2);
  expect(workers[1]?.isKept).toBe(false);
});

test('it is not hurried while it waits for a slow disk', async () => {
  const worker = new FakeWorker(
    opening((message, send) => {
      if (message.kind === 'call') send({ kind: 'read', read: 1, offset: 0n, length: 512 });
      if (message.kind === 'bytes') send({ kind: 'answer', call: 1, value: [message.bytes.length] });
    }),
  );
  const slow = volume(async (_offset, length) => {
    await delay(300);
    return new Uint8Array(length);
  });
  const files = await new RemoteEngine(known, none, () => worker, 50).open(slow, 'test', undefined);
  expect(await readdir(files)).toEqual([512]);
  expect(worker.isTerminated).toBe(false);
});

test('what the disk says is passed on', async () => {
  const told: ToWorker[] = [];
  const worker = new FakeWorker(
    opening((message, send) => {
      told.push(message);
      if (message.kind === 'call') send({ kind: 'read', read: 7, offset: 512n, length: 512 });
      if (message.kind === 'unread') send({ kind: 'failed', call: 1, error: message.error });
    }),
  );
  const bad = volume(async () => new NBDError('the sector is bad', 'EIO'));
  const files = await new RemoteEngine(known, none, () => worker).open(bad, 'test', undefined);
  await expect(readdir(files)).rejects.toThrow(expect.objectContaining({ code: 'EIO', message: 'the sector is bad' }));
});

test('one that dies makes its calls fail', async () => {
  const worker = new FakeWorker(opening((message, _send, die) => message.kind === 'call' && die(new Error('out of memory'))));
  const files = await new RemoteEngine(known, none, () => worker).open(volume(), 'test', undefined);
  await expect(readdir(files)).rejects.toThrow(/^engine: its worker has ended: out of memory$/);
});

test('an abort is heard at once, and told to the worker', async () => {
  const told: string[] = [];
  const worker = new FakeWorker(opening(({ kind }) => told.push(kind)));
  const files = await new RemoteEngine(known, none, () => worker).open(volume(), 'test', undefined);
  const controller = new AbortController();
  const call = readdir(files, controller.signal);
  setTimeout(() => controller.abort(new Error('enough')), 10);
  await expect(call).rejects.toThrow('enough');
  await delay(0);
  expect(told).toEqual(['start', 'call', 'abort']);
});
