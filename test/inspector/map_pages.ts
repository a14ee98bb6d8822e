// Serves a page with the elements of the map, under the content security policy that the inspector has, and opens it in a browser.
import { build } from 'esbuild';
import type { Page } from 'puppeteer-core';
import { onTestFinished } from 'vitest';
import type { OwnedBrowser } from '../support/browsers.js';
import { servePages } from '../support/page_server.js';
import type { Server } from '../support/servers.js';

const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws:";
const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Map</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script></html>`;
const css = 'body { margin: 12px; background: var(--nbd-ground); color: var(--nbd-ink); }';

let script: Promise<string> | undefined;

function bundle(): Promise<string> {
  script ??= build({
    entryPoints: [new URL('map_page.ts', import.meta.url).pathname],
    alias: { 'libnbd-wasm': new URL('../../dist/browser.js', import.meta.url).pathname },
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '');
  return script;
}

export interface OpenOptions {
  width?: number;
  height?: number;
  dark?: boolean;
  ratio?: number;
}

/** Opens the page; nothing is connected yet. `url` is the disk's. */
export async function openMapPage(
  { browser }: OwnedBrowser,
  target: Server,
  { width = 1000, height = 700, dark = false, ratio = 1 }: OpenOptions = {},
): Promise<{ page: Page; url: string }> {
  const bodies: Record<string, string> = { '/': html, '/page.css': css, '/page.js': await bundle() };
  const server = await servePages({
    folders: { '/': new URL('../../dist', import.meta.url).pathname },
    target,
    answer: (path) => {
      const headers = { 'content-security-policy': policy, ...(path === '/' ? { 'content-type': 'text/html' } : {}) };
      const body = bodies[path];
      return body === undefined ? { headers } : { headers, body };
    },
  });
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  await page.setViewport({ width, height, deviceScaleFactor: ratio });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
  await page.goto(`${server.origin}/`);
  return { page, url: server.disk };
}
