// The files of a partition in the page: on disks that mke2fs has filled, behind real servers.

import { open as openFile } from 'node:fs/promises';
import axe from 'axe-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { debugfs, mke2fs } from '../files/trees.js';
import { type BrowserName, type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { nbdkit } from '../support/servers.js';
import { filesFolder, filesImage, ntfsImage } from './file_disks.js';
import { choose, press, rowsOf } from './files_parts.js';
import { find, openImage, openPage, serveInspector, untilPlace, untilText } from './support.js';

/** A page with a disk, which has the files of `filesFolder` in its second partition unless it is told another. */
async function open(browser: OwnedBrowser, fragment: string, other?: string) {
  const image = other ?? (await filesImage(await filesFolder()));
  return { ...(await openImage(browser, image, fragment)), image };
}

describe.for<BrowserName>(['shell', 'firefox'])('in %s', (name) => {
  let browser: OwnedBrowser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser?.close());

  test('from a partition to a file, its text and its places', async () => {
    const { page, complaints, site, image } = await open(browser, 'at=0x1100000&len=512');
    await untilText(page, 'nbd-partitions', 'Open its files');
    expect(site.requests.some((request) => request.includes('ext2.wasm'))).toBe(false);
    await press(page, 'nbd-partitions', 'Open its files');
    await untilPlace(page, /part=2&path=\/$/);
    await untilText(page, 'nbd-file-list', 'link, symbolic link → etc/fstab');
    expect((await rowsOf(page)).map((row) => row.split('|')[0])).toEqual([
      '▸etc, directory',
      '▸lost+found, directory',
      '▸many, directory',
      '▸odd, directory',
      '▸pictures, directory',
      '▸var, directory',
      '↪dangling, symbolic link → /no/such',
      'empty',
      '↪link, symbolic link → etc/fstab',
    ]);
    await choose(page, 'nbd-file-list', 'etc');
    await untilText(page, 'nbd-file-list', 'hostname');
    await choose(page, 'nbd-file-list', 'fstab');
    await untilPlace(page, /path=\/etc\/fstab$/);
    const view = await untilText(page, 'nbd-file-view', 'LABEL=root');
    expect(view).toContain('61 bytes');
    expect(view).toContain('2001-09-09 01:46:40.000000000 UTC');
    await press(page, 'nbd-file-view', 'Show on the map');
    expect(await untilText(page, 'nbd-map', '/etc/fstab: 1 part')).toContain('61 bytes on the disk');

    // debugfs says the same of its place; the bytes that are shown there are the file's.
    const block = Number(/(\d+)/.exec(await debugfs(`${image}?offset=${17 * 2 ** 20}`, 'blocks /etc/fstab'))?.[1]);
    const place = 17 * 2 ** 20 + block * 4096;
    await untilPlace(page, new RegExp(`at=0x${place.toString(16)}&len=61`));
    await press(page, 'nbd-file-view', 'Go to its bytes');
    await untilText(page, 'nbd-hex-grid', '# <file system> ');
    await untilPlace(page, /^(?!.*path)/);
    await page.evaluate(() => history.back());
    await untilPlace(page, /path=\/etc\/fstab$/);
    await untilText(page, 'nbd-file-view', 'LABEL=root');
    expect(complaints.list).toEqual([]);
  });
});

