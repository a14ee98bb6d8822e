// Pages that load the package's files as they are, as plain modules, and read a disk.
import { fileURLToPath } from 'node:url';
import type { OwnedBrowser } from '../support/browsers.js';
import { pattern } from '../support/bytes.js';
import { atEnd } from '../support/cleanup.js';
import { type Answer, type PageServer, servePages } from '../support/page_server.js';
import { nbdkit } from '../support/servers.js';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folders = { '/dist/': folder('../../dist/'), '/elsewhere/': folder('../../dist/'), '/': folder('pages/') };

/** What a page tells. */
export type Result = { size: number; sector: number[] } | { failure: string };

/** What it tells when it could read the disk. */
export const read: Result = { size: 1048576, sector: Array.from(pattern(4096, 512)) };

/** Serves the pages and the disk; `answer` says what is special about some answers. */
export async function serve(answer: (path: string) => Answer): Promise<PageServer> {
  return servePages({ folders, target: await nbdkit('pattern', '1M'), answer });
}

/** Opens a page and waits for what it tells. */
export async function resultOf({ browser }: OwnedBrowser, url: string): Promise<Result> {
  const page = await browser.newPage();
  atEnd(() => page.close());
  await page.goto(url);
  return page.evaluate(() => (globalThis as unknown as { result: Promise<Result> }).result);
}

/** Why a page could not read the disk. */
export function failureOf(result: Result): string {
  if ('failure' in result) return result.failure;
  throw new Error('the page read the disk');
}
