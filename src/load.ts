// Where the module's bytes come from.

import type { Connect, Host } from './libnbd/host.js';
import { Library } from './nbd.js';
import { compileResponse } from './wasm/compile.js';

export interface LoadOptions {
  /**
   * libnbd.wasm: a compiled module, its bytes, a response that delivers it or the URL to fetch it from. Without this it is
   * found beside the library's own JavaScript.
   */
  wasm?: WebAssembly.Module | BufferSource | Response | PromiseLike<Response> | URL | string | undefined;
  /**
   * Opens the connections that `connectTcp`, `connectUnix` and `connectUri` ask for. Node has its own; a page has none, and says
   * here how it reaches a server, for example through a WebSocket proxy.
   */
  connect?: Connect | undefined;
}

/** Makes `load` of a platform: its way to get at libnbd.wasm beside its JavaScript, and at a URL, and what it can do. */
export function loader(
  compileDefault: () => Promise<WebAssembly.Module>,
  compileUrl: (url: URL | string) => Promise<WebAssembly.Module>,
  platform: Host,
): (options?: LoadOptions) => Promise<Library> {
  const compile = ({ wasm }: LoadOptions): WebAssembly.Module | Promise<WebAssembly.Module> => {
    if (wasm === undefined) return compileDefault();
    if (wasm instanceof WebAssembly.Module) return wasm;
    if (wasm instanceof URL || typeof wasm === 'string') return compileUrl(wasm);
    if (wasm instanceof ArrayBuffer || ArrayBuffer.isView(wasm)) return WebAssembly.compile(wasm);
    return compileResponse(wasm);
  };
  return async (options = {}) => {
    const host = options.connect === undefined ? platform : { ...platform, connect: options.connect };
    return Library.instantiate(await compile(options), host);
  };
}
