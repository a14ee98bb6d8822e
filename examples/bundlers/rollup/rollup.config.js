import { readFile } from 'node:fs/promises';
import nodeResolve from '@rollup/plugin-node-resolve';

// Rollup leaves the URL of libnbd.wasm as it is, relative to the bundle: so the file is put there.
const wasm = {
  name: 'libnbd.wasm',
  async buildStart() {
    const source = await readFile('node_modules/libnbd-wasm/dist/libnbd.wasm');
    this.emitFile({ type: 'asset', fileName: 'libnbd.wasm', source });
  },
};

export default {
  input: 'main.js',
  output: { dir: 'dist' },
  plugins: [nodeResolve(), wasm],
};
