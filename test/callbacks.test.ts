// Callbacks: what they get, what they may answer, and what becomes of what they throw.
import {
  CONTEXT_BASE_ALLOCATION,
  type ErrorRef,
  type Extent64,
  type NBD,
  READ_DATA,
  READ_HOLE,
  STATE_HOLE,
  STATE_ZERO,
} from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise } from './support/bytes.js';
import { connected, nbdError } from './support/handles.js';
import { holdings } from './support/internals.js';
import { nbdkit, qemuNbd } from './support/platform.js';

const MiB = 2 ** 20;

/** 1 MiB of data, then a hole of 3 MiB. */
const halfEmpty = async (prepare?: (nbd: NBD) => void) =>
  connected(await qemuNbd({ format: 'qcow2', size: 4 * MiB, content: noise(MiB) }), (nbd) => {
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    prepare?.(nbd);
  });

describe('blockStatus', () => {
  test('32-bit extents are a flat list of lengths and flags', async () => {
    const nbd = await halfEmpty();
    const seen: unknown[] = [];
    await nbd.blockStatus(4 * MiB, 0, (metacontext, offset, entries, error) => {
      seen.push({ metacontext, offset, entries, error: { ...error } });
    });
    expect(seen).toEqual([
      {
        metacontext: 'base:allocation',
        offset: 0n,
        entries: [MiB, 0, 3 * MiB, STATE_HOLE | STATE_ZERO],
        error: { code: null },
      },
    ]);
  });

  test('64-bit extents are objects of bigints', async () => {
    const nbd = await halfEmpty();
    const seen: Extent64[] = [];
    await nbd.blockStatus64(3 * MiB, MiB / 2, (metacontext, offset, entries) => {
      expect([metacontext, offset]).toEqual(['base:allocation', BigInt(MiB / 2)]);
      seen.push(...entries);
    });
    expect(seen.slice(0, 1)).toEqual([{ length: BigInt(MiB / 2), flags: 0n }]);
    expect(seen[1]?.flags).toBe(BigInt(STATE_HOLE | STATE_ZERO));
  });

  test('once for each context', async () => {
    const server = await qemuNbd({ format: 'qcow2', size: MiB, options: ['--allocation-depth'] });
    const nbd = await connected(server, (nbd) => {
      nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
      nbd.addMetaContext('qemu:allocation-depth');
    });
    const contexts: string[] = [];
    await nbd.blockStatus(MiB, 0, (metacontext) => void contexts.push(metacontext));
    expect(contexts.sort()).toEqual(['base:allocation', 'qemu:allocation-depth']);
  });
});

describe('preadStructured', () => {
  test('a chunk is a view of the buffer that is being filled, with its offset and its status', async () => {
    const nbd = await halfEmpty();
    const buffer = new Uint8Array(2 * MiB).fill(0xaa);
    const chunks: { start: number; length: number; offset: bigint; status: number; error: ErrorRef }[] = [];
    await nbd.preadStructuredInto(buffer, 0, (subbuf, offset, status, error) => {
      expect(subbuf.buffer).toBe(buffer.buffer);
      chunks.push({ start: subbuf.byteOffset, length: subbuf.length, offset, status, error: { ...error } });
    });
    const ends: number[] = [];
    for (const { start, length, offset, status, error } of chunks.sort((a, b) => a.start - b.start)) {
      expect(offset).toBe(BigInt(start));
      expect(status).toBe(start < MiB ? READ_DATA : READ_HOLE);
      expect(error).toEqual({ code: null });
      expect(start).toBe(ends.at(-1) ?? 0);
      ends.push(start + length);
    }
    expect(ends.at(-1)).toBe(2 * MiB);
    expect(firstDifference(buffer.subarray(0, MiB), noise(MiB))).toBe(-1);
    expect(firstDifference(buffer.subarray(MiB), new Uint8Array(MiB))).toBe(-1);
  });

  test('a server without structured replies gives one chunk', async () => {
    const nbd = await connected(await nbdkit('--no-sr', 'memory', '1M'));
    const chunks: [number, bigint, number][] = [];
    await nbd.preadStructured(4096, 512, (subbuf, offset, status) => void chunks.push([subbuf.length, offset, status]));
    expect(chunks).toEqual([[4096, 512n, READ_DATA]]);
  });
});

