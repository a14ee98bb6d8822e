// The examples for pages, for tests in a browser, and for workerd. Those of bundlers and of the inspector have tests in test/package/.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { install, pack } from '../package/support.js';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { atEnd, Owner } from '../support/cleanup.js';
import { servePages } from '../support/page_server.js';
import { OwnedProcess, run } from '../support/processes.js';
import { fileOf, missing } from '../support/runtimes.js';
import { nbdkit, nbdkitOnTcp } from '../support/servers.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const examples = join(root, 'examples');
const owner = new Owner();
let chromium: OwnedBrowser;
let tarball: string;

beforeAll(async () => {
  tarball = await owner.run(pack);
  chromium = await startBrowser('chromium');
  owner.add(() => chromium.close());
});
afterAll(() => owner.end());

/** What the first 64 bytes of nbdkit's pattern are: the offset of each 8 bytes. */
const pattern = Array.from({ length: 64 }, (_, i) => (i % 8 === 7 ? i - 7 : 0).toString(16).padStart(2, '0')).join(' ');

test('page/: a page without a bundler', async () => {
  const folders = { '/node_modules/libnbd-wasm/dist/': join(root, 'dist'), '/': join(examples, 'page') };
  const site = await servePages({ folders, target: await nbdkit('pattern', '1M') });
  const page = await chromium.browser.newPage();
  atEnd(() => page.close());
  const shown = async (disk: string) => {
    await page.goto(`${site.origin}/index.html?disk=${disk}`);
    const element = await page.waitForSelector('output:not(:empty)');
    return element?.evaluate(({ textContent }) => textContent);
  };
  expect(await shown(site.disk)).toBe(`1048576 bytes: ${pattern}`);
  expect(await shown(site.disk.replace('/disk', '/none'))).toContain('unknown target none');
});

test('vitest/: a test in a browser with a real nbdkit', async () => {
  const folder = await install(tarball);
  await cp(join(examples, 'vitest'), folder, { recursive: true });
  const modules = join(folder, 'node_modules');
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (existsSync(join(modules, name))) continue;
    await symlink(join(root, 'node_modules', name), join(modules, name));
  }
  const port = String(await freePort());
  const server = await readFile(join(folder, 'server.js'), 'utf8');
  await writeFile(join(folder, 'server.js'), server.replace('63315', port));
  // Its Chromium is Playwright's, which has to be downloaded; ours is Debian's.
  const config = await readFile(join(folder, 'vitest.config.js'), 'utf8');
  const provided = config
    .replace(/^import \{ playwright \}.*$/m, `import { debianBrowsers } from '${root}test/browser/support/provider.ts';`)
    .replace('playwright()', 'debianBrowsers()')
    .replace('63315', port);
  expect(provided).not.toContain('playwright');
  await writeFile(join(folder, 'vitest.config.js'), provided);
  const printed = await run('npm', 'test', '--silent', `--prefix=${folder}`);
  expect(stripVTControlCharacters(String(printed))).toMatch(/Tests +2 passed/);
});

/** A port that nobody has now, for a program that must be told one. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

test('workerd/: a Worker', async (context) => {
  if (missing !== undefined) return context.skip(missing);
  const workerd = fileOf('@cloudflare/workerd-linux-64', 'bin/workerd');
  const folder = await install(tarball);
  await cp(join(examples, 'workerd'), folder, { recursive: true });
  await build({
    entryPoints: [join(folder, 'worker.mjs')],
    outdir: join(folder, 'dist'),
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'browser'],
    external: ['cloudflare:sockets', '*.wasm'],
    logLevel: 'silent',
  });
  const { uri } = await nbdkitOnTcp('pattern', '1M');
  const port = await freePort();
  const config = await readFile(join(folder, 'config.capnp'), 'utf8');
  await writeFile(join(folder, 'config.capnp'), config.replace('8080', String(port)));
  new OwnedProcess(['env', `NBD_ADDRESS=${new URL(uri).host}`, workerd, 'serve', join(folder, 'config.capnp')]);
  const answer = async (): Promise<string> => {
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
      if (response !== undefined) return response.text();
      await setTimeout(50); // it is not listening yet
    }
  };
  expect(await answer()).toBe(`1048576 bytes: ${pattern.slice(0, 16 * 3 - 1)}\n`);
});

test('examples/README.md names every example, and each is short enough to be read', async () => {
  const index = await readFile(join(examples, 'README.md'), 'utf8');
  for (const entry of await readdir(examples, { withFileTypes: true })) {
    if (entry.name === 'README.md') continue;
    expect(index).toContain(entry.name === 'c' ? '`examples/c/' : `](${entry.name}`); // the package has no c/: no link can lead there
    if (!entry.isFile()) continue;
    const lines = (await readFile(join(examples, entry.name), 'utf8')).trimEnd().split('\n').length;
    expect({ name: entry.name, isShort: lines >= 15 && lines <= 45 }).toEqual({ name: entry.name, isShort: true });
  }
});
