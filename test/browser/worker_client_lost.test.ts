// What a handle in a worker tells the page of a connection that is over, and what a worker answers to a message that is no call.
import { NBDError } from 'libnbd-wasm/worker-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { failure, nbdError } from '../support/handles.js';
import { handshake, request, simpleReply } from '../support/protocol.js';
import { nbdkit, peer } from './support/platform.js';
import { connected, inWorker } from './support/worker_client.js';

describe('lost', () => {
  test('says why, in the page’s own class, and so does each later call, as the cause of ENOTCONN', async () => {
    const server = await nbdkit('memory', '1M');
    const nbd = await connected(server);
    expect(await nbd.connected).toBe(true);
    await server.kill();
    const lost = await nbd.lost;
    expect(lost).toBeInstanceOf(NBDError);
    expect(lost.isFatal).toBe(true);
    expect(await nbd.connected).toBe(false);
    for (const call of [
      () => nbd.pread(512, 0),
      () => nbd.flush(),
      () => nbd.shutdown(),
      () => nbd.blockStatus64(1, 0, () => {}),
    ]) {
      const error = await nbdError(call());
      expect(error).toMatchObject({ code: 'ENOTCONN', errno: 107, isFatal: true });
      expect(error.message).toMatch(/^nbd_\w+: the connection was lost: /);
      expect(error.cause).toBeInstanceOf(NBDError);
      expect((error.cause as NBDError).message).toBe(lost.message);
    }
    expect(await nbd.lost).toBe(lost);
  });

  test('is told while a call is in flight', async () => {
    const nbd = await connected(await peer([...handshake('simple', 512n), { receive: request }, { close: 'end' }]));
    const error = await nbdError(nbd.pread(512, 0));
    expect([error.code, error.isFatal]).toEqual(['ENOTCONN', true]);
    expect((await nbd.lost).isFatal).toBe(true);
  });

  test('stays pending after a shutdown and a close', async () => {
    const lib = await inWorker();
    const server = await nbdkit('memory', '1M');
    const [one, other] = [await connected(server, () => {}, lib), await connected(server, () => {}, lib)];
    await one.shutdown();
    expect(await one.connected).toBe(false);
    const error = await nbdError(one.pread(512, 0));
    expect([error.message, error.code]).toEqual(['nbd_pread: the connection was shut down', 'ENOTCONN']);
    await other.close();
    expect(await other.connected).toBe(false);
    expect(await nbdError(other.pread(512, 0))).toMatchObject({ code: 'EBADF', isFatal: true });
    const pending = Symbol();
    expect(await Promise.race([one.lost, other.lost, new Promise((resolve) => setTimeout(resolve, 100, pending))])).toBe(pending);
  });

  test('is fulfilled when the worker is ended', async () => {
    const lib = await inWorker();
    const nbd = await connected(await nbdkit('memory', '1M'), () => {}, lib);
    lib.close();
    expect(await nbd.lost).toMatchObject({ name: 'NBDError', code: 'ECANCELED', isFatal: true });
  });
});

test('an error that the server reports is not fatal', async () => {
  const nbd = await connected(await peer([...handshake('simple', 512n), { receive: request }, { send: simpleReply(1, 5) }]));
  const error = await nbdError(nbd.pread(8, 256));
  expect(error).toMatchObject({ code: 'EIO', isFatal: false });
  expect(error.message).toMatch(/ \(8 bytes at offset 256\)$/);
  expect(await nbd.connected).toBe(true);
});

test('options that are none, and signals that are none, are TypeErrors', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  for (const [options, text] of [
    [null, 'options must be an object, not null'],
    [{ signal: 5 }, 'signal must be an AbortSignal, not 5'],
  ] as [never, string][]) {
    const calls = [
      () => nbd.pread(512, 0, options),
      () => nbd.flush(options),
      () => nbd.readable(options),
      () => nbd.extents(options).next(),
    ];
    for (const call of calls) {
      const error = await failure(call());
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toContain(text);
    }
  }
  expect(await nbd.pread(4, 0)).toEqual(new Uint8Array(4));
});

test('the stack of an error leads to whoever made the call, where V8 runs the page', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  async function theCaller(call: () => Promise<unknown>) {
    await new Promise((resolve) => setTimeout(resolve));
    return await call();
  }
  const calls = [() => nbd.pread(512, 2 ** 40), () => nbd.optGo(), () => nbd.connectWebSocket('/nowhere')];
  for (const call of calls) {
    const error = await nbdError(theCaller(call));
    if (navigator.userAgent.includes('Chrome/')) expect(error.stack).toMatch(/\n +at async theCaller /);
  }
});

describe('a message that names no call', () => {
  /** Sends messages to a worker as its client would, one after another; the answers. */
  async function answers(...requests: { kind: string; id: number; [member: string]: unknown }[]): Promise<unknown[]> {
    const worker = new Worker(new URL('../../dist/worker.js', import.meta.url), { type: 'module' });
    onTestFinished(() => worker.terminate());
    const found: unknown[] = [];
    for (const request of requests) {
      const answer = new Promise((resolve) => worker.addEventListener('message', ({ data }) => resolve(data), { once: true }));
      worker.postMessage(request);
      found.push(await answer);
    }
    return found;
  }

  // No call at all; what every object has; what only makes sense beside libnbd; a member that is no call.
  const names = ['format', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'aioPread', 'poll', 'lost', 'begin', 'arg'];
  test.for(names)('%s is answered with ENOSYS', async (name) => {
    const call = { kind: 'call', handle: 1, args: [] };
    const [loaded, created, refused, after] = await answers(
      { kind: 'load', id: 1 },
      { kind: 'create', id: 2, handle: 1 },
      { ...call, id: 3, name },
      { ...call, id: 4, name: 'getPackageName' },
    );
    expect((loaded as { value: string[] }).value).not.toContain(name);
    expect(created).toMatchObject({ kind: 'result', id: 2 });
    const nbd = { message: `${name}: a handle in a worker has no such call`, code: 'ENOSYS', isFatal: false };
    expect(refused).toEqual({ kind: 'error', id: 3, error: { nbd } });
    expect(after).toEqual({ kind: 'result', id: 4, value: 'libnbd' });
  });
});