describe('in a page', () => {
  let browser: OwnedBrowser;
  beforeAll(async () => {
    browser = await startBrowser('shell');
  });
  afterAll(() => browser?.close());

  test('a partition with NTFS', async () => {
    const folder = await filesFolder();
    const image = await ntfsImage(folder);
    const { page, site, complaints } = await open(browser, 'part=1&path=/etc', image);
    expect(await untilText(page, 'nbd-file-list', 'hostname')).toContain('fstab');
    expect(site.requests.some((request) => request.includes('7z.wasm'))).toBe(true);
    await choose(page, 'nbd-file-list', 'fstab');
    expect(await untilText(page, 'nbd-file-view', 'LABEL=root')).toContain('61 bytes');
    expect(complaints.list).toEqual([]);
  });

  test('a link leads to a file, whatever its name is made of', async () => {
    const { page } = await open(browser, 'part=2&path=/odd/latin-%25e9');
    await untilText(page, 'nbd-file-view', 'not UTF-8');
    expect((await rowsOf(page)).map((row) => row.split('|')[0])).toEqual([
      '100%41',
      'latin-\\xe9',
      'red \\u001b[31m\\u202egnp.exe',
    ]);
    await choose(page, 'nbd-file-list', '100%41');
    await untilText(page, 'nbd-file-view', 'a percent');
    const link = await untilPlace(page, /100/);
    await page.goto('about:blank');
    await page.goBack();
    await untilText(page, 'nbd-file-view', 'a percent');
    expect(await page.evaluate(() => location.hash)).toBe(link);
  });

  test('a picture is shown as pixels, and markup never as markup', async () => {
    const { page, complaints } = await open(browser, 'part=2&path=/pictures/dot.png');
    const picture = await find(page, 'img');
    await page.waitForFunction((img) => (img as HTMLImageElement).naturalWidth === 2, {}, picture);
    await choose(page, 'nbd-file-list', 'page.png');
    expect(await untilText(page, 'pre', '<html>')).toContain('<script>document.title');
    await choose(page, 'nbd-file-list', 'drawing.svg');
    await untilText(page, 'nbd-file-view', 'xmlns=');
    const images = await find(page, 'nbd-file-view');
    expect(await images.evaluate(({ shadowRoot }) => shadowRoot?.querySelectorAll('img, svg, iframe, object').length)).toBe(0);
    await choose(page, 'nbd-file-list', 'broken.png');
    await untilText(page, 'nbd-file-view', 'cannot decode this picture');
    expect(await page.title()).toBe('vm · disk inspector');
    expect(complaints.list).toEqual([]);
  });

  test('sorts by each column, directories first, and filters by name', async () => {
    const { page } = await open(browser, 'part=2&path=/pictures');
    await untilText(page, 'nbd-file-list', 'page.png');
    const names = async () => (await rowsOf(page)).map((row) => row.split('|')[0]);
    expect(await names()).toEqual(['broken.png', 'dot.png', 'drawing.svg', 'page.png']);
    await press(page, 'nbd-file-list', 'Size');
    expect(await names()).toEqual(['dot.png', 'drawing.svg', 'page.png', 'broken.png']);
    await press(page, 'nbd-file-list', 'Size');
    expect(await names()).toEqual(['broken.png', 'page.png', 'drawing.svg', 'dot.png']);
    await press(page, 'nbd-file-list', 'Name');
    const field = await find(page, 'nbd-files');
    await (await field.evaluateHandle(({ shadowRoot }) => shadowRoot?.querySelector('input'))).asElement()?.type('PAGE');
    await untilText(page, 'nbd-files', '1 of 4 names');
    expect(await names()).toEqual(['page.png']);
  });

  test('by keyboard alone: down the list, into a directory, and back up', async () => {
    const { page } = await open(browser, 'part=2&path=/var');
    await untilText(page, 'nbd-file-list', 'log');
    const list = await find(page, 'nbd-file-list');
    await list.evaluate(({ shadowRoot }) => shadowRoot?.querySelector<HTMLElement>('[role=grid]')?.focus());
    await page.keyboard.press('Enter');
    await untilPlace(page, /path=\/var\/log$/);
    await untilText(page, 'nbd-file-list', 'binary');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await untilPlace(page, /path=\/var\/log\/binary$/);
    await untilText(page, 'nbd-hex-grid', '00000010 101112131415');
    await page.keyboard.press('Backspace');
    await untilPlace(page, /path=\/var$/);
    const active = await list.evaluate(({ shadowRoot }) => {
      const id = shadowRoot?.querySelector('[role=grid]')?.getAttribute('aria-activedescendant') ?? '';
      return shadowRoot?.getElementById(id)?.textContent?.includes('log');
    });
    expect(active).toBe(true);
  });

  test('a directory of 5,000 names has only those in view in the document', async () => {
    const many = await filesImage(await filesFolder(5000), { size: 48 });
    const { page } = await open(browser, 'part=2&path=/many', many);
    await untilText(page, 'nbd-files', '5,000 names');
    expect((await rowsOf(page)).length).toBeLessThan(100);
    const list = await find(page, 'nbd-file-list');
    await list.evaluate(({ shadowRoot }) => shadowRoot?.querySelector('[role=grid]')?.scrollTo(0, 1e9));
    await untilText(page, 'nbd-file-list', 'file 04999');
    expect((await rowsOf(page)).length).toBeLessThan(100);
    expect(await list.evaluate(({ shadowRoot }) => shadowRoot?.querySelector('[role=grid]')?.getAttribute('aria-rowcount'))).toBe(
      '5001',
    );
  });

  test('what is damaged says so in its place, and the rest goes on', async () => {
    const damaged = await mke2fs('ext4', await filesFolder(), '16M', '-O', '^metadata_csum');
    const block = Number(/\d+/.exec(await debugfs(damaged, 'blocks /etc'))?.[0]);
    const blockSize = Number(/Block size: +(\d+)/.exec(await debugfs(damaged, 'stats'))?.[1]);
    const file = await openFile(damaged, 'r+');
    await file.write(Buffer.alloc(blockSize, 0xff), 0, blockSize, block * blockSize);
    await file.close();
    const { page } = await open(browser, 'path=/etc', damaged);
    expect(await untilText(page, 'nbd-file-list', 'EUCLEAN')).toContain('nothing of it could be read');
    expect(await untilText(page, 'nbd-file-tree', '! EUCLEAN')).toContain('var');
    await choose(page, 'nbd-file-tree', 'var');
    await untilText(page, 'nbd-file-list', 'log');
  });

  test('a damaged file says so, in the list and in its place, and its neighbours are read', async () => {
    const damaged = await mke2fs('ext4', await filesFolder(), '16M');
    await debugfs(damaged, 'set_inode_field /var/log/app/big.log block[5] 0x7fffffff'); // its one extent is out of the file system
    const [, block, offset] = /block (\d+), offset (0x\w+)/.exec(await debugfs(damaged, 'imap /etc/hostname')) ?? [];
    const blockSize = Number(/Block size: +(\d+)/.exec(await debugfs(damaged, 'stats'))?.[1]);
    const file = await openFile(damaged, 'r+');
    await file.write(Buffer.alloc(4, 0x5a), 0, 4, Number(block) * blockSize + Number(offset) + 4); // the inode's checksum is wrong now
    await file.close();
    const { page } = await open(browser, 'path=/var/log/app/big.log', damaged);
    expect(await untilText(page, 'nbd-file-view', 'EUCLEAN')).toContain('/var/log/app/big.log');
    await choose(page, 'nbd-file-tree', 'etc');
    await untilText(page, 'nbd-file-list', 'hostname ! what the file system keeps of it is damaged');
    await choose(page, 'nbd-file-list', 'hostname');
    await untilText(page, 'nbd-file-view', /EUCLEAN.*\/etc\/hostname/);
    await choose(page, 'nbd-file-list', 'fstab');
    await untilText(page, 'nbd-file-view', 'LABEL=root');
  });

  test('a damaged superblock says so in the place of the files', async () => {
    const damaged = await mke2fs('ext4', await filesFolder(), '16M', '-O', '^metadata_csum');
    const file = await openFile(damaged, 'r+');
    await file.write(Buffer.alloc(4), 0, 4, 1024 + 40); // no inodes in a group
    await file.close();
    const { page } = await open(browser, 'path=/etc', damaged);
    expect(await untilText(page, 'nbd-files', 'EUCLEAN')).toContain('Try again');

    // libblkid takes a superblock with a wrong checksum for none.
    const checked = await mke2fs('ext4', await filesFolder(), '16M');
    const other = await openFile(checked, 'r+');
    await other.write(Buffer.alloc(4), 0, 4, 1024 + 40);
    await other.close();
    const { page: second } = await open(browser, 'path=/etc', checked);
    await untilText(second, 'nbd-inspector', 'none that libblkid recognizes, or what it begins with is damaged');
  });

  test('what no engine reads is said with what can be read', async () => {
    const { page } = await open(browser, 'part=9&path=/');
    await untilText(page, 'nbd-inspector', 'There is no file system in partition 9');
    await page.evaluate(() => {
      location.hash = '#disk=vm&part=2&path=/no/such';
    });
    expect(await untilText(page, 'nbd-file-view', 'ENOENT')).toContain('/no/such');
  });

  test('a server that others can write to is named, and Reload reads anew', async () => {
    const { page, site, image } = await open(browser, 'part=2&path=/etc');
    expect(await untilText(page, 'nbd-files', 'Others can write')).toContain('Reload reads it anew');
    await untilText(page, 'nbd-file-list', 'fstab');
    await debugfs(`${image}?offset=${17 * 2 ** 20}`, 'link /etc/fstab /etc/new-name');
    await press(page, 'nbd-files', 'Reload');
    await untilText(page, 'nbd-file-list', 'new-name');
    expect(site.requests.filter((request) => request.includes('files_worker.js')).length).toBeGreaterThan(0);
  });

  test('of one that nobody can write to, no such thing is said', async () => {
    const server = await nbdkit('--readonly', 'file', await filesImage(await filesFolder()));
    const site = await serveInspector({ disks: { vm: server.uri } });
    const { page } = await openPage(browser, site.url('disk=vm&part=2&path=/etc'));
    await untilText(page, 'nbd-file-list', 'fstab');
    expect(await (await find(page, 'nbd-files')).evaluate(({ shadowRoot }) => shadowRoot?.textContent)).not.toContain(
      'Others can',
    );
  });

  test('a file is saved with the bytes that it has', async () => {
    const { page } = await open(browser, 'part=2&path=/var/log/app/big.log');
    await page.evaluate(() => {
      const saved = new Uint8Array(1_800_000);
      const target = {
        kind: 'file',
        createWritable: async () =>
          Object.assign(new WritableStream(), {
            write: async ({ data, position }: { data: Uint8Array; position: number }) => saved.set(data, position),
            seek: async () => {},
            truncate: async () => {},
            close: async () => {},
            abort: async () => {},
          }),
        getFile: async () => new Blob([saved]),
      };
      Object.assign(window, { saved, showSaveFilePicker: async () => target });
    });
    await press(page, 'nbd-file-view', 'Download');
    expect(await untilText(page, 'nbd-file-view', /saved\./)).toContain('1.7 MiB saved');
    const text = await page.evaluate(() => new TextDecoder().decode((window as unknown as { saved: Uint8Array }).saved));
    expect(text === 'a line of the log\n'.repeat(100_000)).toBe(true);
  });

  test.for(['light', 'dark'] as const)('axe-core finds nothing, %s', async (scheme) => {
    const { page } = await open(browser, 'part=2&path=/etc/fstab');
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await untilText(page, 'nbd-file-view', 'LABEL=root');
    await press(page, 'nbd-file-view', 'Show on the map');
    await untilText(page, 'nbd-map', '/etc/fstab');
    await page.evaluate(axe.source);
    const findings = await page.evaluate(async () => {
      const { axe } = window as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    });
    expect(findings).toEqual([]);
  });

  test('nothing is wider than a window of 360 pixels', async () => {
    const { page } = await open(browser, 'part=2&path=/odd');
    await page.setViewport({ width: 360, height: 700 });
    await untilText(page, 'nbd-file-list', 'latin');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });
});
