// libnbd-wasm/inline, in Node: the library with libnbd.wasm inside its JavaScript, for bundles and for executables of one file. To
// import it is enough: what the program imports from `libnbd-wasm` has the module from then on.
import { base64 } from './generated/libnbd_wasm.js';
import { carry } from './load.js';
import { bytesOfBase64 } from './wasm/base64.js';

export * from './node.js';

/** libnbd.wasm, for `load({ wasm })` and `loadInWorker({ wasm })`. */
const wasm: Uint8Array<ArrayBuffer> = bytesOfBase64(base64);
carry(wasm);
export default wasm;
