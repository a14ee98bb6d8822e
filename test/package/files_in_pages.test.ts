// The files of disks in plain pages, without COOP and COEP, under a policy that allows no more than is needed.
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fat, image, iso, squashfs } from '../files/seven_disks.js';
import { MiB, mke2fs, noise, plainTree } from '../files/trees.js';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { atEnd } from '../support/cleanup.js';
import { servePages } from '../support/page_server.js';
import { nbdkit } from '../support/servers.js';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const strict = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
const digest = Array.from(createHash('sha256').update(noise('one', MiB)).digest());

async function resultOf({ browser }: OwnedBrowser, disk: string, policy: string, search = ''): Promise<unknown> {
  const { origin } = await servePages({
    folders: { '/dist/': folder('../../dist/'), '/': folder('pages/') },
    target: await nbdkit('file', disk),
    answer: () => ({ headers: { 'content-security-policy': policy } }),
  });
  const page = await browser.newPage();
  atEnd(() => page.close());
  await page.goto(`${origin}/files_page.html${search}`);
  return page.evaluate(() => (globalThis as unknown as { result: Promise<unknown> }).result);
}

describe.each(['chromium', 'firefox'] as const)('%s', (name) => {
  let browser: OwnedBrowser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser?.close());

  test.for([
    ['ext4', async () => mke2fs('ext4', await plainTree(), '32M'), ''],
    ['squashfs', async () => squashfs(await plainTree(), 'zstd'), ''],
    ['iso9660', async () => iso(await plainTree(), '-R'), ''],
    ['vfat', async () => fat(await plainTree(), '32', '64M'), ''],
    ['ext4', async () => image('qcow2', await mke2fs('ext4', await plainTree(), '32M'), '-c'), '?image'],
  ] as const)('%s', async ([type, make, search]) => {
    const expected = { isIsolated: false, type, names: 500, first: 'file 0 file 13', digest, missing: 'ENOENT' };
    expect(await resultOf(browser, await make(), strict, search)).toEqual(expected);
  });

  test('where no worker may be started, the error says so', async () => {
    const result = await resultOf(browser, await mke2fs('ext4', await plainTree(), '32M'), `${strict}; worker-src 'none'`);
    expect(result).toMatchObject({ failure: expect.stringMatching(/worker/) });
  });
});
