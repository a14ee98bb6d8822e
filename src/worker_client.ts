// libnbd-wasm/worker-client: the library in a worker, for a page that must stay smooth.
import { type PartitionsCall, type ProbeCall, probeCalls } from './probe/calls.js';
import { blkidFile } from './wasm/compile.js';
import { compileOwn, compileUrl } from './wasm/compile_url.js';
import { startError, WorkerLibrary, type WorkerLike } from './worker/client.js';
import { type LoadInWorkerOptions as LoadOptionsWith, sendable } from './worker/options.js';

export * from './worker_shared.js';

export type LoadInWorkerOptions = LoadOptionsWith<WorkerLike>;

/**
 * Loads libnbd in a worker of its own.
 *
 * @throws Error when the worker or libnbd.wasm cannot be loaded; it says what to do.
 * @example
 * ```ts
 * import { loadInWorker } from 'libnbd-wasm/worker-client';
 *
 * const lib = await loadInWorker();
 * const nbd = await lib.create();
 * await nbd.connectWebSocket('wss://example.com/nbd/disk');
 * console.log(await nbd.getSize(), await nbd.pread(512, 0));
 * ```
 */
export async function loadInWorker({ worker, ...options }: LoadInWorkerOptions = {}): Promise<WorkerLibrary> {
  return WorkerLibrary.load(startedWorker(worker), sendable(options, located));
}

const located = (url: URL | string): string => new URL(url, globalThis.location?.href).href;

const workerOptions = { type: 'module', name: 'libnbd' } as const;

function startedWorker(worker: LoadInWorkerOptions['worker']): WorkerLike {
  if (typeof worker === 'string' || worker instanceof URL) return workerOf(located(worker));
  return worker ?? ownWorker();
}

// Bundlers know the first expression, and put the script's real name into it. It throws for a script of another origin, which is then
// beside this one, unless a bundler gave it a name of its own.
function ownWorker(): Worker {
  try {
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'libnbd' });
  } catch {
    return workerOf(sibling('./worker.js'));
  }
}

const sibling = (path: string): string => new URL(/* webpackIgnore: true */ /* @vite-ignore */ path, import.meta.url).href;

/** A browser starts a worker from the page's own origin alone; such a script may import one of another, where the policies let it. */
function workerOf(url: string): Worker {
  try {
    if (new URL(url).origin === globalThis.location.origin) return new Worker(url, workerOptions);
    const blob = new Blob([`import ${JSON.stringify(url)};`], { type: 'text/javascript' });
    return new Worker(URL.createObjectURL(blob), workerOptions); // a few bytes, which the page keeps
  } catch (error) {
    throw startError(error as Error);
  }
}

const calls = probeCalls(() => compileOwn(() => new URL('./blkid.wasm', import.meta.url), blkidFile), compileUrl);

/** Finds out what is on a disk, in the page, over a disk in the worker: {@link ProbeCall} tells how. */
export const probe: ProbeCall = calls.probe;

/** Lists the partitions of a disk: {@link PartitionsCall} tells how. */
export const partitions: PartitionsCall = calls.partitions;
