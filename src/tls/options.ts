// What a user can say of TLS by tls.wasm.
import type { WasmFile, WasmSource } from '../wasm/compile.js';

export interface TlsOptions {
  /** tls.wasm: as `wasm` of {@link LoadOptions}. Without this it is found beside the library's own JavaScript. */
  wasm?: WasmSource | undefined;
  /**
   * Lets records be encrypted by AES in tls.wasm, where nothing else is left: with a server that has neither TLS 1.3 nor ChaCha20-Poly1305,
   * or in a page that is no secure context. This AES looks numbers up in tables, so that another program on the machine that can measure
   * its time may learn of its keys. False unless told otherwise.
   */
  tableAes?: boolean | undefined;
}

export const tlsFile: WasmFile = {
  name: 'tls.wasm',
  advice: 'say where it is: load({ tls: { wasm: URL } }), loadInWorker({ tls: { wasm: URL } })',
};
