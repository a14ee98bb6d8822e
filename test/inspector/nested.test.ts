// Images on a disk, opened in the page as disks of their own: on disks that Debian's tools have made, behind real servers.
import { copyFile, open as openFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BrowserName, type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { Owner } from '../support/cleanup.js';
import { temporaryFolder } from '../support/processes.js';
import { choose, press } from './files_parts.js';
import { deepImage, nestedImage } from './nested_disks.js';
import { find, openImage, textOf, untilPlace, untilText } from './support.js';

const inVm = 'in=2:/images/vm.qcow2';
const inInner = `${inVm}&in=2:/srv/inner.vdi`;

/** How many workers the engines have. */
const engines = (page: Page): number => page.workers().filter((worker) => worker.url().includes('files_worker')).length;

async function untilEngines(page: Page, count: number): Promise<void> {
  while (engines(page) !== count) await new Promise((resolve) => setTimeout(resolve, 20));
}

const crumbs = 'nav[aria-label="Disks around"]';

/** Chooses the partition that has an ext4, and opens its files. */
async function openExt4(page: Page): Promise<void> {
  await untilText(page, 'nbd-partitions', 'ext4');
  const table = await find(page, 'nbd-partitions');
  await table.evaluate(({ shadowRoot }) => {
    const rows = [...(shadowRoot?.querySelectorAll('tbody tr') ?? [])];
    (rows.find((row) => row.textContent?.includes('ext4')) as HTMLElement).click();
  });
  await press(page, 'nbd-partitions', 'Open its files');
}

const fixture = new Owner();
let image: string;
beforeAll(async () => {
  image = await fixture.run(nestedImage);
});
afterAll(() => fixture.end());

describe.for<BrowserName>(['shell', 'firefox'])('in %s', (name) => {
  let browser: OwnedBrowser;
  beforeAll(async () => {
    browser = await startBrowser(name);
  });
  afterAll(() => browser?.close());

  test('from a file to the disk in it, to a disk in that, and back to where one was', async () => {
    const { page, complaints } = await openImage(browser, image, 'part=2&path=/images');
    await choose(page, 'nbd-file-list', 'vm.qcow2');
    await press(page, 'nbd-file-view', 'Show on the map');
    const outside = await untilPlace(page, /at=.*path=\/images\/vm\.qcow2$/);
    await press(page, 'nbd-file-view', 'Open as a disk');
    await untilPlace(page, /^#disk=vm&in=2:\/images\/vm\.qcow2$/);
    expect(await untilText(page, 'nbd-export', 'qcow2 image')).toMatch(/vm\.qcow2 56 MiB/);
    expect(await textOf(page, crumbs)).toBe('vm partition 2 /images/vm.qcow2');
    expect(await untilText(page, 'nbd-partitions', 'ext4 “root”')).toContain('1 EFI systemvfat “EFI”');
    const map = await untilText(page, 'nbd-map', 'All of the disk was asked about');
    expect(map).toContain('hole');
    expect(map).not.toContain('could not be asked');
    expect(await page.title()).toBe('vm.qcow2 in vm · disk inspector');

    await openExt4(page);
    await choose(page, 'nbd-file-list', 'srv');
    await choose(page, 'nbd-file-list', 'inner.vdi');
    const between = await untilPlace(page, /at=0x1100000.*path=\/srv\/inner\.vdi$/);
    await press(page, 'nbd-file-view', 'Open as a disk');
    await untilPlace(page, /^#disk=vm&in=2:\/images\/vm\.qcow2&in=2:\/srv\/inner\.vdi$/);
    await untilText(page, 'nbd-export', 'VDI image');
    await openExt4(page);
    await choose(page, 'nbd-file-list', 'etc');
    await choose(page, 'nbd-file-list', 'fstab');
    await untilText(page, 'nbd-file-view', 'LABEL=root');
    await press(page, 'nbd-file-view', 'Go to its bytes');
    await untilText(page, 'nbd-hex-grid', '# <file system> ');

    // Back to where one was, by the way that is shown: the files and the selection are those that were left.
    await press(page, 'nbd-breadcrumbs', '/images/vm.qcow2');
    expect(await untilPlace(page, /inner\.vdi$/)).toBe(between);
    await untilText(page, 'nbd-file-view', 'Open as a disk');
    await press(page, 'nbd-breadcrumbs', 'vm');
    expect(await untilPlace(page, /path=\/images\/vm\.qcow2$/)).toBe(outside);
    await untilText(page, 'nbd-file-view', 'Open as a disk');
    await page.evaluate(() => history.back());
    await untilPlace(page, /inner\.vdi$/);
    await untilText(page, 'nbd-export', 'qcow2 image');
    expect(complaints.list).toEqual([]);
  });
});

describe('in a page', () => {
  let browser: OwnedBrowser;
  beforeAll(async () => {
    browser = await startBrowser('shell');
  });
  afterAll(() => browser?.close());

  test('a link leads two disks deep, again after a reload, and the workers end with their disks', async () => {
    const { page } = await openImage(browser, image, `${inInner}&part=2&path=/etc/hostname`);
    await untilText(page, 'nbd-file-view', 'vm-17');
    await page.reload();
    await untilText(page, 'nbd-file-view', 'vm-17');
    await untilEngines(page, 5); // two for each image, and the files that are shown
    await press(page, 'nbd-breadcrumbs', '/images/vm.qcow2');
    await untilPlace(page, /in=2:\/images\/vm\.qcow2&part=2&path=\/srv\/inner\.vdi$/);
    await untilText(page, 'nbd-file-view', 'Open as a disk');
    await untilEngines(page, 3);
    await press(page, 'nbd-breadcrumbs', 'partition 2');
    await untilPlace(page, /^#disk=vm&part=2&path=\/$/);
    await untilText(page, 'nbd-file-list', 'images');
    await untilEngines(page, 1);
  });

  test('by keyboard alone: o opens the chosen image, u goes out to the disk around', async () => {
    const { page } = await openImage(browser, image, 'part=2&path=/images/disk.raw');
    await untilText(page, 'nbd-file-view', 'Open as a disk');
    await page.keyboard.press('o');
    await untilText(page, 'nbd-export', 'raw image');
    await untilText(page, 'nbd-partitions', 'ext4 “root”');
    // The holes of the file are those of the disk.
    expect(await untilText(page, 'nbd-map', 'All of the disk was asked about')).toContain('hole');
    const focused = await page.evaluate(
      () => document.activeElement?.shadowRoot?.activeElement?.shadowRoot?.activeElement?.localName,
    );
    expect(focused).toBe('nbd-breadcrumbs');
    await page.keyboard.press('u');
    await untilPlace(page, /^#disk=vm&part=2&path=\/images\/disk\.raw$/);
    await untilText(page, 'nbd-file-view', 'Open as a disk');
  });

  test('a whole disk that is an image can be opened, and one in it', async () => {
    const { page } = await openImage(browser, await deepImage(2));
    expect(await untilText(page, 'nbd-partitions', 'Open as a disk')).toContain('image of a disk (qcow2)');
    await press(page, 'nbd-partitions', 'Open as a disk');
    await untilPlace(page, /in=disk$/);
    await untilText(page, crumbs, /^vm the image on it$/);
    await press(page, 'nbd-partitions', 'Open as a disk');
    await untilPlace(page, /in=disk&in=disk$/);
    expect(await untilText(page, 'nbd-export', '64 KiB')).toContain('qcow2 image');
    await untilText(page, 'nbd-partitions', 'nothing that libblkid recognizes');
    expect(await textOf(page, 'nbd-partitions')).not.toContain('Open as a disk');
  });

  test.for([
    ['chain.qcow2', /only the changes to another one.*‘qemu-img convert’.*\(base\\u202e\.qcow2\)/],
    ['locked.qcow2', /This image is encrypted.*takes no keys/],
    ['damaged.qcow2', /This image is damaged.*‘qemu-img check’/],
    ['named.qcow2', /the name of an image, and not its first bytes.*What can be read: qcow2/],
  ] as const)('%s says what it is, what to do, and leads back', async ([name, words]) => {
    const { page } = await openImage(browser, image, `part=2&path=/images/${name}`);
    await press(page, 'nbd-file-view', 'Open as a disk');
    await untilText(page, 'nbd-problem', words);
    expect(await textOf(page, crumbs)).toBe(`vm partition 2 /images/${name}`);
    await press(page, 'nbd-problem', 'Back to the disk around it');
    await untilPlace(page, new RegExp(`^#disk=vm&part=2&path=/images/${name}$`));
    await untilText(page, 'nbd-file-view', 'Open as a disk');
    await untilEngines(page, 1);
  });

  test('disks are opened eight deep, and the ninth says so', async () => {
    const { page } = await openImage(browser, await deepImage(9), Array(8).fill('in=disk').join('&'));
    await untilText(page, 'nbd-partitions', 'Open as a disk');
    await press(page, 'nbd-partitions', 'Open as a disk');
    expect(await untilText(page, 'nbd-problem', 'too many disks inside each other')).toContain('8 are opened at most');
    await press(page, 'nbd-problem', 'Back to the disk around it');
    await untilPlace(page, /=vm(&in=disk){8}$/);
    await untilText(page, 'nbd-partitions', 'Open as a disk');
  });

  test('a link to what is not there says so', async () => {
    const { page } = await openImage(browser, image, 'in=2:/images/gone.qcow2');
    expect(await untilText(page, 'nbd-problem', 'The image is not there')).toContain('/images/gone.qcow2');
    await page.evaluate(() => {
      location.hash = '#disk=vm&in=7:/images/vm.qcow2';
    });
    await untilText(page, 'nbd-problem', 'no file system in partition 7');
    await press(page, 'nbd-problem', 'Back to the disk around it');
    await untilText(page, 'nbd-inspector', 'There is no file system in partition 7');
  });

  test('while an image is read, the page says how far it is, and can give it up', async () => {
    const { page, server } = await openImage(browser, image, 'part=2&path=/images/vm.qcow2');
    await untilText(page, 'nbd-file-view', 'Open as a disk');
    await untilEngines(page, 1);
    const pid = Number(await readFile(join(dirname(server.path), 'pid'), 'utf8'));
    process.kill(pid, 'SIGSTOP');
    await press(page, 'nbd-file-view', 'Open as a disk');
    await untilText(page, 'nbd-opening', /opening vm\.qcow2 as a disk….*read/);
    await press(page, 'nbd-opening', 'Cancel');
    await untilPlace(page, /^#disk=vm&part=2&path=\/images\/vm\.qcow2$/);
    process.kill(pid, 'SIGCONT');
    await untilText(page, 'nbd-file-view', 'Open as a disk');
    await untilEngines(page, 1);
  });

  test('Reload forgets what was read of all the disks around', async () => {
    const own = join(await temporaryFolder(), 'own.img');
    await copyFile(image, own);
    const { page } = await openImage(browser, own, 'in=2:/images/disk.raw&part=2&path=/etc/hostname');
    await untilText(page, 'nbd-file-view', 'vm-17');
    const bytes = await readFile(own);
    const at = bytes.indexOf('vm-17\n');
    expect(at).toBeGreaterThan(0);
    const file = await openFile(own, 'r+');
    await file.write('vm-18\n', at);
    await file.close();
    await press(page, 'nbd-files', 'Reload');
    await untilText(page, 'nbd-file-view', 'vm-18');
    await untilEngines(page, 2); // the files around, and those inside: a raw disk takes none
  });

  test.for(['light', 'dark'] as const)('axe-core finds nothing, %s', async (scheme) => {
    const { page } = await openImage(browser, image, `${inInner}&part=2&path=/etc/fstab`);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await untilText(page, 'nbd-file-view', 'LABEL=root');
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
    const { page } = await openImage(browser, image, inInner);
    await page.setViewport({ width: 360, height: 700 });
    await untilText(page, 'nbd-partitions', 'ext4');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });
});
