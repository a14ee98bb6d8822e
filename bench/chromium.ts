// Runs a competitor in headless Chromium: serves the page, the proxy to the disk, and the raw WebSocket, on one origin.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxy } from 'libnbd-wasm/proxy';
import { WebSocketServer } from 'ws';
import { startBrowser } from '../test/support/browsers.js';
import { jobFromArguments, type Measurement } from './in_flight.js';
import type { PageJob } from './page.js';

const [competitor = '', ...args] = process.argv.slice(2);
const job = jobFromArguments(args);

/** The proxy's messages have about this size. */
const messageSize = 2 ** 17;

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
const raw = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
  if (!proxy.handles(request)) raw.handleUpgrade(request, socket, head, (client) => raw.emit('connection', client, request));
});
raw.on('connection', (client, { url = '' }) => {
  const answer = new Uint8Array(Number(url.slice('/raw/'.length)) + 16);
  client.on('message', () => {
    for (let start = 0; start < answer.length; start += messageSize) client.send(answer.subarray(start, start + messageSize));
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = await startBrowser('chromium');
try {
  const page = await browser.browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction('globalThis.measureJob');
  const run = (job: PageJob) => (globalThis as unknown as { measureJob(job: PageJob): Promise<Measurement> }).measureJob(job);
  console.log(JSON.stringify(await page.evaluate(run, { ...job, competitor })));
} finally {
  await browser.close();
}
process.exit(0);
