// `libnbd-wasm inspect` as users run it, in their browsers: its own page, probe and proxy, on a disk that Debian's tools made.
import type { ElementHandle, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressOf } from '../cli/inspect.js';
import { cli } from '../proxy/cli.js';
import { type BrowserName, type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { run } from '../support/processes.js';
import { gptImage, nativeProbe } from './disks.js';
import { find, openPage, untilPlace, untilText } from './support.js';

/** Types into the field of an element, and sends its form. */
async function enter(page: Page, selector: string, text: string): Promise<void> {
  const host = await find(page, selector);
  const field = (await host.evaluateHandle(({ shadowRoot }) => shadowRoot?.querySelector('input'))).asElement();
  if (field === null) throw new Error(`${selector} has no field`);
  await (field as ElementHandle<HTMLInputElement>).evaluate((input) => input.select());
  await (field as ElementHandle<HTMLInputElement>).type(text);
  await (field as ElementHandle<HTMLInputElement>).press('Enter');
}

describe.for<BrowserName>(['chromium', 'firefox'])('in %s', (name) => {
  let browser: OwnedBrowser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser?.close());

  test('from the command to a byte of a superblock, and to all places that look like it', async () => {
    const image = await gptImage();
    const program = cli('inspect', '--no-open', image);
    const { base, token } = await addressOf(program);
    const { page, complaints } = await openPage(browser, `${base}/#token=${token}`);
    expect(await untilText(page, 'nbd-export', 'connected')).toContain('64 MiB');

    // The page's libblkid and the machine's agree.
    const shown = await untilText(page, 'nbd-partitions', 'ext4');
    for (const { number, name: label = '', content } of (await nativeProbe(image)).partitions) {
      expect(shown).toContain(`${number} ${label}${content?.type} “${content?.label}”`);
    }

    await enter(page, 'nbd-goto', 'p2+0x438');
    await untilText(page, 'nbd-hex-grid', /01100430 [0-9a-f]{16}53ef/);
    expect(await untilText(page, 'nbd-values', 's_magic')).toContain('0xef53');
    await untilPlace(page, /at=0x1100438/);
    expect(await page.evaluate(() => location.href)).not.toContain(token);

    await enter(page, 'nbd-search', '45 46 49 20 50 41 52 54'); // EFI PART: a GPT's headers
    const header = (await run('sh', '-c', `grep --byte-offset --only-matching --text 'EFI PART' "$1"`, 'sh', image)).toString();
    const offsets = header
      .trim()
      .split('\n')
      .map((line) => Number.parseInt(line, 10));
    for (const offset of offsets.slice(1)) await untilText(page, 'nbd-search', `0x${offset.toString(16)}`);

    expect(complaints.list).toEqual([]);
  });
});
