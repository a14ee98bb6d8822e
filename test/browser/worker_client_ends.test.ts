// How calls, handles and the ready-made worker itself end: nothing that waits is forgotten, and no connection stays.
import type { WorkerNBD } from 'libnbd-wasm/worker-client';
import { describe, expect, test } from 'vitest';
import { firstDifference, pattern } from '../support/bytes.js';
import { failure, nbdError } from '../support/handles.js';
import { nbdkit, type PageServer, peer } from './support/platform.js';
import { connected, inWorker } from './support/worker_client.js';

/** A server that does not answer reads in the time that a test has. */
const slow = () => nbdkit('--filter=delay', 'memory', '64M', 'rdelay=1000');

const noConnection = (server: PageServer) => expect.poll(() => server.connections(), { timeout: 30_000 }).toBe(0);

/** The errors of calls that all fail. */
async function errorsOf(calls: Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((result) => (result.status === 'rejected' ? result.reason : result));
}

const reads = (nbd: WorkerNBD, count: number) => Array.from({ length: count }, (_, i) => nbd.pread(65536, i * 65536));

describe('a signal', () => {
  test('that was aborted before: nothing is sent', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const before = await nbd.statsChunksSent();
    const reason = new Error('enough');
    const bytes = new Uint8Array(512);
    const signal = AbortSignal.abort(reason);
    expect(await failure(nbd.pwrite(bytes, 0, { signal }))).toBe(reason);
    expect(await failure(nbd.preadStructured(512, 0, () => {}, { signal }))).toBe(reason);
    expect(bytes.byteLength).toBe(512);
    expect(await nbd.statsChunksSent()).toBe(before);
  });

  test('of several calls in flight: they reject at once, and the handle goes on', async () => {
    const nbd = await connected(await slow());
    const controller = new AbortController();
    const { signal } = controller;
    const errors = errorsOf([0, 1, 2].map((i) => nbd.pread(512, i * 512, { signal })));
    await nbd.pwrite(new Uint8Array(512), 0); // now they are all at the server
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await errors).toEqual([reason, reason, reason]);
    await nbd.flush({ signal: new AbortController().signal });
    expect(await nbd.aioInFlight()).toBe(3);
  });

  test('that is aborted in the same moment as the call is made', async () => {
    const nbd = await connected(await slow());
    const controller = new AbortController();
    const call = nbd.pread(512, 0, { signal: controller.signal });
    controller.abort();
    expect(await failure(call)).toHaveProperty('name', 'AbortError');
    await nbd.flush();
  });

  test('that is aborted afterwards changes nothing', async () => {
    const nbd = await connected(await nbdkit('pattern', '1M'));
    const controller = new AbortController();
    const bytes = await nbd.pread(512, 0, { signal: controller.signal });
    controller.abort();
    expect(bytes).toEqual(pattern(0, 512));
    expect(await nbd.pread(512, 512)).toEqual(pattern(512, 512));
  });

  test('of a connection that does not come about: nothing of it stays', async () => {
    const server = await peer([{ receive: 1 }]);
    const nbd = await (await inWorker()).create();
    const controller = new AbortController();
    const call = nbd.connectWebSocket(server.url, { signal: controller.signal });
    await expect.poll(() => server.connections(), { timeout: 30_000 }).toBe(1);
    const reason = new Error('too long');
    controller.abort(reason);
    expect(await failure(call)).toBe(reason);
    await noConnection(server);
    expect(await nbd.aioIsDead()).toBe(true);
  });
});

describe('the server', () => {
  test('is killed while calls wait for it: each rejects', async () => {
    const server = await slow();
    const nbd = await connected(server);
    const errors = errorsOf(reads(nbd, 8));
    await nbd.pwrite(new Uint8Array(512), 0);
    await server.kill();
    for (const error of await errors) {
      expect(error).toMatchObject({ name: 'NBDError', message: expect.stringMatching(/^nbd_pread: /) });
      expect(['ECONNRESET', 'ENOTCONN']).toContain((error as { code: string }).code);
    }
    expect(await nbd.aioInFlight()).toBe(0);
  });

  test('is killed in the middle of a stream', async () => {
    const server = await nbdkit('pattern', '1G');
    const reader = (await (await connected(server)).readable()).getReader();
    await reader.read();
    await server.kill();
    const end = async () => {
      while (!(await reader.read()).done);
    };
    expect(await failure(end())).toHaveProperty('name', 'NBDError');
  });
});

describe('close() of a handle', () => {
  test('rejects what waits, closes the connection, and leaves the others alone', async () => {
    const server = await slow();
    const lib = await inWorker();
    const nbd = await connected(server, () => {}, lib);
    const other = await connected(server, () => {}, lib);
    const errors = errorsOf(reads(nbd, 4));
    await nbd.close();
    for (const error of await errors) expect(error).toMatchObject({ name: 'NBDError', code: 'ENOTCONN' });
    await expect.poll(() => server.connections(), { timeout: 30_000 }).toBe(1);
    await other.flush();
  });

  test('twice; calls after it say so', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    await nbd.close();
    await nbd.close();
    for (const error of await errorsOf([nbd.pread(512, 0), nbd.getSize(), nbd.shutdown(), nbd.extents().next()])) {
      expect(error).toMatchObject({ name: 'NBDError', code: 'EBADF', message: expect.stringContaining('closed') });
    }
  });

  test('await using', async () => {
    const server = await nbdkit('memory', '1M');
    const lib = await inWorker();
    const use = async () => {
      await using nbd = await connected(server, () => {}, lib);
      await nbd.pwrite(new Uint8Array(512), 0);
      return nbd;
    };
    expect((await nbdError((await use()).getSize())).code).toBe('EBADF');
    await noConnection(server);
  });
});

describe('close() of the library', () => {
  test('rejects what waits, of all handles, and closes their connections', async () => {
    const server = await slow();
    const lib = await inWorker();
    const handles = await Promise.all([0, 1, 2].map(() => connected(server, () => {}, lib)));
    const silent = await lib.create();
    const { url } = await peer([{ receive: 1 }]);
    const errors = errorsOf([...handles.flatMap((nbd) => reads(nbd, 4)), silent.connectWebSocket(url)]);
    expect(await server.connections()).toBe(3);
    lib.close();
    for (const error of await errors) {
      expect(error).toMatchObject({ name: 'NBDError', code: 'ECANCELED', message: expect.stringContaining('close()') });
    }
    await noConnection(server);
  });

  test('twice; calls after it say so', async () => {
    const lib = await inWorker();
    const nbd = await lib.create();
    lib.close();
    lib.close();
    for (const error of await errorsOf([lib.create(), nbd.getSize(), nbd.close(), nbd.readable()])) {
      expect(error).toMatchObject({ name: 'NBDError', code: 'ECANCELED' });
    }
  });

  test('using', async () => {
    const server = await nbdkit('pattern', '1M');
    {
      using lib = await inWorker();
      const nbd = await connected(server, () => {}, lib);
      expect(firstDifference(await nbd.pread(512, 0), pattern(0, 512))).toBe(-1);
    }
    await noConnection(server);
  });

  test('other libraries go on', async () => {
    const server = await nbdkit('pattern', '1M');
    const [one, other] = [await inWorker(), await inWorker()];
    const nbd = await connected(server, () => {}, other);
    one.close();
    expect(await nbd.pread(512, 0)).toEqual(pattern(0, 512));
  });
});
