// load(): makes an instance of libnbd, wherever the module's bytes come from.

import type { CompiledModule } from './base/platform_types.js';
import type { Host } from './libnbd/host.js';
import { Library } from './nbd.js';
import type { TlsOptions } from './tls/options.js';
import type { Connect } from './transports/target.js';
import { type CompileUrl, compile, libnbdFile, type WasmSource } from './wasm/compile.js';

export interface LoadOptions {
  /**
   * libnbd.wasm: a compiled `WebAssembly.Module`, its bytes, a response that delivers it or the URL to fetch it from. Without this it
   * is found beside the library's own JavaScript.
   */
  wasm?: WasmSource | undefined;
  /**
   * Opens the connections that `connectTcp`, `connectUnix` and `connectUri` ask for. Node has its own; a page has none, and says
   * here how it reaches a server, for example through a WebSocket proxy.
   */
  connect?: Connect | undefined;
  /**
   * TLS by a module of the library's, tls.wasm, as pages have it: `'wasm'` in Node, which has its own unless told otherwise, or how it is to
   * be done. It is loaded by the first connection that wants TLS.
   */
  tls?: 'wasm' | TlsOptions | undefined;
}

let carried: WasmSource | undefined;

/** @internal From now on, this is the module that is taken where none is named: `libnbd-wasm/inline` has it. */
export function carry(wasm: WasmSource): void {
  carried = wasm;
}

/**
 * Makes the `load` of a platform: `compileDefault` compiles the libnbd.wasm beside its JavaScript, `compileUrl` the file at a URL.
 * `platform` is what it can do for libnbd, and `tlsHost` the same with TLS by tls.wasm.
 */
export function loader(
  compileDefault: () => Promise<CompiledModule>,
  compileUrl: CompileUrl,
  platform: Host,
  tlsHost: (options: TlsOptions) => Host,
): (options?: LoadOptions) => Promise<Library> {
  return async (options = {}) => {
    const { connect, tls } = options;
    const own = tls === undefined ? platform : tlsHost(tls === 'wasm' ? {} : tls);
    const host = connect === undefined ? own : { ...own, connect };
    const wasm = options.wasm ?? carried;
    const compiled = wasm === undefined ? await compileDefault() : await compile(wasm, compileUrl, libnbdFile);
    return Library.instantiate(compiled, host);
  };
}
