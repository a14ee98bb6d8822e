// The page's elements in a page of somebody else's: examples/inspector with the package as npm installs it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { Owner } from '../support/cleanup.js';
import { servePages } from '../support/page_server.js';
import { run } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { bundledProgram, complaints } from '../support/type_check.js';
import { installExample, manifest, pack } from './support.js';

const owner = new Owner();
let chromium: OwnedBrowser;
let folder: string;

beforeAll(async () => {
  folder = await owner.run(async () => installExample(await pack(), '../inspector'));
  chromium = await startBrowser('chromium');
  owner.add(() => chromium.close());
});
afterAll(() => owner.end());

test('shows a disk, and tells what its user selects', async () => {
  await run('npm', 'run', 'build', '--silent', `--prefix=${folder}`);
  const server = await servePages({ folders: { '/': folder }, target: await nbdkit('pattern', '1M') });
  const page = await chromium.browser.newPage();
  await page.goto(`${server.origin}/index.html?disk=${server.disk}`);
  const shown = () =>
    page.evaluate(
      () => document.querySelector('nbd-inspector')?.shadowRoot?.querySelector('nbd-export')?.shadowRoot?.textContent,
    );
  await page.waitForFunction(
    () =>
      document
        .querySelector('nbd-inspector')
        ?.shadowRoot?.querySelector('nbd-export')
        ?.shadowRoot?.textContent?.includes('1 MiB'),
    { polling: 'raf' },
  );
  expect(await shown()).toMatch(/My disk.*connected/s);
  await page.evaluate(() => {
    const detail = { offset: 1024n, length: 512n, why: 'chosen by a test' };
    const header = document.querySelector('nbd-inspector')?.shadowRoot?.querySelector('nbd-export');
    header?.dispatchEvent(new CustomEvent('nbd-select', { detail, bubbles: true, composed: true }));
  });
  expect(await page.$eval('output', ({ textContent }) => textContent)).toBe('512 bytes at offset 1024: chosen by a test');
});

test('has types that need none but the browser’s', () => {
  const options = bundledProgram(['es2022', 'esnext.disposable', 'dom', 'dom.iterable']);
  expect(complaints([join(folder, 'main.ts')], options)).toEqual([]);
});

test('brings the licences of what is bundled, and depends on nothing more', async () => {
  const notices = await readFile(join(folder, 'node_modules/libnbd-wasm/dist/inspector/THIRD-PARTY-NOTICES'), 'utf8');
  for (const name of ['lit', 'lit-html', 'lit-element', '@lit/reactive-element']) {
    const { version } = await manifest(join(import.meta.dirname, '../../node_modules', name));
    expect(notices).toContain(`${name} ${version}\n\nBSD 3-Clause License`);
  }
  expect((await manifest()).dependencies).toEqual({ ws: expect.any(String) });
});
