// The ready-made worker: the library's calls, made in a worker by a page. What goes over, and what comes back.
import {
  CONTEXT_BASE_ALLOCATION,
  type Extent,
  NBDError,
  READ_DATA,
  SIZE_MAXIMUM,
  STATE_HOLE,
  STATE_ZERO,
  STRICT_BOUNDS,
} from 'libnbd-wasm/worker-client';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { failure, nbdError } from '../support/handles.js';
import { nbdkit } from './support/platform.js';
import { connected, inWorker } from './support/worker_client.js';

const MiB = 2 ** 20;
const hole = BigInt(STATE_HOLE | STATE_ZERO);

describe('values', () => {
  test('integers, strings and booleans', async () => {
    const nbd = await connected(await nbdkit('pattern', 'size=1T'), (nbd) => nbd.setExportName('π disk'));
    expect(await nbd.getSize()).toBe(2n ** 40n);
    expect(await nbd.getExportName()).toBe('π disk');
    expect(await nbd.isReadOnly()).toBe(true);
    expect(await nbd.getProtocol()).toBe('newstyle-fixed');
    expect(await nbd.aioInFlight()).toBe(0);
    expect(await nbd.aioIsReady()).toBe(true);
    expect(await nbd.getBlockSize(SIZE_MAXIMUM)).toBeTypeOf('bigint');
    await nbd.setStrictMode((await nbd.getStrictMode()) & ~STRICT_BOUNDS);
    expect((await nbd.getStrictMode()) & STRICT_BOUNDS).toBe(0);
    expect(firstDifference(await nbd.pread(512, 2n ** 40n - 512n), pattern(2n ** 40n - 512n, 512))).toBe(-1);
  });

  test('lists of strings', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
    const contexts: string[] = [];
    expect(await nbd.optListMetaContextQueries(['base:', 'none:'], (name) => void contexts.push(name))).toBe(1);
    expect(contexts).toEqual([CONTEXT_BASE_ALLOCATION]);
    await nbd.optAbort();
  });

  test('calls that only make sense beside libnbd are not there', async () => {
    const nbd = await (await inWorker()).create();
    for (const name of ['aioPread', 'aioConnect', 'poll', 'poll2', 'setDebugCallback', 'preadStructuredInto']) {
      expect(name in nbd).toBe(false);
    }
  });

  test('handles share their calls, and each has its own connection', async () => {
    const lib = await inWorker();
    const [one, other] = [await lib.create(), await lib.create()];
    expect(one.pread).toBe(other.pread);
    expect(Object.keys(one)).toEqual(['lost']);
    await one.setHandleName('one');
    expect(await other.getHandleName()).not.toBe('one');
  });
});

describe('buffers', () => {
  test('what was read is the page’s, and all that its buffer holds', async () => {
    const nbd = await connected(await nbdkit('pattern', '64M'));
    for (const bytes of [
      await nbd.pread(MiB, 4096n),
      await nbd.preadStructured(MiB, 4096, () => {}),
      await nbd.readFully(MiB, 4096),
    ]) {
      expect(bytes.buffer).toBeInstanceOf(ArrayBuffer);
      expect(bytes.buffer.byteLength).toBe(MiB);
      expect(firstDifference(bytes, pattern(4096, MiB))).toBe(-1);
    }
  });

  test('one that is written is moved', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const bytes = noise(65536);
    const written = nbd.pwrite(bytes, 0);
    expect(bytes.buffer.byteLength).toBe(0);
    await written;
    expect(firstDifference(await nbd.pread(65536, 0), noise(65536))).toBe(-1);
  });

  test('moved once, it cannot be written again: the error says why', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const bytes = noise(512);
    const views = [bytes, new DataView(bytes.buffer)];
    await nbd.pwrite(bytes, 0);
    for (const view of views) {
      const error = await failure(nbd.pwrite(view, 512));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', expect.stringContaining('moved'));
    }
  });

  test('a part of a larger one is copied, whatever the view', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const all = noise(4096);
    const views = [
      all.subarray(512, 1024),
      new DataView(all.buffer, 1024, 512),
      new Float64Array(all.buffer, 1536, 64),
      new BigUint64Array(all.buffer, 2048, 64),
    ];
    for (const view of views) await nbd.pwrite(view, view.byteOffset);
    expect(all).toEqual(noise(4096));
    expect(await nbd.pread(2048, 512)).toEqual(noise(4096).slice(512, 2560));
  });

  test('a view of wider numbers is written as the bytes that it has', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const numbers = new Uint32Array(noise(4096).buffer);
    await nbd.pwrite(numbers, 0);
    expect(numbers.byteLength).toBe(0);
    expect(await nbd.pread(4096, 0)).toEqual(noise(4096));
  });

  test('shared memory is copied, both ways', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    // A page that is not isolated has no SharedArrayBuffer of its own, and this all the same.
    const shared = new Uint8Array(new WebAssembly.Memory({ shared: true, initial: 1, maximum: 1 }).buffer);
    shared.set(noise(65536));
    await nbd.pwrite(shared, 4096);
    expect(firstDifference(shared, noise(65536))).toBe(-1);
    shared.fill(0);
    await nbd.preadInto(shared, 4096);
    expect(firstDifference(shared, noise(65536))).toBe(-1);
  });

  test('preadInto fills a view, and nothing around it', async () => {
    const nbd = await connected(await nbdkit('pattern', '1M'));
    const all = new Uint8Array(1024).fill(0xaa);
    await nbd.preadInto(new DataView(all.buffer, 256, 512), 4096);
    expect(all.subarray(256, 768)).toEqual(pattern(4096, 512));
    expect([...all.subarray(0, 256), ...all.subarray(768)].every((byte) => byte === 0xaa)).toBe(true);
  });
});

