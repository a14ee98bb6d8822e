// The ready-made worker: the calls of a handle, each with a promise of its result.
import type { NBD } from 'libnbd-wasm';
import {
  type BytePair,
  CMD_FLAG_FUA,
  type Extent,
  type Extent64,
  loadInWorker,
  NBDError,
  SIZE_MINIMUM,
  STRICT_BOUNDS,
  TLS_DISABLE,
  type WorkerLibrary,
  type WorkerNBD,
} from 'libnbd-wasm/worker-client';
import { expectTypeOf, test } from 'vitest';

declare const lib: WorkerLibrary;
declare const nbd: WorkerNBD;
declare const port: MessagePort;
declare const pair: BytePair;
const bytes = new Uint8Array(512);
const { signal } = new AbortController();

test('libraries', () => {
  expectTypeOf(loadInWorker()).resolves.toEqualTypeOf<WorkerLibrary>();
  loadInWorker({ worker: new Worker('worker.js', { type: 'module' }) });
  loadInWorker({ wasm: fetch('/libnbd.wasm'), proxy: 'wss://disks.example' });
  loadInWorker({ wasm: bytes, proxy: undefined });
  // @ts-expect-error the worker opens its connections itself
  loadInWorker({ connect: () => port });
  loadInWorker({ worker: '/worker.js' });
  // @ts-expect-error a port is no worker
  loadInWorker({ worker: port });
  expectTypeOf(lib.create()).resolves.toEqualTypeOf<WorkerNBD>();
  expectTypeOf(lib.close()).toEqualTypeOf<void>();
  expectTypeOf<WorkerLibrary>().toExtend<Disposable>();
});

test('calls that return at once have promises too', () => {
  expectTypeOf(nbd.getSize()).toEqualTypeOf<Promise<bigint>>();
  expectTypeOf(nbd.getExportName()).toEqualTypeOf<Promise<string>>();
  expectTypeOf(nbd.isReadOnly()).toEqualTypeOf<Promise<boolean>>();
  expectTypeOf(nbd.setExportName('')).toEqualTypeOf<Promise<void>>();
  expectTypeOf(nbd.aioIsReady()).toEqualTypeOf<Promise<boolean>>();
  expectTypeOf(nbd.aioInFlight()).toEqualTypeOf<Promise<number>>();
  expectTypeOf(nbd.setTlsCredentials({})).toEqualTypeOf<Promise<void>>();
  expectTypeOf(nbd.close()).toEqualTypeOf<Promise<void>>();
  expectTypeOf<WorkerNBD>().toExtend<AsyncDisposable>();
});

test('calls that wait are as they are', () => {
  expectTypeOf(nbd.pread(512, 0n, { signal })).toEqualTypeOf<Promise<Uint8Array<ArrayBuffer>>>();
  expectTypeOf(nbd.readFully(512, 0)).toEqualTypeOf<Promise<Uint8Array<ArrayBuffer>>>();
  expectTypeOf(nbd.pwrite(bytes, 0, { flags: CMD_FLAG_FUA })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(nbd.preadInto(bytes, 0)).toEqualTypeOf<Promise<void>>();
  expectTypeOf(nbd.optList(() => {})).toEqualTypeOf<Promise<number>>();
  nbd.blockStatus64(512, 0, (_metacontext, _offset, entries) => {
    expectTypeOf(entries).toEqualTypeOf<Extent64[]>();
  });
  expectTypeOf<Parameters<WorkerNBD['zero']>>().toEqualTypeOf<Parameters<NBD['zero']>>();
  // @ts-expect-error strict mode's flags are not a command's
  nbd.pwrite(bytes, 0, { flags: STRICT_BOUNDS });
  // @ts-expect-error TLS settings are no sizes
  nbd.getBlockSize(TLS_DISABLE);
  nbd.getBlockSize(SIZE_MINIMUM);
});

test('what is built on them', () => {
  expectTypeOf(nbd.extents({ offset: 0n, signal })).toExtend<AsyncIterable<Extent>>();
  expectTypeOf(nbd.readable()).toEqualTypeOf<Promise<ReadableStream<Uint8Array>>>();
  expectTypeOf(nbd.writable()).toEqualTypeOf<Promise<WritableStream<Uint8Array>>>();
});

test('connecting', () => {
  expectTypeOf(nbd.connectWebSocket('/nbd/disk', { protocols: 'binary', signal })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(nbd.connectSocket(port, { signal })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(nbd.connectSocket(pair)).toEqualTypeOf<Promise<void>>();
  // @ts-expect-error a WebSocket cannot be given away
  nbd.connectSocket(new WebSocket('wss://disks.example/nbd/disk'));
  // @ts-expect-error nor can its class
  nbd.connectWebSocket('/nbd/disk', { WebSocket });
});

test('what only makes sense beside libnbd is not there', () => {
  type Missing = 'aioPread' | 'aioConnect' | 'aioCommandCompleted' | 'poll' | 'poll2' | 'setDebugCallback' | 'clearDebugCallback';
  expectTypeOf<Extract<keyof WorkerNBD, Missing | 'preadStructuredInto' | 'lib' | 'closed'>>().toBeNever();
  expectTypeOf<Exclude<keyof NBD, keyof WorkerNBD>>().toExtend<
    `aio${string}` | Missing | 'preadStructuredInto' | 'lib' | 'closed' | typeof Symbol.dispose
  >();
});

test('errors', () => {
  const error: unknown = undefined;
  if (error instanceof NBDError) expectTypeOf(error.code).toEqualTypeOf<string | null>();
});