describe('an error that a callback reports', () => {
  // Each call, with a callback that does what the test says.
  const calls: [string, (nbd: NBD, act: (error: ErrorRef) => number | undefined) => Promise<unknown>][] = [
    ['nbd_block_status', (nbd, act) => nbd.blockStatus(MiB, 0, (_context, _offset, _entries, error) => act(error) ?? 0)],
    ['nbd_block_status_64', (nbd, act) => nbd.blockStatus64(MiB, 0, (_context, _offset, _entries, error) => act(error) ?? 0)],
    ['nbd_pread_structured', (nbd, act) => nbd.preadStructured(512, 0, (_subbuf, _offset, _status, error) => act(error) ?? 0)],
  ];

  test.for(calls)('%s: by error.code and -1', async ([name, call]) => {
    const nbd = await halfEmpty();
    const error = await nbdError(
      call(nbd, (error) => {
        expect(error.code).toBeNull();
        error.code = 'ENOSPC';
        return -1;
      }),
    );
    expect(error.message).toMatch(new RegExp(`^${name}: .*: command failed: `));
    expect(error).toMatchObject({ code: 'ENOSPC', errno: 28 });
    expect(error.cause).toBeUndefined();
  });

  test.for(calls)('%s: -1 alone is EPROTO', async ([, call]) => {
    const nbd = await halfEmpty();
    expect(await nbdError(call(nbd, () => -1))).toMatchObject({ code: 'EPROTO', errno: 71 });
  });

  test.for(calls)('%s: an exception is the cause', async ([, call]) => {
    const nbd = await halfEmpty();
    const exception = new Error('thrown in a callback');
    const error = await nbdError(
      call(nbd, () => {
        throw exception;
      }),
    );
    expect(error.cause).toBe(exception);
    expect(error.code).toBe('EPROTO');
    // The connection goes on.
    expect(nbd.aioIsReady()).toBe(true);
    expect(firstDifference(await nbd.pread(512, 0), noise(512))).toBe(-1);
  });

  test('what is thrown need not be an Error', async () => {
    const nbd = await halfEmpty();
    const error = await nbdError(
      nbd.blockStatus(MiB, 0, () => {
        throw 'a string';
      }),
    );
    expect(error.cause).toBe('a string');
  });

  test('a list or context callback that throws', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
    const exception = new Error('no more names');
    const throwing = () => {
      throw exception;
    };
    expect((await nbdError(nbd.optList(throwing))).cause).toBe(exception);
    expect((await nbdError(nbd.optListMetaContextQueries(['base:'], throwing))).cause).toBe(exception);
    await nbd.optGo();
    expect(nbd.getSize()).toBe(BigInt(MiB));
  });
});

describe('completion callbacks of aio calls', () => {
  /** Waits for a command by its cookie; throws what it failed with. */
  async function retired(nbd: NBD, cookie: bigint): Promise<void> {
    while (!nbd.aioCommandCompleted(cookie)) await nbd.poll(-1);
  }

  test('are told of success and of failure', async () => {
    const good = await connected(await nbdkit('memory', '1M'));
    const bad = await connected(await nbdkit('--filter=error', 'memory', '1M', 'error=ENOMEM', 'error-rate=100%'));
    const codes: (string | null)[] = [];
    const completion = (error: ErrorRef) => void codes.push(error.code);
    await retired(good, good.aioPread(new Uint8Array(512), 0, { completion }));
    expect(codes).toEqual([null]);
    const cookie = bad.aioPwrite(new Uint8Array(512), 0, { completion });
    const error = await nbdError(retired(bad, cookie));
    expect(error).toMatchObject({ code: 'ENOMEM', errno: 12 });
    expect(codes).toEqual([null, 'ENOMEM']);
  });

  test('returning 1 retires the command', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const cookie = await new Promise<bigint>((resolve) => {
      const cookie = nbd.aioFlush({
        completion: () => {
          queueMicrotask(() => resolve(cookie));
          return 1;
        },
      });
    });
    expect(nbd.aioInFlight()).toBe(0);
    expect(nbd.aioCommandCompleted(cookie)).toBe(false); // libnbd knows it no more
  });

  test('may turn success into failure, and an exception becomes the cause', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const failing = nbd.aioFlush({
      completion: (error) => {
        error.code = 'EIO';
        return -1;
      },
    });
    expect((await nbdError(retired(nbd, failing))).code).toBe('EIO');
    const exception = new Error('thrown');
    const throwing = nbd.aioFlush({
      completion: () => {
        throw exception;
      },
    });
    const error = await nbdError(retired(nbd, throwing));
    expect(error.code).toBe('EPROTO');
    expect(error.cause).toBe(exception);
  });

  test('each of many is called once, and its buffer is full by then', async () => {
    const nbd = await connected(await nbdkit('pattern', '16M'));
    const calls = new Array<number>(1000).fill(0);
    await Promise.all(
      calls.map(
        (_, i) =>
          new Promise<void>((resolve) => {
            const buffer = new Uint8Array(8);
            nbd.aioPread(buffer, i * 4096, {
              completion: () => {
                calls[i] = (calls[i] ?? 0) + 1;
                expect(new DataView(buffer.buffer).getBigUint64(0)).toBe(BigInt(i * 4096));
                resolve();
                return 1;
              },
            });
          }),
      ),
    );
    expect(calls.every((count) => count === 1)).toBe(true);
  });
});

