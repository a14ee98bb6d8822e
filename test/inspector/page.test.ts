// The page with disks of real servers: what it says of them, where it is, and how it is used by keyboard.
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit, qemuNbd } from '../support/servers.js';
import { giveProbe, gptImage, nativeProbe } from './disks.js';
import { find, openPage, serveInspector, textOf, untilPlace, untilText } from './support.js';

let browser: OwnedBrowser;
beforeAll(async () => {
  browser = await startBrowser('shell');
});
afterAll(() => browser?.close());

/** A page that shows the disk with a GPT, and has found its partitions. */
async function openGpt(fragment = 'disk=gpt') {
  const image = await gptImage();
  const server = await nbdkit('file', image);
  const site = await serveInspector({ disks: { gpt: server.uri } });
  const opened = await openPage(browser, site.url(fragment));
  const probe = await nativeProbe(image);
  await giveProbe(opened.page, probe);
  await untilText(opened.page, 'nbd-partitions', 'ext4');
  return { ...opened, site, probe };
}

/** The facts that the header has, by their labels. */
async function factsOf(page: Page): Promise<Record<string, string | undefined>> {
  await untilText(page, 'nbd-export', 'connected');
  const header = await find(page, 'nbd-export');
  return header.evaluate(({ shadowRoot }) => {
    const terms = [...(shadowRoot?.querySelectorAll('dt') ?? [])];
    return Object.fromEntries(terms.map((term) => [term.textContent, term.nextElementSibling?.textContent]));
  });
}

/** The rows of the table of partitions. */
async function rowsOf(page: Page): Promise<string[]> {
  const table = await find(page, 'nbd-partitions');
  return table.evaluate(({ shadowRoot }) =>
    [...(shadowRoot?.querySelectorAll('tbody tr') ?? [])].map((row) =>
      [...row.querySelectorAll('td')].map((cell) => cell.textContent?.trim()).join('|'),
    ),
  );
}

const chosenRow = 'tr[aria-selected="true"]';

async function clickRow(page: Page, text: string): Promise<void> {
  const table = await find(page, 'nbd-partitions');
  await table.evaluate(({ shadowRoot }, text) => {
    const rows = [...(shadowRoot?.querySelectorAll('tbody tr') ?? [])];
    (rows.find((row) => row.textContent?.includes(text)) as HTMLElement).click();
  }, text);
}

/** The type of the element that has the focus, in whatever shadow tree it is. */
const focused = (page: Page): Promise<string | undefined> =>
  page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.tagName.toLowerCase();
  });

