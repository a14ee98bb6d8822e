// TLS from a page to the NBD server, through the proxy, which carries it and cannot read it: in Chromium and Firefox, in a page and in its
// worker, and in a page that is no secure context.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TlsCredentials } from 'libnbd-wasm';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { proxyTo } from '../proxy/support.js';
import { type BrowserName, type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { type Answer, servePages } from '../support/page_server.js';
import { type Pki, pki } from '../support/pki.js';
import { nbdkit } from '../support/servers.js';
import { alice, secureNbdkit } from './support.js';

const keys = pki();
const folders = {
  '/dist/': fileURLToPath(new URL('../../dist/', import.meta.url)),
  '/': fileURLToPath(new URL('pages/', import.meta.url)),
};

/** What pages/read.js is to do. */
interface Job {
  /** The proxy's target, by the URL of a WebSocket; or the proxy, for nbds://disk. */
  url: string;
  how: 'page' | 'worker' | 'uri';
  credentials: TlsCredentials;
  name?: string;
}

interface Outcome {
  failure?: string;
  /** Whether each byte was the pattern's. */
  isRight?: boolean;
  /** How many records WebCrypto has decrypted in the page. */
  records: number;
  isSecureContext: boolean;
}

const ca = (folder: keyof Pki = 'anonymous') => readFileSync(join(keys[folder], 'ca-cert.pem'), 'utf8');

describe.each<BrowserName>(['chromium', 'firefox'])('%s', (browserName) => {
  let browser: OwnedBrowser | undefined;
  beforeAll(async () => {
    browser = await startBrowser(
      browserName,
      browserName === 'chromium' ? ['--host-resolver-rules=MAP page.test 127.0.0.1'] : [],
    );
  });
  afterAll(() => browser?.close());

  /** Opens a page and a proxy that lets it in, and has the page do a job there. */
  async function run(
    server: { uri: string },
    job: Omit<Job, 'url'>,
    {
      host = '127.0.0.1',
      readOnly = false,
      answer = () => ({}),
    }: { host?: string; readOnly?: boolean; answer?: (path: string) => Answer } = {},
  ): Promise<Outcome> {
    const site = await servePages({ folders, target: server, answer });
    const origin = site.origin.replace('127.0.0.1', host);
    const proxy = await proxyTo(server, { allowOrigins: [origin], readOnly });
    const page = (await browser?.browser.newPage()) as Page;
    onTestFinished(() => page.close());
    await page.goto(`${origin}/read.html`);
    const url = job.how === 'uri' ? `ws://127.0.0.1:${proxy.port}` : proxy.url();
    return page.evaluate((job) => (globalThis as unknown as { read(job: Job): Promise<Outcome> }).read(job), { ...job, url });
  }

  it.each(['page', 'worker'] as const)('reads in a %s', async (how) => {
    const outcome = await run(await secureNbdkit(keys.server), { how, credentials: { ca: ca() }, name: 'localhost' });
    expect(outcome).toMatchObject({ isRight: true, isSecureContext: true });
    if (how === 'page') expect(outcome.records).toBeGreaterThan(250);
  });

  it('reads with a pre-shared key', async () => {
    const server = await nbdkit('--threads=1', '--tls=require', `--tls-psk=${keys.psk}`, 'pattern', '8M');
    expect(await run(server, { how: 'page', credentials: alice })).toMatchObject({ isRight: true });
  });

  it('refuses a proxy that leads to another server', async () => {
    const { failure } = await run(await secureNbdkit(keys.stranger), {
      how: 'page',
      credentials: { ca: ca() },
      name: 'localhost',
    });
    expect(failure).toContain('the TLS handshake failed: the certificate is not of an authority that is trusted (ca)');
  });

  if (browserName === 'firefox') return; // the rest is alike

  it('refuses to connect where nobody has said to whom', async () => {
    const { failure } = await run(await secureNbdkit(keys.server), { how: 'page', credentials: { ca: ca() } });
    expect(failure).toContain('with setTlsHostname(name)');
  });

  it('takes the target of the proxy for the name, and says what else there is', async () => {
    const server = await secureNbdkit(keys.server);
    const { failure } = await run(server, { how: 'uri', credentials: { ca: ca() } });
    expect(failure).toContain('not for disk. If disk is only what a proxy calls the server');
    expect(await run(server, { how: 'uri', credentials: { ca: ca() }, name: 'localhost' })).toMatchObject({ isRight: true });
  });

  it('says which file is missing', async () => {
    const answer = (path: string) => (path === '/dist/tls.wasm' ? { status: 404, body: 'nothing' } : {});
    const job = { how: 'page', credentials: { ca: ca() }, name: 'localhost' } as const;
    const { failure } = await run(await secureNbdkit(keys.server), job, { answer });
    expect(failure).toMatch(/tls\.wasm: http.* answered 404.*load\(\{ tls: \{ wasm: URL \} \}\)/);
  });

  it('says why a proxy that is read-only does not carry it', async () => {
    const job = { how: 'page', credentials: { ca: ca() }, name: 'localhost' } as const;
    const { failure } = await run(await secureNbdkit(keys.server), job, { readOnly: true });
    expect(failure).toContain('a proxy that is read-only, or leads to one export, cannot follow TLS');
  });

  it('reads in a page that is no secure context, without WebCrypto', async () => {
    const outcome = await run(
      await secureNbdkit(keys.server),
      { how: 'page', credentials: { ca: ca() }, name: 'localhost' },
      { host: 'page.test' },
    );
    expect(outcome).toMatchObject({ isRight: true, isSecureContext: false, records: 0 });
  });
});
