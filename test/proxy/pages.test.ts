// Real pages that the proxy does not let in, and what the library tells them.
import { expect, onTestFinished, test } from 'vitest';
import { failureOf, read, resultOf, serve } from '../package/plain_pages.js';
import { startBrowser } from '../support/browsers.js';
import { nbdkit } from '../support/servers.js';
import { proxyTo } from './support.js';

async function chromium(...args: string[]) {
  const browser = await startBrowser('chromium', args);
  onTestFinished(() => browser.close());
  return browser;
}

test('a page of another origin, unless it is on the list', async () => {
  const browser = await chromium();
  const { origin } = await serve(() => ({}));
  const [closed, open] = [await nbdkit('pattern', '1M'), await nbdkit('pattern', '1M')];
  const stranger = await resultOf(browser, `${origin}/page.html?disk=${(await proxyTo(closed)).url()}`);
  expect(failureOf(stranger)).toContain(`the WebSocket was closed: 4403 origin not allowed: ${origin}`);
  const guest = await resultOf(browser, `${origin}/page.html?disk=${(await proxyTo(open, { allowOrigins: [origin] })).url()}`);
  expect(guest).toEqual(read);
});

test('a page whose own name was rebound to the proxy’s address', async () => {
  const browser = await chromium('--host-resolver-rules=MAP evil.example 127.0.0.1');
  const { origin } = await serve(() => ({}));
  const rebound = origin.replace('127.0.0.1', 'evil.example');
  expect(failureOf(await resultOf(browser, `${rebound}/page.html`))).toContain(
    `the WebSocket was closed: 4403 host not allowed: ${new URL(rebound).host}`,
  );
  expect(await resultOf(browser, `${origin}/page.html`)).toEqual(read);
});
