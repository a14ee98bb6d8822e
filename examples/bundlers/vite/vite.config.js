import { defineConfig } from 'vite';

export default defineConfig({
  // For the dev server of Vite 7 and older: its copies of packages do not find the files that were beside the originals.
  optimizeDeps: { exclude: ['libnbd-wasm'] },
});