describe('a call on the handle from inside one of its callbacks', () => {
  test('is refused, harms nothing, and may be made afterwards', async () => {
    const nbd = await halfEmpty();
    const refused: unknown[] = [];
    const attempts: ((nbd: NBD) => unknown)[] = [
      (nbd) => nbd.getSize(),
      (nbd) => nbd.aioPread(new Uint8Array(512), 0),
      (nbd) => nbd.pread(512, 0),
      (nbd) => nbd.shutdown(),
      (nbd) => nbd.close(),
    ];
    await nbd.preadStructured(512, 0, () => {
      for (const attempt of attempts) {
        refused.push(nbdError(async () => attempt(nbd)));
      }
    });
    for (const error of await Promise.all(refused)) expect(error).toMatchObject({ code: 'EDEADLK', errno: 35 });
    expect(refused.length).toBe(attempts.length);
    expect(nbd.closed).toBe(false);
    expect(firstDifference(await nbd.pread(512, 0), noise(512))).toBe(-1);
  });

  test('another handle may be used, of the same library too', async () => {
    const nbd = await halfEmpty();
    const other = await connected(await nbdkit('memory', '1M'));
    const results: unknown[] = [];
    await nbd.preadStructured(512, 0, () => {
      results.push(other.getSize(), other.pread(16, 0));
    });
    expect(await Promise.all(results)).toEqual([BigInt(MiB), new Uint8Array(16)]);
  });

  test('a promise’s continuation is not inside', async () => {
    const nbd = await halfEmpty();
    let continued: Promise<Uint8Array> | undefined;
    await nbd.preadStructured(512, 0, () => {
      continued = Promise.resolve().then(() => nbd.pread(512, 0));
    });
    expect(firstDifference((await continued) ?? new Uint8Array(), noise(512))).toBe(-1);
  });
});

test('debug messages reach the callback of their handle, until it is taken away', async () => {
  const server = await nbdkit('memory', '1M');
  const messages: string[] = [];
  const nbd = await connected(server, (nbd) => {
    nbd.setDebug(true);
    nbd.setDebugCallback((context, message) => void messages.push(`${context}: ${message}`));
  });
  expect(messages.some((message) => message.startsWith('nbd_aio_connect_socket: '))).toBe(true);
  nbd.clearDebugCallback();
  const count = messages.length;
  nbd.setDebug(false);
  await nbd.pread(512, 0);
  expect(messages.length).toBe(count);
});

test('closures are freed with their commands', async () => {
  const nbd = await halfEmpty();
  const before = holdings(nbd.lib).closures;
  for (let i = 0; i < 100; i++) await nbd.blockStatus(MiB, 0, () => {});
  await Promise.allSettled(Array.from({ length: 100 }, () => nbd.preadStructured(512, 8 * MiB, () => {})));
  expect(holdings(nbd.lib).closures).toBe(before);
});
