// What a page's content security policy has to allow, and what the library says where it does not.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { proxyTo } from '../proxy/support.js';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { nbdkit } from '../support/servers.js';
import { failureOf, read, resultOf, serve } from './plain_pages.js';

const none = "script-src 'self'";
const wasm = "script-src 'self' 'wasm-unsafe-eval'";

const forbidden =
  /^NBDError: libnbd\.wasm: this platform forbids to compile it.*'wasm-unsafe-eval', which libnbd-wasm\/inline needs.*load\(\{ wasm \}\).*\(.*(Content Security policy|CSP)/;

/** Serves the pages, each file with the policy that it has here, if any. */
const servePolicies = (policies: Record<string, string>) =>
  serve((path) => ({ headers: { 'content-security-policy': policies[path] } }));

describe.each(['chromium', 'firefox'] as const)('%s', (name) => {
  let browser: OwnedBrowser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser?.close());

  const resultUnder = async (policies: Record<string, string>, page = '/page.html') => {
    const { origin } = await servePolicies(policies);
    return resultOf(browser, origin + page);
  };

  test.for([
    ['scripts of its own origin, and WebAssembly', wasm],
    ['nothing but that and connections to its own origin', `default-src 'none'; ${wasm}; connect-src 'self'`],
  ] as const)('enough: %s', async ([, policy]) => {
    expect(await resultUnder({ '/page.html': policy })).toEqual(read);
  });

  test('without WebAssembly, the library cannot be loaded', async () => {
    const failure = failureOf(await resultUnder({ '/page.html': none }));
    expect(failure).toMatch(forbidden);
  });

  test('libnbd.wasm may not be fetched: the error says from where', async () => {
    const failure = failureOf(await resultUnder({ '/page.html': `${wasm}; connect-src 'none'` }));
    expect(failure).toMatch(/libnbd\.wasm: http:.*\/dist\/libnbd\.wasm cannot be fetched \(.*\): .*connect-src/);
  });

  test('a proxy of another origin, which connect-src has to name', async () => {
    const policies: Record<string, string> = {};
    const server = await servePolicies(policies);
    const proxy = await proxyTo(await nbdkit('pattern', '1M'), { allowOrigins: [server.origin] });
    const url = `${server.origin}/page.html?disk=${proxy.url()}`;
    policies['/page.html'] = `${wasm}; connect-src 'self'`;
    // Firefox has the constructor throw.
    expect(failureOf(await resultOf(browser, url))).toMatch(/the WebSocket could not be opened|NS_ERROR_CONTENT_BLOCKED/);
    policies['/page.html'] = `${wasm}; connect-src 'self' ${new URL(proxy.url()).origin}`;
    expect(await resultOf(browser, url)).toEqual(read);
  });

  test('in a worker, the policy is that of the worker’s script, not the page’s', async () => {
    const page = '/worker_page.html';
    expect(await resultUnder({ [page]: none, '/worker.js': wasm }, page)).toEqual(read);
    expect(await resultUnder({ [page]: none }, page)).toEqual(read);
    const failure = failureOf(await resultUnder({ [page]: wasm, '/worker.js': none }, page));
    expect(failure).toMatch(forbidden);
  });

  describe('the library’s own worker', () => {
    const page = '/worker_client_page.html';
    const script = '/dist/worker.js';

    test('has the policy of its script; the page needs no WebAssembly', async () => {
      expect(await resultUnder({ [page]: wasm, [script]: wasm }, page)).toEqual(read);
      expect(await resultUnder({ [page]: none, [script]: wasm }, page)).toEqual(read);
      expect(await resultUnder({ [page]: `default-src 'none'; ${none}`, [script]: `${wasm}; connect-src 'self'` }, page)).toEqual(
        read,
      );
    });

    test('without WebAssembly, the library cannot be loaded', async () => {
      expect(failureOf(await resultUnder({ [page]: wasm, [script]: none }, page))).toMatch(forbidden);
    });

    test('that the page may not start: the error says whose script it is', async () => {
      const failure = failureOf(await resultUnder({ [page]: `${wasm}; worker-src 'none'` }, page));
      expect(failure).toMatch(/^Error: the worker could not be started.* libnbd-wasm\/worker/);
    });

    test('that may not connect', async () => {
      const failure = failureOf(await resultUnder({ [script]: `${wasm}; connect-src 'none'` }, page));
      expect(failure).toMatch(/libnbd\.wasm: http:.*\/dist\/libnbd\.wasm cannot be fetched \(.*\): .*connect-src/);
    });
  });
});
