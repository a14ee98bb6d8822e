// TLS beside plain connections and beside the floor of any client that leaves records to WebCrypto: in Node, and in a page of headless
// Chromium and a worker of it, through the proxy. All of them take turns, round after round, with the same server.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Library, load, TLS_REQUIRE } from 'libnbd-wasm';
import { createProxy } from 'libnbd-wasm/proxy';
import { startBrowser } from '../test/support/browsers.js';
import type { Link } from './peers/tls_by_hand.js';
import { startServer } from './server.js';
import { measureFloor, measureTls, type TlsJob, type TlsMeasurement } from './tls_page.js';

const { values, positionals } = parseArgs({ options: { only: { type: 'string', default: '' } }, allowPositionals: true });
const [rounds, seconds] = [Number(positionals[0] ?? 5), 1];

const disk = await startServer('tls');
const path = join(disk.address, 'socket');
const ca = readFileSync(join(disk.address, 'ca-cert.pem'), 'utf8');

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
createProxy({ targets: { disk: `nbd+unix:///?socket=${path}` }, server });
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const [own, byModule] = [await load(), await load({ tls: 'wasm' })];
const compiled = await WebAssembly.compile(readFileSync(new URL('../../dist/tls.wasm', import.meta.url)));

const inNode = (lib: Library) => (job: TlsJob) => {
  const nbd = lib.create();
  if (job.by === 'tls') {
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCredentials({ ca });
  }
  return measureTls(job, nbd, () => nbd.connectUnix(path));
};

/** A socket that reads into one buffer, as the library's do. */
function openSocket(): Promise<Link> {
  const buffer = Buffer.alloc(2 ** 19);
  const link: Link = { send: (bytes) => socket.write(bytes), onbytes: () => {} };
  const callback = (count: number) => {
    link.onbytes(buffer.subarray(0, count));
    return true;
  };
  const socket = connect({ path, onread: { buffer, callback } });
  return new Promise((resolve, reject) => socket.once('connect', () => resolve(link)).once('error', reject));
}

const { browser, close } = await startBrowser('chromium');
const whole = await browser.target().createCDPSession();
// The page that the browser has at its start: of one of puppeteer's, Chromium would report every message.
const page = await (await browser.waitForTarget((target) => target.type() === 'page')).createCDPSession();

/** What the page's process has taken of the processors, with its workers and WebCrypto's threads, in seconds. */
async function pageCpu(): Promise<number> {
  const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
  return Math.max(...processInfo.filter(({ type }) => type === 'renderer').map(({ cpuTime }) => cpuTime));
}

async function evaluate(expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await page.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}

const inPage =
  (call: 'measureHere' | 'measureInWorker') =>
  async (job: TlsJob): Promise<TlsMeasurement> => {
    const before = await pageCpu();
    const measurement = (await evaluate(`${call}(${JSON.stringify(job)})`)) as TlsMeasurement;
    // With the warm-up's, whose bytes are not counted: to be compared with one another.
    return { ...measurement, cpu: ((await pageCpu()) - before) * (measurement.seconds / (measurement.seconds + 0.3)) };
  };

interface Way {
  readonly name: string;
  readonly job: TlsJob;
  readonly measure: (job: TlsJob) => Promise<TlsMeasurement>;
}

const places: Record<string, { plain: Way['measure']; tls: Way['measure']; floor: Way['measure'] }> = {
  Node: { plain: inNode(own), tls: inNode(byModule), floor: (job) => measureFloor(job, openSocket, compiled) },
  page: { plain: inPage('measureHere'), tls: inPage('measureHere'), floor: inPage('measureHere') },
  worker: { plain: inPage('measureInWorker'), tls: inPage('measureInWorker'), floor: inPage('measureInWorker') },
};
const ways = Object.entries(places).flatMap(([place, { plain, tls, floor }]) =>
  (['read', 'write'] as const).flatMap((operation): Way[] => {
    const job = (by: TlsJob['by']): TlsJob => ({ operation, seconds, ca, by });
    const name = `${place} ${operation}`;
    return [
      { name: `${name}, plain`, job: job('plain'), measure: plain },
      ...(place === 'Node' ? [{ name: `${name}, Node's TLS`, job: job('tls'), measure: inNode(own) }] : []),
      { name: `${name}, floor`, job: job('floor'), measure: floor },
      { name: `${name}, TLS`, job: job('tls'), measure: tls },
    ];
  }),
);

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const rateOf = ({ bytes, seconds }: TlsMeasurement) => bytes / 1e6 / seconds;
const rateOfCpu = ({ bytes, cpu = Number.NaN }: TlsMeasurement) => bytes / 1e6 / cpu;

/** A line for a way: its rates, and what they are of plain and of the floor, which had their turn just before. */
function line(way: Way, results: ReadonlyMap<string, TlsMeasurement[]>): string {
  const mine = results.get(way.name) ?? [];
  const [place = ''] = way.name.split(', ');
  const ratio = (peer: string, of: (measurement: TlsMeasurement) => number) => {
    const other = results.get(`${place}, ${peer}`) ?? [];
    return median(mine.map((one, round) => of(one) / of(other[round] ?? one))).toFixed(2);
  };
  const figures = [rateOf, rateOfCpu].map((of) => median(mine.map(of)).toFixed(0).padStart(5));
  const connect = median(mine.map(({ connect }) => connect))
    .toFixed(1)
    .padStart(5);
  const shares = ['plain', 'floor'].map((peer) => `${ratio(peer, rateOf)} / ${ratio(peer, rateOfCpu)}`);
  return `| ${[way.name.padEnd(24), ...figures, connect, ...shares].join(' | ')} |`;
}

try {
  await page.send('Page.navigate', { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
  while ((await evaluate('globalThis.measureHere !== undefined && document.readyState')) !== 'complete');
  const writer = own.create(); // so that no read finds a hole, and no write makes a page of memory
  await writer.connectUnix(path);
  const [chunk, diskSize] = [new Uint8Array(2 ** 22).fill(0x55), Number(writer.getSize())];
  for (let at = 0; at < diskSize; at += chunk.length) await writer.pwrite(chunk, at);
  await writer.shutdown();
  const chosen = ways.filter(({ name }) => new RegExp(values.only).test(name));
  const results = new Map(chosen.map(({ name }): [string, TlsMeasurement[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, job, measure } of chosen) results.get(name)?.push(await measure(job));
  }
  console.log('| 256 KiB x 16 | MB/s | MB per CPU second | connect ms | of plain: rate / CPU | of the floor: rate / CPU |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const way of chosen) console.log(line(way, results));
} finally {
  await close();
  await disk.stop();
}
process.exit(0);
