// libnbd-wasm/worker-client in Node: the library in a thread of its own, for a program whose event loop must stay free.
import { Worker } from 'node:worker_threads';
import { compileOwn, compileUrl } from './node/compile_file.js';
import { type NodeWorker, workerLike, workerOptions } from './node/worker.js';
import { type PartitionsCall, type ProbeCall, probeCalls } from './probe/calls.js';
import { blkidFile } from './wasm/compile.js';
import { WorkerLibrary, type WorkerLike } from './worker/client.js';
import { type LoadInWorkerOptions as LoadOptionsWith, sendable } from './worker/options.js';

export * from './worker_shared.js';
export type { NodeWorker };

export type LoadInWorkerOptions = LoadOptionsWith<WorkerLike | NodeWorker>;

/**
 * Loads libnbd in a worker of its own. It keeps the process alive while a call waits.
 *
 * @throws Error when the worker or libnbd.wasm cannot be loaded; it says what to do.
 * @example
 * ```ts
 * import { loadInWorker } from 'libnbd-wasm/worker-client';
 *
 * const lib = await loadInWorker();
 * const nbd = await lib.create();
 * await nbd.connectUri('nbd://localhost');
 * console.log(await nbd.getSize(), await nbd.pread(512, 0));
 * ```
 */
export async function loadInWorker({ worker, ...options }: LoadInWorkerOptions = {}): Promise<WorkerLibrary> {
  return WorkerLibrary.load(startedWorker(worker), sendable(options, String));
}

function startedWorker(worker: LoadInWorkerOptions['worker']): WorkerLike {
  if (worker === undefined) return workerLike(new Worker(new URL('./node_worker.js', import.meta.url), workerOptions('libnbd')));
  if (typeof worker === 'string' || worker instanceof URL) return workerLike(new Worker(worker, workerOptions('libnbd')));
  return 'addEventListener' in worker ? worker : workerLike(worker);
}

const calls = probeCalls(() => compileOwn(() => new URL('./blkid.wasm', import.meta.url), blkidFile), compileUrl);

/** Finds out what is on a disk, in this thread, over a disk in the worker: {@link ProbeCall} tells how. */
export const probe: ProbeCall = calls.probe;

/** Lists the partitions of a disk: {@link PartitionsCall} tells how. */
export const partitions: PartitionsCall = calls.partitions;
