// What the package's entries load, as a bundler sees it: in a page nothing of Node's, nor the proxy, nor the `ws` package; in
// Node nothing that is the page's.
import { isBuiltin } from 'node:module';
import { build, type Platform } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Owner } from '../support/cleanup.js';
import { install, manifest, pack } from './support.js';

const owner = new Owner();
let project: string;

beforeAll(async () => {
  project = await owner.run(async () => install(await pack()));
});
afterAll(() => owner.end());

/** The package's own files that an entry loads, and what it imports beside them. */
async function loaded(entry: string, platform: Platform): Promise<{ files: string[]; others: string[] }> {
  const { metafile } = await build({
    stdin: { contents: `export * from ${JSON.stringify(entry)}`, resolveDir: project },
    absWorkingDir: project,
    bundle: true,
    format: 'esm',
    platform,
    external: ['ws'],
    metafile: true,
    logLevel: 'silent',
    write: false,
  });
  const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
  return {
    files: Object.keys(metafile.inputs).map((path) => path.replace('node_modules/libnbd-wasm/dist/', '')),
    others: imports.filter(({ external }) => external).map(({ path }) => path),
  };
}

/** The names that programs import, but for files that are no modules. */
async function entries(): Promise<string[]> {
  const { exports = {} } = await manifest();
  const modules = Object.keys(exports).filter((path) => !/\.(wasm|json)$/.test(path));
  return modules.map((path) => path.replace(/^\./, 'libnbd-wasm'));
}

test('in a page: nothing of Node’s, nor any package', async () => {
  for (const entry of await entries()) {
    if (entry === 'libnbd-wasm/proxy') continue;
    const { files, others } = await loaded(entry, 'browser');
    expect(others).toEqual([]);
    expect(files.filter((file) => /^(proxy|cli)\/|node/.test(file))).toEqual([]);
  }
  expect((await loaded('libnbd-wasm', 'browser')).files).toContain('transports/connect_web_socket.js');
});

test('in a page that has the library in a worker: nothing of the library itself', async () => {
  const { files } = await loaded('libnbd-wasm/worker-client', 'browser');
  expect(files).toContain('worker/client.js');
  for (const file of ['browser.js', 'library.js', 'nbd.js', 'generated/methods.js']) expect(files).not.toContain(file);
});

test('in Node: its own modules and ws, and nothing of the page’s', async () => {
  for (const entry of ['libnbd-wasm', 'libnbd-wasm/proxy']) {
    const { files, others } = await loaded(entry, 'node');
    expect(others.filter((path) => !isBuiltin(path) && path !== 'ws')).toEqual([]);
    expect(files).not.toContain('browser.js');
  }
});

test('an entry of Node’s in a page is refused when it is bundled', async () => {
  await expect(loaded('libnbd-wasm/proxy', 'browser')).rejects.toThrow('node:');
});
