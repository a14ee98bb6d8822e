// What a disk is: a handle, here or in a worker.
import { type Disk, type DiskEvent, type LastingDisk, type NBD, openDisk } from 'libnbd-wasm';
import type { WorkerLibrary, WorkerNBD } from 'libnbd-wasm/worker-client';
import { expectTypeOf, test } from 'vitest';

test('handles are disks', () => {
  expectTypeOf<NBD>().toExtend<Disk>();
  expectTypeOf<WorkerNBD>().toExtend<Disk>();
});

test('what only connects is none', () => {
  expectTypeOf<Pick<NBD, 'pread' | 'getSize'>>().not.toExtend<Disk>();
});

test('openDisk', () => {
  expectTypeOf(openDisk('nbd://localhost')).resolves.toEqualTypeOf<LastingDisk>();
  openDisk(['nbd://one', new URL('ws://two/nbd/disk')], {
    retry: { keep: 2 ** 20 },
    check: async (nbd) => void (await nbd.pread(1, 0)),
  });
  openDisk(async () => new WebSocket('ws://localhost'), { retry: false, prepare: (nbd) => nbd.setFullInfo(true) });
  // @ts-expect-error a misspelt option
  openDisk('nbd://localhost', { timeOut: 5 });
  expectTypeOf<LastingDisk>().toExtend<Disk>();
  expectTypeOf<LastingDisk>().toExtend<AsyncDisposable>();
  expectTypeOf<LastingDisk['readable']>().returns.toEqualTypeOf<ReadableStream<Uint8Array>>();
  expectTypeOf<LastingDisk['getSize']>().returns.toEqualTypeOf<bigint>();
  expectTypeOf<Parameters<LastingDisk['addEventListener']>[1]>().parameters.toEqualTypeOf<[DiskEvent]>();
});

test('openDisk in a worker', () => {
  expectTypeOf<ReturnType<WorkerLibrary['openDisk']>>().resolves.toEqualTypeOf<LastingDisk>();
});