describe('what the page says of an export', () => {
  test('is what nbdinfo says, in words', async () => {
    const server = await qemuNbd({
      format: 'qcow2',
      size: 8 * 1024 * 1024,
      bitmap: 'b0',
      options: ['--read-only', '--export-name=vm', '--description=the disk of a VM', '--allocation-depth'],
    });
    const info = JSON.parse(String(await run('nbdinfo', '--json', server.uri.replace('///', '///vm')))) as {
      exports: Record<string, unknown>[];
    };
    const [native = {}] = info.exports;
    const site = await serveInspector({ disks: { vm: server.uri.replace('///', '///vm') } });
    const { page, complaints } = await openPage(browser, site.url());
    const facts = await factsOf(page);
    expect(facts).toMatchObject({
      Name: native['export-name'],
      Description: native.description,
      Size: `8 MiB, ${(native['export-size'] as number).toLocaleString('en-US')} bytes`,
      Writes: 'the server allows none',
      Encryption: 'NBD without TLS, in a WebSocket without TLS (ws:)',
      'Block status':
        'tells what is data, zero or a hole; which layer of the image each block comes from; what changed since bitmap b0',
    });
    expect(native).toMatchObject({
      is_read_only: true,
      contexts: ['base:allocation', 'qemu:allocation-depth', 'qemu:dirty-bitmap:b0'],
      block_size_minimum: 1,
      block_size_preferred: 4096,
      block_size_maximum: 33554432,
    });
    expect(facts.Blocks).toBe('requests are multiples of 1 byte, best 4 KiB, at most 32 MiB');
    const abilities = { flush: 'can_flush', 'write through (FUA)': 'can_fua', trim: 'can_trim', prefetch: 'can_cache' };
    for (const [words, flag] of Object.entries(abilities)) {
      expect(facts['Server can']?.split(', ').includes(words), flag).toBe(native[flag]);
    }
    expect(facts.Connections).toMatch(native.can_multi_conn ? /^several/ : /^one/);
    expect(complaints.list).toEqual([]);
  });

  test('a server that allows writes: this page never writes', async () => {
    const server = await nbdkit('memory', '1M');
    const site = await serveInspector({ disks: { ram: server.uri } });
    const { page } = await openPage(browser, site.url());
    expect((await factsOf(page)).Writes).toBe('the server allows them; this page never writes');
    expect((await factsOf(page)).Blocks).toBe('the server does not tell');
  });

  test('names and descriptions with HTML in them are shown as they are', async () => {
    const name = '<img src=x onerror=alert(1)>';
    const server = await nbdkit(
      'eval',
      `list_exports=printf 'INTERLEAVED\\n%s\\n%s\\n' '${name}' '<b>bold</b>\u202e'`,
      `export_description=printf '%s' '<script>alert(2)</script>\u202e'`,
      'open=printf "%s" "$3"',
      'get_size=echo 1048576',
      'pread=dd if=/dev/zero count=$3 iflag=count_bytes',
    );
    const site = await serveInspector({ disks: { hostile: server.uri } });
    const { page, complaints } = await openPage(browser, site.url(`disk=hostile&export=${encodeURIComponent(name)}`));
    const facts = await factsOf(page);
    expect(facts.Name).toBe(name);
    expect(facts.Description).toBe('<script>alert(2)</script>\\u202e');
    const elements = await page.evaluate(() => {
      const { search } = window as unknown as { search: (selector: string) => Element | undefined };
      return [search('img'), search('b b'), search('script:not([src])')].filter((found) => found !== undefined).length;
    });
    expect(elements).toBe(0);
    expect(complaints.list).toEqual([]);
  });

  test('a server that tells no block status', async () => {
    const server = await nbdkit('--no-sr', 'memory', '1M');
    const site = await serveInspector({ disks: { old: server.uri } });
    const { page } = await openPage(browser, site.url());
    const facts = await factsOf(page);
    expect(facts['Block status']).toBe('the server tells none');
    expect(facts.Protocol).toBe('newstyle-fixed, simple replies, without block status');
  });
});

test('another export of the same server is one choice away', async () => {
  const server = await nbdkit(
    'eval',
    `list_exports=printf 'INTERLEAVED\\none\\nthe first\\ntwo\\nthe second\\n'`,
    'open=printf "%s" "$3"',
    'get_size=[ "$2" = two ] && echo 2097152 || echo 1048576',
    'pread=dd if=/dev/zero count=$3 iflag=count_bytes',
  );
  const site = await serveInspector({ disks: { both: server.uri } });
  const { page } = await openPage(browser, site.url('disk=both&export=one'));
  await untilText(page, '.size', '1 MiB');
  const select = await find(page, 'select[title^="Exports"]');
  const options = await select.evaluate((select) => [...(select as HTMLSelectElement).options].map(({ value }) => value));
  expect(options).toEqual(['one', 'two']);
  await select.select('two');
  await untilText(page, '.size', '2 MiB');
  expect(await untilPlace(page, /export=two/)).toBe('#disk=both&export=two');
  await page.goBack();
  await untilText(page, '.size', '1 MiB');
});

