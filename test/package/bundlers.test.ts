// What bundlers make of the package, with the configurations that examples/bundlers has and docs/bundlers.md shows: a page that
// reads a disk, under a content security policy that allows no more than it must.
import { readdir, readFile } from 'node:fs/promises';
import type { Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'puppeteer-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestProxy } from '../proxy/support.js';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { pattern } from '../support/bytes.js';
import { atEnd, Owner } from '../support/cleanup.js';
import { servePages } from '../support/page_server.js';
import { run } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { example, installExample, manifest, pack } from './support.js';

const owner = new Owner();
let chromium: OwnedBrowser;
let tarball: string;

beforeAll(async () => {
  tarball = await owner.run(pack);
  chromium = await startBrowser('chromium');
  owner.add(() => chromium.close());
});
afterAll(() => owner.end());

const disk = () => nbdkit('pattern', 'size=1234567');
const shown = `1234567 bytes: ${Array.from(pattern(0, 512), (byte) => byte.toString(16).padStart(2, '0')).join(' ')}`;

interface Output {
  text: string | null;
  /** How many workers the page has. */
  workers: number;
}

/** What the example's page shows, once it does. */
async function output(url: string): Promise<Output> {
  const page = await chromium.browser.newPage();
  atEnd(() => page.close());
  const broken = new Promise<never>((_, reject) => page.once('pageerror', reject));
  return Promise.race([broken, outputOf(page, url)]);
}

async function outputOf(page: Page, url: string): Promise<Output> {
  await page.goto(url);
  const element = await page.waitForSelector('output:not(:empty)');
  const text = (await element?.evaluate(({ textContent }) => textContent)) ?? null;
  return { text, workers: page.workers().length };
}

/** The two ways that the example knows: a parameter of its address, and what it shows then. */
const ways: [string, string, Output][] = [
  ['in the page', '', { text: shown, workers: 0 }],
  ['in a worker', '&worker', { text: shown, workers: 1 }],
];

const npmRun = (script: string) => (folder: string) => run('npm', 'run', script, '--silent', `--prefix=${folder}`);
const webpack = (folder: string) => run(process.execPath, fileURLToPath(new URL('webpack.mjs', import.meta.url)), folder);

/** `modules`: how many are emitted, where the bundler finds them by itself: webpack leaves out those of calls that the page does not have. */
const bundlers: Record<string, { build: (folder: string) => Promise<unknown>; site: string; modules: number }> = {
  vite: { build: npmRun('build'), site: 'dist', modules: 5 }, // it makes the page as well
  webpack: { build: webpack, site: '.', modules: 3 },
  esbuild: { build: npmRun('build'), site: '.', modules: 1 },
  rollup: { build: npmRun('build'), site: '.', modules: 1 },
};

describe.for(Object.entries(bundlers))('%s', ([name, { build, site, modules }]) => {
  let folder: string;
  beforeAll(async () => {
    folder = await owner.run(() => installExample(tarball, name));
    await owner.run(() => build(folder));
  });

  test('modules are files', async () => {
    const emitted = await readdir(join(folder, 'dist'), { recursive: true });
    expect(emitted.filter((file) => file.endsWith('.wasm'))).toHaveLength(modules);
  });

  test.for(ways)('the page reads a disk, with the library %s', async ([, parameter, result]) => {
    const headers = { 'content-security-policy': "script-src 'self' 'wasm-unsafe-eval'" };
    const answer = (path: string) => (/\.(html|js)$/.test(path) ? { headers } : {}); // a worker has that of its script
    const server = await servePages({ folders: { '/': join(folder, site) }, target: await disk(), answer });
    expect(await output(`${server.origin}/index.html?disk=${server.disk}${parameter}`)).toEqual(result);
    expect(server.requests.filter((path) => path.endsWith('.wasm'))).toHaveLength(1);
  });
});

test.for(ways)('vite’s server for development: with the library %s', async ([, parameter, result]) => {
  const root = await installExample(tarball, 'vite');
  const vite = await createServer({ root, logLevel: 'silent', server: { host: '127.0.0.1', port: 0, watch: null } });
  atEnd(() => vite.close());
  const proxy = new TestProxy(vite.httpServer as HttpServer, { targets: { disk: (await disk()).uri } });
  await vite.listen();
  expect(await output(`http://127.0.0.1:${proxy.port}/?disk=${proxy.url()}${parameter}`)).toEqual(result);
});

describe('what is written about it', () => {
  test('the examples are one program', async () => {
    const [program, ...others] = await Promise.all(
      Object.keys(bundlers).map((name) => readFile(example(name, 'main.js'), 'utf8')),
    );
    for (const other of others) expect(other).toBe(program);
  });

  test('the examples want the versions that are tested', async () => {
    const { version, devDependencies } = await manifest();
    for (const name of Object.keys(bundlers)) {
      const { dependencies, devDependencies: { 'webpack-cli': _, ...tools } = {} } = await manifest(example(name));
      expect(dependencies).toEqual({ 'libnbd-wasm': `^${version}` });
      expect(devDependencies).toMatchObject(tools);
    }
  });

  test('docs/bundlers.md shows the configurations as they are', async () => {
    const documentation = await readFile(new URL('../../docs/bundlers.md', import.meta.url), 'utf8');
    for (const name of ['vite', 'webpack', 'rollup']) {
      expect(documentation).toContain(`\`\`\`js\n${await readFile(example(name, `${name}.config.js`), 'utf8')}\`\`\``);
    }
    const { scripts } = await manifest(example('esbuild'));
    expect(documentation.replace(/ \\\n +/g, ' ')).toContain(`\`\`\`sh\n${scripts.build}\n\`\`\``);
  });
});
