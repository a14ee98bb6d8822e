import { readFile } from 'node:fs/promises';
import nodeResolve from '@rollup/plugin-node-resolve';

// Rollup leaves the URLs of libnbd.wasm and of the worker's script as they are, relative to the bundle: so they are put there.
const wasm = {
  name: 'libnbd.wasm',
  async buildStart() {
    const source = await readFile('node_modules/libnbd-wasm/dist/libnbd.wasm');
    this.emitFile({ type: 'asset', fileName: 'libnbd.wasm', source });
  },
};

export default {
  input: { main: 'main.js', worker: 'libnbd-wasm/worker' },
  output: { dir: 'dist' },
  plugins: [nodeResolve(), wasm],
};