describe('the table of partitions', () => {
  test('has what sfdisk and blkid say', async () => {
    const { page, probe, complaints } = await openGpt();
    expect(await rowsOf(page)).toEqual([
      '1|EFI system|vfat “EFI”|1 MiB|16 MiB',
      '2|root|ext4 “root”|17 MiB|24 MiB',
      '|free||41 MiB|7 MiB',
      '3|swap|swap “swap”|48 MiB|8 MiB',
      '|free||56 MiB|8 MiB',
    ]);
    await clickRow(page, 'ext4');
    const details = await untilText(page, 'nbd-partitions', 'In partition 2');
    const root = probe.partitions[1];
    for (const words of [
      root?.uuid,
      root?.type,
      root?.content?.uuid,
      '25,165,824 bytes',
      '0x1100000, 17,825,792 bytes, sector 34,816',
    ]) {
      expect(details).toContain(words);
    }
    expect(complaints.list).toEqual([]);
  });

  test('a warning stands beside it, and shows its place', async () => {
    const { page, probe } = await openGpt();
    await giveProbe(page, {
      ...probe,
      warnings: [
        { code: 'gpt-backup-missing', message: 'The backup <i>header</i> is missing.', offset: 67108352n, length: 512n },
      ],
    });
    expect(await untilText(page, '.warnings', 'backup')).toContain('The backup <i>header</i> is missing.');
    await (await find(page, '.warnings button')).click();
    expect(await untilPlace(page, /at=/)).toBe('#disk=gpt&at=0x3fffe00&len=512');
  });

  test('where the probe fails, its place says so', async () => {
    const { page } = await openGpt();
    await page.evaluate(() => {
      const element = document.querySelector('nbd-page') as unknown as { probe: () => Promise<never> };
      element.probe = () => Promise.reject(new Error('the <b>sector</b> is bad'));
    });
    expect(await untilText(page, 'nbd-problem', 'could not be read')).toContain('the <b>sector</b> is bad');
  });
});

