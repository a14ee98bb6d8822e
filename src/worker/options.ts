// How the library is loaded in a worker: what a user says of it, and what the worker is told.
import { type TlsOptions, tlsFile } from '../tls/options.js';
import { compileResponse, libnbdFile, type WasmFile, type WasmSource } from '../wasm/compile.js';
import type { WorkerOptions } from './messages.js';
import { socketUrl } from './remote_handle.js';

/** `Worker` is what the platform's workers are. */
export interface LoadInWorkerOptions<Worker> {
  /**
   * A module worker that runs `libnbd-wasm/worker`, or the URL of that script, for a bundler that does not find it by itself. The worker
   * is the library's from here on.
   */
  worker?: Worker | URL | string | undefined;
  /** libnbd.wasm, as `load` of `libnbd-wasm` takes it; a URL is relative to the page's. */
  wasm?: WasmSource | undefined;
  /** Where a `libnbd-wasm proxy` listens, for `connectUri` and `connectTcp`: as with `connectThrough` of `libnbd-wasm`. */
  proxy?: string | URL | undefined;
  /** How TLS is to be done, as `load` of `libnbd-wasm` takes it. */
  tls?: TlsOptions | undefined;
}

/** What a message can carry of it. `located` makes a URL one that the worker understands. */
export async function sendable(
  { wasm, proxy, tls }: Omit<LoadInWorkerOptions<never>, 'worker'>,
  located: (url: URL | string) => string,
): Promise<WorkerOptions> {
  return {
    wasm: await sendableWasm(wasm, libnbdFile, located),
    proxy: proxy === undefined ? undefined : socketUrl(proxy),
    tls: tls && { ...tls, wasm: await sendableWasm(tls.wasm, tlsFile, located) },
  };
}

async function sendableWasm(
  wasm: WasmSource | undefined,
  file: WasmFile,
  located: (url: URL | string) => string,
): Promise<WorkerOptions['wasm']> {
  if (wasm === undefined || wasm instanceof WebAssembly.Module) return wasm;
  if (typeof wasm === 'string' || wasm instanceof URL) return located(wasm);
  if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) return wasm;
  return compileResponse(wasm as Response | PromiseLike<Response>, file);
}
