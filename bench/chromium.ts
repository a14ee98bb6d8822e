// Runs a competitor in headless Chromium: serves the page, the proxy to the disk, and the raw WebSocket, on one origin.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxy } from 'libnbd-wasm/proxy';
import type { Browser } from 'puppeteer-core';
import { type WebSocket, WebSocketServer } from 'ws';
import { startBrowser } from '../test/support/browsers.js';
import { jobFromArguments, type Measurement } from './in_flight.js';
import type { PageJob } from './page.js';

const [competitor = '', ...args] = process.argv.slice(2);
const job = jobFromArguments(args);

/** The proxy's messages have at most this size. */
const messageSize = 2 ** 18 + 2 ** 12;

const files: Record<string, [string, URL]> = {
  '/page.js': ['text/javascript', new URL('page.js', import.meta.url)],
  '/libnbd.wasm': ['application/wasm', new URL('../../dist/libnbd.wasm', import.meta.url)],
};
const server = createServer((request, response) => {
  const file = files[request.url ?? ''];
  if (file === undefined) {
    response.setHeader('content-type', 'text/html').end('<!doctype html><script type="module" src="/page.js"></script>');
    return;
  }
  const [type, path] = file;
  readFile(path).then((bytes) => response.setHeader('content-type', type).end(bytes));
});
const proxy = createProxy({ targets: { disk: `nbd+unix:///?socket=${job.address}` }, server });
const options = { noServer: true, clientTracking: false, perMessageDeflate: false, skipUTF8Validation: true }; // as the proxy's
const raw = new WebSocketServer(options);
server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  if (!proxy.handles(request)) raw.handleUpgrade(request, socket, head, (client) => serveRaw(client, request.url));
});

/** Answers each message with as many bytes as the path says, `/raw/BYTES`. */
function serveRaw(client: WebSocket, path = ''): void {
  const answer = Buffer.alloc(Number(path.slice('/raw/'.length)), 0x55);
  client.on('message', () => {
    for (let start = 0; start < answer.length; start += messageSize) client.send(answer.subarray(start, start + messageSize));
  });
}

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

/**
 * Measures in the page that the browser has at its start. It is not made a Page of puppeteer's, for whom Chromium reports every message of
 * every WebSocket, with all that is in it: that would be most of the work.
 */
async function measureIn(browser: Browser, job: PageJob): Promise<Measurement> {
  const target = await browser.waitForTarget((target) => target.type() === 'page');
  const session = await target.createCDPSession();
  await session.send('Page.navigate', { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
  const expression = `(document.readyState === 'complete' ? Promise.resolve() : new Promise((resolve) => (onload = resolve))).then(() => measureJob(${JSON.stringify(job)}))`;
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value as Measurement;
}

const browser = await startBrowser('chromium');
try {
  console.log(JSON.stringify(await measureIn(browser.browser, { ...job, competitor })));
} finally {
  await browser.close();
}
process.exit(0);