describe('the place', () => {
  test('is in the address: a link leads there, and back goes back', async () => {
    const { page } = await openGpt();
    await clickRow(page, 'ext4');
    expect(await untilPlace(page, /at=/)).toBe('#disk=gpt&at=0x1100000&len=25165824');
    await clickRow(page, 'swap “');
    await untilPlace(page, /at=0x3000000/);
    await untilText(page, chosenRow, 'swap');
    await page.goBack();
    await untilPlace(page, /at=0x1100000/);
    await untilText(page, chosenRow, 'ext4');
    await page.goForward();
    await untilPlace(page, /at=0x3000000/);
    await untilText(page, chosenRow, 'swap');
  });

  test('of a link is selected at once', async () => {
    const { page } = await openGpt('disk=gpt&at=0x100000&len=512');
    await untilText(page, chosenRow, 'EFI');
    expect(await textOf(page, '.bytes header')).toContain('0x100000, 1,048,576 bytes, sector 2,048, 512 bytes selected');
    expect(await untilText(page, 'nbd-hex-grid', '00100000')).toContain('00100010');
  });

  test('has what the map shows, until that is the whole disk again', async () => {
    const { page, complaints } = await openGpt('disk=gpt&at=0x100000&len=512&zoom=0x0-0x1000000');
    const map = await find(page, 'nbd-map');
    await map.evaluate(({ shadowRoot }) => {
      const buttons = [...(shadowRoot?.querySelectorAll('button') ?? [])];
      buttons.find((button) => button.textContent === 'All')?.click();
    });
    await untilPlace(page, /^#disk=gpt&at=0x100000&len=512$/);
    expect(complaints.list).toEqual([]);
  });

  test('that is not on the disk is said so', async () => {
    const { page } = await openGpt('disk=gpt&at=0x123456789a&len=1');
    expect(await untilText(page, '.bytes header', 'not on this disk')).toContain(
      '0x123456789a is not on this disk: it ends at 0x4000000',
    );
  });
});

test('a file system on the whole disk stands in the map, where there is no table', async () => {
  const image = join(await temporaryFolder(), 'whole.img');
  await run('truncate', '-s', '8M', image);
  await run('mkfs.ext4', '-q', '-F', '-L', 'whole-of-it', image);
  const server = await nbdkit('file', image);
  const { page } = await openPage(browser, (await serveInspector({ disks: { whole: server.uri } })).url('disk=whole'));
  expect(await untilText(page, 'nbd-map', 'whole-of-it')).toContain('ext4 · 8 MiB');
});

describe('disks that are hardly there', () => {
  test('of 0 bytes', async () => {
    const server = await nbdkit('memory', '0');
    const { page, complaints } = await openPage(browser, (await serveInspector({ disks: { empty: server.uri } })).url());
    await untilText(page, 'nbd-inspector', 'This disk has 0 bytes');
    expect((await factsOf(page)).Size).toBe('0 bytes');
    expect(complaints.list).toEqual([]);
  });

  test('of 100 bytes', async () => {
    const server = await nbdkit('memory', '100');
    const { page, complaints } = await openPage(browser, (await serveInspector({ disks: { tiny: server.uri } })).url());
    expect((await factsOf(page)).Size).toBe('100 bytes');
    expect(complaints.list).toEqual([]);
  });
});

test('a whole job by keyboard alone: from the list of disks to a partition, its link, and back', async () => {
  const image = await gptImage();
  const [server, other] = [await nbdkit('file', image), await nbdkit('memory', '1M')];
  const site = await serveInspector({ disks: { ram: other.uri, gpt: server.uri } });
  const { page } = await openPage(browser, site.url());
  await untilText(page, 'nbd-connect', 'Disks of this server');
  await giveProbe(page, await nativeProbe(image));
  expect(await focused(page)).toBe('button');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await untilText(page, 'nbd-partitions', 'ext4');
  await page.keyboard.press('t');
  expect(await focused(page)).toBe('tr');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await untilPlace(page, /at=0x1100000&len=25165824/);
  await page.keyboard.press(']');
  await untilPlace(page, /at=0x3000000/);
  await page.keyboard.press('?');
  const dialog = await find(page, 'dialog[open]');
  expect(await dialog.evaluate((dialog) => dialog.textContent)).toContain('copy the link to this place');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => {
    const { search } = window as unknown as { search: (selector: string) => Element | undefined };
    return search('dialog[open]') === undefined;
  });
  await page.goBack();
  await untilPlace(page, /at=0x1100000/);
  await page.keyboard.press('d');
  expect(await focused(page)).toBe('select');
});

describe('axe-core finds nothing', () => {
  const findings = async (page: Page) => {
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      return (await axe.run()).violations;
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  };

  test.for(['light', 'dark'] as const)('on a disk, %s', async (scheme) => {
    const { page } = await openGpt();
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await clickRow(page, 'ext4');
    await (await find(page, 'summary')).click();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('?');
    await find(page, 'dialog[open]');
    expect(await findings(page)).toEqual([]);
  });

  test.for(['light', 'dark'] as const)('on the connect screen and where a disk cannot be opened, %s', async (scheme) => {
    const site = await serveInspector({ disks: { gone: 'nbd+unix:///?socket=/run/no-such-socket', other: 'nbd://localhost:1' } });
    const { page } = await openPage(browser, site.url('url=ws%3A%2F%2Flocalhost%3A1%2Fnbd%2Fx'));
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await untilText(page, 'nbd-connect', 'A link wants');
    expect(await findings(page)).toEqual([]);
    await page.evaluate(() => {
      location.hash = '#disk=gone';
    });
    await untilText(page, 'nbd-problem', 'refused');
    expect(await findings(page)).toEqual([]);
  });
});

test('nothing is wider than a window of 360 pixels', async () => {
  const { page } = await openGpt();
  await page.setViewport({ width: 360, height: 700 });
  await clickRow(page, 'ext4');
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  expect(await width()).toBe(360);
  await page.evaluate(() => {
    location.hash = '';
  });
  await untilText(page, 'nbd-connect', 'Another address');
  expect(await width()).toBe(360);
});
