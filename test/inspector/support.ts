// The page as `dist/inspector` has it, served with the strict headers that it is made for, and proxies to real servers behind it.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname } from 'node:path';
import type { ProxyOptions } from 'libnbd-wasm/proxy';
import type { ElementHandle, Page } from 'puppeteer-core';
import { onTestFinished } from 'vitest';
import { TestProxy } from '../proxy/support.js';
import type { OwnedBrowser } from '../support/browsers.js';
import { listen, nbdkit } from '../support/servers.js';

const folder = new URL('../../dist/inspector/', import.meta.url);

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

export interface SiteOptions extends Omit<ProxyOptions, 'targets' | 'server' | 'log'> {
  /** The NBD servers, by the names of their disks; a URI that names an export confines the disk to it. */
  disks: Readonly<Record<string, string>>;
  /** Without it, the server has no disks.json: a page on its own. */
  hasList?: boolean;
}

/** A web server with the page and its proxy. */
export class Site {
  readonly origin: string;
  readonly proxy: TestProxy;
  /** What was asked for, as method and path. */
  readonly requests: readonly string[];

  constructor(origin: string, proxy: TestProxy, requests: readonly string[]) {
    this.origin = origin;
    this.proxy = proxy;
    this.requests = requests;
  }

  url(fragment = ''): string {
    return `${this.origin}/${fragment === '' ? '' : `#${fragment}`}`;
  }
}

export async function serveInspector({ disks, hasList = true, ...options }: SiteOptions): Promise<Site> {
  const requests: string[] = [];
  const isAllowed = ({ headers }: IncomingMessage) =>
    options.token === undefined || headers.authorization === `Bearer ${options.token}`;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page');
    requests.push(`${request.method} ${request.url}`);
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    for (const [header, value] of Object.entries(headers)) response.setHeader(header, value);
    if (name === 'disks.json' && hasList) {
      const list = Object.entries(disks).map(([name, source]) => ({ name, url: `nbd/${encodeURIComponent(name)}`, source }));
      if (isAllowed(request)) response.setHeader('content-type', 'application/json').end(JSON.stringify({ disks: list }));
      else response.writeHead(401).end();
      return;
    }
    const file = /^[\w.-]+$/.test(name) ? await readFile(new URL(name, folder)).catch(() => undefined) : undefined;
    if (file === undefined) response.writeHead(404).end();
    else response.setHeader('content-type', contentTypes[extname(name)] ?? 'text/plain').end(file);
  };
  const server = createServer((request, response) => void answer(request, response));
  await listen(server, { host: '127.0.0.1', port: 0 });
  const proxy = new TestProxy(server, { readOnly: true, ...options, targets: disks });
  return new Site(`http://127.0.0.1:${proxy.port}`, proxy, requests);
}

/** What a page did that it should not: errors, and what its content security policy forbade. */
export interface Complaints {
  readonly list: string[];
}

/** A page in a profile of its own, so that no other test's storage is in it. */
export async function openPage(browser: OwnedBrowser, url: string): Promise<{ page: Page; complaints: Complaints }> {
  const context = await browser.browser.createBrowserContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const list: string[] = [];
  page.on('pageerror', (error) => list.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy/i.test(message.text())) list.push(message.text());
  });
  await page.evaluateOnNewDocument(inPage);
  await page.goto(url);
  return { page, complaints: { list } };
}

/** The page with the disk `vm`, which a server has as the file `image`, and a place on it. */
export async function openImage(browser: OwnedBrowser, image: string, fragment = '') {
  const server = await nbdkit('file', image);
  const site = await serveInspector({ disks: { vm: server.uri } });
  return { ...(await openPage(browser, site.url(`disk=vm&${fragment}`))), site, server };
}

/** How long a page has for what a test waits for, in milliseconds: no proof of anything, but that a test ends. */
const patience = 60_000;

/** Finds an element in whatever shadow tree it is. Runs in the page. */
function search(selector: string, root: Document | ShadowRoot = document): Element | undefined {
  const found = root.querySelector(selector);
  if (found !== null) return found;
  for (const { shadowRoot } of root.querySelectorAll('*')) {
    const below = shadowRoot === null ? undefined : search(selector, shadowRoot);
    if (below !== undefined) return below;
  }
  return undefined;
}
const inPage = `window.search = ${search}`;
declare const window: { search: typeof search };

/** The element that a selector finds, in whatever shadow tree it is; waits until it is there. */
export async function find(page: Page, selector: string): Promise<ElementHandle<Element>> {
  const handle = await page.waitForFunction(
    (selector) => window.search(selector),
    { polling: 'raf', timeout: patience },
    selector,
  );
  return handle.asElement() as ElementHandle<Element>;
}

/** What is to be read in an element, or in its shadow tree, with its spaces made one each. */
export async function textOf(page: Page, selector: string): Promise<string> {
  const text = await (await find(page, selector)).evaluate((element) => (element.shadowRoot ?? element).textContent ?? '');
  return text.replace(/\s+/g, ' ').trim();
}

/** Waits until an element shows a text. */
export async function untilText(page: Page, selector: string, wanted: string | RegExp): Promise<string> {
  const source = typeof wanted === 'string' ? wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : wanted.source;
  const isShown = (selector: string, source: string) => {
    const element = window.search(selector);
    const text = (element?.shadowRoot ?? element)?.textContent?.replace(/\s+/g, ' ').trim();
    return text !== undefined && new RegExp(source).test(text) ? text : false;
  };
  try {
    const handle = await page.waitForFunction(isShown, { polling: 'raf', timeout: patience }, selector, source);
    return (await handle.jsonValue()) as string;
  } catch (cause) {
    const shown = await page.evaluate((selector) => window.search(selector)?.shadowRoot?.textContent ?? 'nothing', selector);
    throw new Error(`${selector} does not show ${wanted}, but: ${shown.replace(/\s+/g, ' ')}`, { cause });
  }
}

/** Waits until a page's link to its place is so. */
export async function untilPlace(page: Page, wanted: RegExp): Promise<string> {
  await page.waitForFunction(
    (source) => new RegExp(source).test(location.hash),
    { polling: 'raf', timeout: patience },
    wanted.source,
  );
  return page.evaluate(() => location.hash);
}
