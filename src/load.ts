// Where the module's bytes come from.
import { Library } from './library.js';

export interface LoadOptions {
  /**
   * libnbd.wasm: a compiled module, its bytes, a response that delivers it or the URL to fetch it from. Without this it is
   * found beside the library's own JavaScript.
   */
  wasm?: WebAssembly.Module | BufferSource | Response | PromiseLike<Response> | URL | string | undefined;
}

/** Makes `load` of a platform's way to get at libnbd.wasm beside its JavaScript, and at a URL. */
export function loader(
  compileDefault: () => Promise<WebAssembly.Module>,
  compileUrl: (url: URL | string) => Promise<WebAssembly.Module>,
): (options?: LoadOptions) => Promise<Library> {
  return async ({ wasm } = {}) => {
    if (wasm === undefined) return Library.instantiate(await compileDefault());
    if (wasm instanceof WebAssembly.Module) return Library.instantiate(wasm);
    if (wasm instanceof URL || typeof wasm === 'string') return Library.instantiate(await compileUrl(wasm));
    if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) return Library.instantiate(await WebAssembly.compile(wasm));
    return Library.instantiate(await compileResponse(wasm));
  };
}

/** Compiles what a server delivers, whatever MIME type it calls it. */
export async function compileResponse(response: Response | PromiseLike<Response>): Promise<WebAssembly.Module> {
  const delivered = await response;
  if (!delivered.ok) throw new Error(`libnbd.wasm: ${delivered.url} answered ${delivered.status} ${delivered.statusText}`);
  if (delivered.headers.get('content-type')?.startsWith('application/wasm')) return WebAssembly.compileStreaming(delivered);
  return WebAssembly.compile(await delivered.arrayBuffer());
}
