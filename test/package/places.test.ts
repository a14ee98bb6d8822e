// Places of a page that the library is loaded from and runs in, besides the usual: an import map, a service worker, and another origin.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { failureOf, read, resultOf, serve } from './plain_pages.js';

let chromium: OwnedBrowser;
beforeAll(async () => {
  chromium = await startBrowser('chromium');
});
afterAll(() => chromium?.close());

test('an import map, and libnbd-wasm/inline, for which no module is fetched', async () => {
  const { origin, requests } = await serve(() => ({}));
  expect(await resultOf(chromium, `${origin}/import_map_page.html`)).toEqual(read);
  expect(requests.filter((path) => path.endsWith('.wasm'))).toEqual([]);
});

test('a service worker', async () => {
  const { origin } = await serve(() => ({}));
  expect(await resultOf(chromium, `${origin}/service_worker_page.html`)).toEqual(read);
});

test('the library of another origin, in a worker: the page starts one that imports it', async () => {
  const headers = { 'access-control-allow-origin': '*' };
  const library = await serve(() => ({ headers }));
  const page = await serve(() => ({}));
  const url = `${page.origin}/worker_client_page.html?library=${library.origin}/dist/worker_client.js`;
  expect(await resultOf(chromium, url)).toEqual(read);
  expect(await resultOf(chromium, `${page.origin}/worker_client_page.html?script=${library.origin}/dist/worker.js`)).toEqual(
    read,
  );
});

test('where the other origin does not let it: the error says whose script it is', async () => {
  const library = await serve(() => ({}));
  const page = await serve(() => ({}));
  const url = `${page.origin}/worker_client_page.html?script=${library.origin}/dist/worker.js`;
  expect(failureOf(await resultOf(chromium, url))).toMatch(/^Error: the worker could not be started.* libnbd-wasm\/worker/);
});
