// The script of the library's own worker, on web servers as they are: it may be elsewhere, and where something else is delivered in
// its place the error says what to do.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import type { Answer } from '../support/page_server.js';
import { failureOf, read, resultOf, serve } from './plain_pages.js';

let chromium: OwnedBrowser;
beforeAll(async () => {
  chromium = await startBrowser('chromium');
});
afterAll(() => chromium?.close());

const script = '/dist/worker.js';

/** What the page tells where the script's own place has this. */
async function resultWith(answer: Answer, parameters = '') {
  const { origin } = await serve((path) => (path === script ? answer : {}));
  return resultOf(chromium, `${origin}/worker_client_page.html${parameters}`);
}

const notThere: Answer = { status: 404, body: 'no such file', headers: { 'content-type': 'text/plain' } };

test('beside the library', async () => {
  expect(await resultWith({})).toEqual(read);
});

test.for<[string, Answer]>([
  ['nothing', notThere],
  ['the application’s page', { body: '<!doctype html><title>The application</title>', headers: { 'content-type': 'text/html' } }],
  ['a script that does not run', { body: 'throw new Error("out of luck");' }],
])('in its place: %s', async ([, answer]) => {
  const failure = failureOf(await resultWith(answer));
  expect(failure).toMatch(/^Error: the worker could not be started/);
  expect(failure).toContain('libnbd-wasm/worker');
  expect(failure).toContain('loadInWorker({ worker })');
});

test('loadInWorker({ worker }) finds it elsewhere', async () => {
  expect(await resultWith(notThere, '?worker=/elsewhere/worker.js')).toEqual(read);
});