describe('callbacks', () => {
  test('preadStructured: each chunk is a copy of its own, before the result', async () => {
    const nbd = await connected(await nbdkit('pattern', '1M'));
    const chunks: { bytes: Uint8Array; offset: bigint; status: number; code: string | null }[] = [];
    const bytes = await nbd.preadStructured(4096, 4096, (subbuf, offset, status, { code }) => {
      chunks.push({ bytes: subbuf, offset, status, code });
    });
    expect(chunks).toEqual([{ bytes, offset: 4096n, status: READ_DATA, code: null }]);
    expect(chunks[0]?.bytes.buffer).not.toBe(bytes.buffer);
  });

  test('blockStatus64', async () => {
    const nbd = await connected(await nbdkit('data', 'data=@32768 1*32768', 'size=1T'), (nbd) =>
      nbd.addMetaContext(CONTEXT_BASE_ALLOCATION),
    );
    expect(await nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(true);
    const seen: unknown[] = [];
    await nbd.blockStatus64(65536, 2n ** 15n, (...args) => void seen.push(args));
    expect(seen).toEqual([[CONTEXT_BASE_ALLOCATION, 32768n, expect.any(Array), { code: null }]]);
    expect(seen).toHaveProperty([0, 2, 0], { length: 32768n, flags: 0n });
  });

  test('optList', async () => {
    const server = await nbdkit(
      '--filter=exportname',
      'memory',
      '1M',
      'exportname=a',
      'exportname=b',
      'exportname-list=explicit',
    );
    const nbd = await connected(server, (nbd) => nbd.setOptMode(true));
    const names: string[] = [];
    expect(await nbd.optList((name) => void names.push(name))).toBe(2);
    expect(names).toEqual(['a', 'b']);
    await nbd.optAbort();
  });

  test('one that throws makes its call reject, and no other', async () => {
    const nbd = await connected(await nbdkit('pattern', '1M'));
    const mine = new Error('mine');
    const reads = [0, 1, 2].map((i) =>
      nbd.preadStructured(512, 512 * i, () => {
        if (i === 1) throw mine;
      }),
    );
    const error = await nbdError(reads[1] ?? Promise.resolve());
    expect(error).toMatchObject({ code: 'EPROTO', cause: mine });
    expect(await reads[0]).toEqual(pattern(0, 512));
    expect(await reads[2]).toEqual(pattern(1024, 512));
  });
});

describe('errors', () => {
  test('NBDError, with the server’s code', async () => {
    const server = await nbdkit('--filter=error', 'memory', '1M', 'error-pwrite=ENOSPC', 'error-pwrite-rate=100%');
    const error = await nbdError((await connected(server)).pwrite(new Uint8Array(512), 0));
    expect(error).toMatchObject({ name: 'NBDError', code: 'ENOSPC', errno: 28, message: expect.stringMatching(/^nbd_pwrite: /) });
    expect(error.cause).toBeUndefined();
  });

  test('NBDError, with another as its cause', async () => {
    const server = await nbdkit('memory', '1M');
    const error = await nbdError((await (await inWorker()).create()).connectWebSocket(`${server.proxy}nbd/unknown`));
    expect(error).toMatchObject({ code: 'ENOENT', message: expect.stringMatching(/^nbd_connect_socket: .*unknown target/) });
    expect(error.cause).toBeInstanceOf(NBDError);
    expect(error.cause).toMatchObject({ code: 'ENOENT', errno: 2 });
  });

  test('TypeError and RangeError', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    expect(await failure(nbd.pread('512' as never, 0))).toBeInstanceOf(TypeError);
    expect(await failure(nbd.pwrite(null as never, 0))).toBeInstanceOf(TypeError);
    expect(await failure(nbd.pread(512, 2 ** 53))).toBeInstanceOf(RangeError);
    expect(await failure(nbd.connectWebSocket('ws://['))).toBeInstanceOf(TypeError);
    expect(await failure(nbd.blockStatus64(512, 0, 1 as never))).toBeInstanceOf(TypeError);
  });

  test('what cannot be sent at all', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    expect(await failure(nbd.setExportName(Symbol('name') as never))).toHaveProperty('name', 'DataCloneError');
    expect(await nbd.pread(512, 0)).toEqual(new Uint8Array(512));
  });
});

describe('commands', () => {
  test('zero, trim, cache and flush', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION));
    await nbd.pwrite(noise(MiB), 0);
    await nbd.zero(4096, 0);
    await nbd.trim(2 ** 19, 2 ** 19);
    await nbd.cache(4096, 0);
    await nbd.flush();
    expect(firstDifference(await nbd.pread(8192, 0), new Uint8Array([...new Uint8Array(4096), ...noise(8192).slice(4096)]))).toBe(
      -1,
    );
    let last: Extent | undefined;
    for await (last of nbd.extents());
    expect(last).toEqual({ offset: 2n ** 19n, length: 2n ** 19n, flags: hole });
  });

  test('64 in flight, on 4 handles of one worker', async () => {
    const server = await nbdkit('pattern', '64M');
    const lib = await inWorker();
    const handles = await Promise.all([0, 1, 2, 3].map(() => connected(server, () => {}, lib)));
    const reads = Array.from({ length: 64 }, async (_, i) => {
      const bytes = await handles[i % 4]?.pread(65536, i * 65536);
      return firstDifference(bytes ?? new Uint8Array(), pattern(i * 65536, 65536));
    });
    expect(await Promise.all(reads)).toEqual(new Array(64).fill(-1));
    expect(await server.connections()).toBe(4);
  });
});
