// TLS beside plain connections: Node's own, the module's in Node, and the module's in a page of headless Chromium through the proxy. All of
// them take turns, round after round, with the same two servers.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Library, load, TLS_REQUIRE } from 'libnbd-wasm';
import { createProxy } from 'libnbd-wasm/proxy';
import type { CDPSession } from 'puppeteer-core';
import { startBrowser } from '../test/support/browsers.js';
import { diskSize, startServer } from './server.js';
import { measureTls, type TlsMeasurement } from './tls_page.js';

const [rounds, seconds] = [Number(process.argv[2] ?? 5), 1];

const secure = await startServer('tls');
const path = { secure: join(secure.address, 'socket'), plain: join(secure.address, 'plain') };
const ca = readFileSync(join(secure.address, 'ca-cert.pem'), 'utf8');
const plain = spawn('nbdkit', ['-f', '--exit-with-parent', '-U', path.plain, 'pattern', `size=${diskSize}`], {
  stdio: 'inherit',
});
await sleep(500); // until it listens

const files: Record<string, [string, URL]> = {
  '/tls_page.js': ['text/javascript', new URL('tls_page.js', import.meta.url)],
  '/libnbd.wasm': ['application/wasm', new URL('../../dist/libnbd.wasm', import.meta.url)],
  '/tls.wasm': ['application/wasm', new URL('../../dist/tls.wasm', import.meta.url)],
};
const server = createServer(({ url = '' }, response) => {
  const file = files[url];
  if (file === undefined) {
    response.setHeader('content-type', 'text/html').end('<!doctype html><script type="module" src="/tls_page.js"></script>');
  } else response.setHeader('content-type', file[0]).end(readFileSync(file[1]));
});
createProxy({ targets: { secure: `nbd+unix:///?socket=${path.secure}`, plain: `nbd+unix:///?socket=${path.plain}` }, server });
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const inNode = (lib: Library, target: 'secure' | 'plain') => (): Promise<TlsMeasurement> => {
  const nbd = lib.create();
  if (target === 'secure') {
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCredentials({ ca });
  }
  return measureTls(nbd, () => nbd.connectUnix(path[target]), seconds);
};

/** In the page that the browser has at its start: for one of puppeteer's, Chromium would report every message. */
const inPage = (session: CDPSession, target: 'secure' | 'plain') => async (): Promise<TlsMeasurement> => {
  const args = [target, target === 'secure' ? ca : undefined, seconds].map((arg) => JSON.stringify(arg) ?? 'undefined');
  const expression = `measureTls(${args.join()})`;
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value as TlsMeasurement;
};

const { browser, close } = await startBrowser('chromium');
try {
  const page = await browser.waitForTarget((target) => target.type() === 'page');
  const session = await page.createCDPSession();
  await session.send('Page.navigate', { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
  await sleep(2000); // until the script runs
  const [own, byModule] = [await load(), await load({ tls: 'wasm' })];
  const ways: [name: string, measure: () => Promise<TlsMeasurement>, of: number][] = [
    ['Node, plain', inNode(own, 'plain'), 0],
    ["Node, Node's TLS", inNode(own, 'secure'), 0],
    ['Node, tls.wasm and WebCrypto', inNode(byModule, 'secure'), 1],
    ['Chromium through the proxy, plain', inPage(session, 'plain'), 3],
    ['Chromium through the proxy, TLS end to end', inPage(session, 'secure'), 3],
  ];
  const results = ways.map((): TlsMeasurement[] => []);
  for (const [, measure] of ways) await measure(); // warms up
  for (let round = 0; round < rounds; round++) {
    for (const [i, [, measure]] of ways.entries()) results[i]?.push(await measure());
  }
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  for (const [i, [name, , of]] of ways.entries()) {
    const mine = results[i] ?? [];
    const ratio = median(mine.map(({ rate }, round) => rate / (results[of]?.[round]?.rate ?? Number.NaN)));
    const [rate, connect] = [median(mine.map(({ rate }) => rate)), median(mine.map(({ connect }) => connect))];
    const share = of === i ? '' : `${ratio.toFixed(2)} of ${ways[of]?.[0]}`;
    console.log(`${name.padEnd(44)} ${rate.toFixed(0).padStart(5)} MB/s  connect ${connect.toFixed(1).padStart(5)} ms  ${share}`);
  }
} finally {
  await close();
  plain.kill();
  await secure.stop();
}
process.exit(0);
