// How the tests run: in processes of their own, against the built package in dist/, as its users import it; and those that
// need nothing of Node's in browsers as well.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { debianBrowsers } from './test/browser/support/provider.js';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Only Node has what these are about, or what they are made with. */
const onlyInNode = [
  '200_connect_command',
  '410_pwrite',
  '510_aio_pwrite',
  'debug_environment',
  'errors_state',
  'option_exceptions',
  'shutdown',
  'surface',
].map((name) => `test/binding/${name}.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 300_000, // a hang ends; a machine may be ten times slower than another
    hookTimeout: 300_000,
    reporters: ['default', './test/support/stuck_reporter.ts', './test/support/summary_reporter.ts'],
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/opfs.test.ts'], // Node has no such files
          pool: 'forks',
          server: { deps: { external: [/\/dist\//] } }, // a test's `libnbd-wasm` is the package itself, run by Node as it is
        },
      },
      {
        extends: true,
        resolve: {
          alias: [
            { find: /^libnbd-wasm$/, replacement: path('dist/browser.js') },
            { find: /^libnbd-wasm\/worker-client$/, replacement: path('dist/worker_client.js') },
            { find: /^.*\/platform\.js$/, replacement: path('test/browser/support/platform.ts') },
          ],
        },
        test: {
          name: 'browser',
          include: ['test/*.test.ts', 'test/binding/*.test.ts', 'test/browser/*.test.ts'],
          exclude: onlyInNode,
          globalSetup: ['test/browser/support/global_setup.ts'],
          browser: {
            enabled: true,
            provider: debianBrowsers(),
            headless: true,
            screenshotFailures: false,
            instances: [
              { browser: 'chromium' },
              // In Firefox each suite runs once, in the page.
              { browser: 'firefox', exclude: [...onlyInNode, 'test/browser/in_worker.test.ts'] },
            ],
          },
        },
      },
    ],
  },
});
