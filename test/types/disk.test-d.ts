// What a disk is: a handle, here or in a worker.
import type { Disk, NBD } from 'libnbd-wasm';
import type { WorkerNBD } from 'libnbd-wasm/worker-client';
import { expectTypeOf, test } from 'vitest';

test('handles are disks', () => {
  expectTypeOf<NBD>().toExtend<Disk>();
  expectTypeOf<WorkerNBD>().toExtend<Disk>();
});

test('what only connects is none', () => {
  expectTypeOf<Pick<NBD, 'pread' | 'getSize'>>().not.toExtend<Disk>();
});
