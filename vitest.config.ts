// How the tests run: in processes of their own, against the built package in dist/, as its users import it.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    server: { deps: { external: [/\/dist\//] } }, // a test's `libnbd-wasm` is the package itself, run by Node as it is
    testTimeout: 60_000, // a hang ends; nothing here is a measurement of speed
    hookTimeout: 60_000,
    reporters: ['default', './test/support/summary_reporter.ts'],
  },
});
