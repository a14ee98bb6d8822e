// libnbd.wasm from web servers as they are: what content type it has does not matter, and where something else is delivered in its
// place the error says what, and what to do.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import type { Answer, PageServer } from '../support/page_server.js';
import { failureOf, read, resultOf, serve } from './plain_pages.js';

let chromium: OwnedBrowser;
beforeAll(async () => {
  chromium = await startBrowser('chromium');
});
afterAll(() => chromium?.close());

const file = '/dist/libnbd.wasm';
const page = '<!doctype html><title>The application</title>';

/** Serves the pages, and libnbd.wasm in a way of its own. */
const serveWasm = (answer: Answer): Promise<PageServer> => serve((path) => (path === file ? answer : {}));

test.for<[string, Record<string, string | undefined>]>([
  ['application/wasm', { 'content-type': 'application/wasm' }],
  ['with a parameter', { 'content-type': 'application/wasm; charset=utf-8' }],
  ['in capitals', { 'content-type': 'Application/WASM' }],
  ['text/plain', { 'content-type': 'text/plain' }],
  ['text/plain, and not to be guessed', { 'content-type': 'text/plain', 'x-content-type-options': 'nosniff' }],
  ['application/octet-stream', { 'content-type': 'application/octet-stream' }],
  ['none', { 'content-type': undefined }],
])('the content type: %s', async ([, headers]) => {
  const { origin } = await serveWasm({ headers });
  expect(await resultOf(chromium, `${origin}/page.html`)).toEqual(read);
});

test.for<[string, Answer, string]>([
  ['404', { status: 404, body: 'no such file', headers: { 'content-type': 'text/plain' } }, 'answered 404 Not Found'],
  [
    'the application’s page',
    { body: page, headers: { 'content-type': 'text/html' } },
    'answered 200 with something else (text/html)',
  ],
  ['that with no type', { body: page, headers: { 'content-type': undefined } }, 'answered 200 with something else'],
  ['nothing', { body: '', headers: { 'content-type': 'text/plain' } }, 'answered 200 with something else (text/plain)'],
])('in its place: %s', async ([, answer, what]) => {
  const { origin } = await serveWasm(answer);
  const failure = failureOf(await resultOf(chromium, `${origin}/page.html`));
  expect(failure).toContain(`libnbd.wasm: ${origin}${file} ${what}`);
  expect(failure).toContain('load({ wasm: URL })');
});

test('load({ wasm }) finds it elsewhere', async () => {
  const { origin, requests } = await serveWasm({ status: 404, body: '' });
  expect(await resultOf(chromium, `${origin}/page.html?wasm=/elsewhere/libnbd.wasm`)).toEqual(read);
  expect(requests).not.toContain(file);
});
