// libnbd-wasm/worker-client: the library in a worker, for a page that must stay smooth.
import { type PartitionsCall, type ProbeCall, probeCalls } from './probe/calls.js';
import { type TlsOptions, tlsFile } from './tls/options.js';
import { blkidFile, compileResponse, libnbdFile, type WasmFile, type WasmSource } from './wasm/compile.js';
import { compileUrl } from './wasm/compile_url.js';
import { startError, WorkerLibrary, type WorkerLike } from './worker/client.js';
import type { WorkerOptions } from './worker/messages.js';
import { socketUrl } from './worker/remote_handle.js';

export type { WaitOptions } from './base/abort.js';
export type { CallbackResult, ErrorRef, Extent64 } from './base/callback.js';
export { type ErrnoCode, NBDError } from './base/errors.js';
export type { CacheOptions } from './disk/block_cache.js';
export { describeFlags } from './disk/describe_flags.js';
export type { Disk } from './disk/disk.js';
export { DiskError, type DiskRange } from './disk/disk_error.js';
export type { Extent, ExtentsOfContextsOptions, ExtentsOptions } from './disk/extents.js';
export type { TransferOptions } from './disk/ranges.js';
export type { ReadableOptions } from './disk/transfers.js';
export type { WritableOptions } from './disk/writable.js';
export type * from './generated/callbacks.js';
export * from './generated/constants.js';
export type { Where } from './lasting/addresses.js';
export type { DiskEvent, DiskEventDetail, DiskEventType } from './lasting/events.js';
export type { LastingDisk } from './lasting/lasting_disk.js';
export type { OpenDiskOptions, RetryOptions } from './lasting/open_disk.js';
export type { PartitionsCall, ProbeCall } from './probe/calls.js';
export type { ProbeOptions } from './probe/options.js';
export type * from './probe/types.js';
export type { TlsOptions } from './tls/options.js';
export type { BytePair } from './transports/web_streams.js';
export type { RemoteCalls, WorkerNBD } from './worker/remote_handle.js';
export { WorkerLibrary, type WorkerLike };

export interface LoadInWorkerOptions {
  /**
   * A module worker that runs `libnbd-wasm/worker`, for a bundler that does not find it by itself. It is the library's from here on.
   */
  worker?: WorkerLike | undefined;
  /** libnbd.wasm, as `load` of `libnbd-wasm` takes it; a URL is relative to the page's. */
  wasm?: WasmSource | undefined;
  /** Where a `libnbd-wasm proxy` listens, for `connectUri` and `connectTcp`: as with `connectThrough` of `libnbd-wasm`. */
  proxy?: string | URL | undefined;
  /** How TLS is to be done, as `load` of `libnbd-wasm` takes it. */
  tls?: TlsOptions | undefined;
}

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
  return WorkerLibrary.load(worker ?? startWorker(), sendable(options));
}

function startWorker(): Worker {
  try {
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'libnbd' });
  } catch (error) {
    throw startError(error as Error); // of another origin
  }
}

async function sendable({ wasm, proxy, tls }: LoadInWorkerOptions): Promise<WorkerOptions> {
  return {
    wasm: await sendableWasm(wasm, libnbdFile),
    proxy: proxy === undefined ? undefined : socketUrl(proxy),
    tls: tls && { ...tls, wasm: await sendableWasm(tls.wasm, tlsFile) },
  };
}

async function sendableWasm(wasm: LoadInWorkerOptions['wasm'], file: WasmFile): Promise<WorkerOptions['wasm']> {
  if (wasm === undefined || wasm instanceof WebAssembly.Module) return wasm;
  if (typeof wasm === 'string' || wasm instanceof URL) return new URL(wasm, globalThis.location?.href).href;
  if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) return wasm;
  return compileResponse(wasm, file);
}

const calls = probeCalls(() => compileUrl(new URL('./blkid.wasm', import.meta.url), blkidFile), compileUrl);

/** Finds out what is on a disk, in the page, over a disk in the worker: {@link ProbeCall} tells how. */
export const probe: ProbeCall = calls.probe;

/** Lists the partitions of a disk: {@link PartitionsCall} tells how. */
export const partitions: PartitionsCall = calls.partitions;
