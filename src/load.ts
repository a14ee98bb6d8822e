// load(): makes an instance of libnbd, wherever the module's bytes come from.

import type { CompiledModule } from './base/platform_types.js';
import type { Host } from './libnbd/host.js';
import { Library } from './nbd.js';
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
}

let carried: WasmSource | undefined;

/** @internal From now on, this is the module that is taken where none is named: `libnbd-wasm/inline` has it. */
export function carry(wasm: WasmSource): void {
  carried = wasm;
}

/**
 * Makes the `load` of a platform: `compileDefault` compiles the libnbd.wasm beside its JavaScript, `compileUrl` the file at a URL.
 * `platform` is what it can do for libnbd.
 */
export function loader(
  compileDefault: () => Promise<CompiledModule>,
  compileUrl: CompileUrl,
  platform: Host,
): (options?: LoadOptions) => Promise<Library> {
  return async (options = {}) => {
    const host = options.connect === undefined ? platform : { ...platform, connect: options.connect };
    const wasm = options.wasm ?? carried;
    const compiled = wasm === undefined ? await compileDefault() : await compile(wasm, compileUrl, libnbdFile);
    return Library.instantiate(compiled, host);
  };
}
