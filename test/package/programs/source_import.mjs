// The module by the phase of an import that Node 24 has.

import { load } from 'libnbd-wasm';
import source wasm from 'libnbd-wasm/libnbd.wasm';

const nbd = (await load({ wasm })).create();
console.log(wasm instanceof WebAssembly.Module, nbd.getPackageName());
