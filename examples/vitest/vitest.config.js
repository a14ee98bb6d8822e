import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  optimizeDeps: { exclude: ['libnbd-wasm'] }, // libnbd.wasm lies beside the library's JavaScript
  test: {
    globalSetup: ['./server.js'],
    browser: {
      enabled: true,
      headless: true,
      provider: playwright(),
      api: { port: 63315, strictPort: true }, // server.js lets this origin in
      instances: [{ browser: 'chromium' }],
    },
  },
});
