// Zooms and moves the map of a million extents in headless Chromium, and prints how long a frame takes.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startBrowser } from '../test/support/browsers.js';
import type { MapFilled, MapFrames } from './map_page.js';

/** Script and painting of a frame take no longer, in milliseconds. */
const budget = 8;
const [extents, frames, width] = [1_000_000, 600, 2000];

const script = new URL('map_page.js', import.meta.url);
const server = createServer((request, response) => {
  if (request.url !== '/map_page.js') {
    const html = '<!doctype html><style>body { margin: 0 }</style><script type="module" src="/map_page.js"></script>';
    response.setHeader('content-type', 'text/html').end(html);
  } else readFile(script).then((bytes) => response.setHeader('content-type', 'text/javascript').end(bytes));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

const quantile = (sorted: readonly number[], part: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(2);

const { browser, close } = await startBrowser('chromium');

/** What the page's process has taken of the processors, with all of its threads, in seconds: what else runs on the machine does not count. */
async function cpuTime(): Promise<number> {
  const session = await browser.target().createCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return Math.max(...processInfo.filter(({ type }) => type === 'renderer').map((one) => one.cpuTime));
}

try {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const filled = (await page.evaluate(`fillMap(${extents})`)) as MapFilled;
  const before = await cpuTime();
  const result = (await page.evaluate(`measureMap(${frames})`)) as MapFrames;
  const after = await cpuTime();
  const sorted = result.frames.toSorted((one, other) => one - other);
  const perFrame = (1000 * (after - before)) / frames;
  console.log(
    `${filled.extents} extents in each of 3 contexts, ${result.width} pixels across, filled in ${filled.milliseconds.toFixed(0)} ms`,
  );
  console.log(`a frame, wall time of script and painting: median ${quantile(sorted, 0.5)} ms, 90 % ${quantile(sorted, 0.9)} ms`);
  console.log(`a frame, CPU time of the page's process, all threads: ${perFrame.toFixed(2)} ms`);
  const within = sorted.filter((milliseconds) => milliseconds <= budget).length / sorted.length;
  console.log(`${(100 * within).toFixed(0)} % of the frames stay within the budget of ${budget} ms for script and painting`);
} finally {
  await close();
  server.close();
}
