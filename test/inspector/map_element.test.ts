// <nbd-map> and <nbd-extents> in Chromium, on real disks behind the proxy: what is painted, said and chosen.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Partition } from '../../src/probe/types.js';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { noise } from '../support/bytes.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit, qemuNbd, type Server } from '../support/servers.js';
import { type OpenOptions, openMapPage } from './map_pages.js';

const MiB = 2 ** 20;
const allocation = 'base:allocation';
const bitmap = 'qemu:dirty-bitmap:changes';

let browser: OwnedBrowser;
beforeAll(async () => {
  browser = await startBrowser('shell');
});
afterAll(() => browser?.close());

/** Opens a disk, and waits until there is nothing more to ask about. */
async function open(
  server: Server,
  contexts: readonly string[],
  partitions: Partition[] = [],
  options?: OpenOptions,
): Promise<Page> {
  const { page, url } = await openMapPage(browser, server, options);
  const json = JSON.stringify(partitions, (_, value: unknown) => (typeof value === 'bigint' ? { bigint: String(value) } : value));
  await page.evaluate(
    async (url, contexts, json) => {
      const partitions = JSON.parse(json, (_, value: { bigint?: string } | null) =>
        value?.bigint === undefined ? value : BigInt(value.bigint),
      ) as Partition[];
      await mount(url, contexts, { partitions });
    },
    url,
    contexts,
    json,
  );
  await until(page, () => !/Asking|^$/.test(mounted.element.renderRoot.querySelector('.phase')?.textContent?.trim() ?? ''));
  return page;
}

/** Waits until something is true in the page, frame by frame. */
const until = (page: Page, condition: () => boolean): Promise<unknown> =>
  page.waitForFunction(condition, { polling: 'raf', timeout: 60_000 });

/** Resolves when what has changed is painted. */
const painted = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    await mounted.element.updateComplete;
    await new Promise<void>((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
  });

const words = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...mounted.element.renderRoot.querySelectorAll('.words span')].map((one) => one.textContent ?? ''));

const view = (page: Page): Promise<[string, string] | undefined> =>
  page.evaluate(() => {
    const { view } = mounted.element;
    return view === undefined ? undefined : ([String(view.offset), String(view.length)] as [string, string]);
  });

const lastEvent = (page: Page, type: string): Promise<Record<string, string> | undefined> =>
  page.evaluate((type) => {
    const detail = mounted.events.findLast((event) => event.type === type)?.detail as Record<string, unknown> | undefined;
    return detail === undefined
      ? undefined
      : Object.fromEntries(Object.entries(detail).map(([key, value]) => [key, String(value)]));
  }, type);

/** Where a canvas' row is on the page. */
const box = (page: Page, context: string): Promise<{ left: number; top: number; width: number; height: number }> =>
  page.evaluate((context) => {
    const canvas = mounted.element.renderRoot.querySelector(`.row[data-context="${context}"] canvas`);
    const { left, top, width, height } = canvas?.getBoundingClientRect() ?? new DOMRect();
    return { left, top, width, height };
  }, context);

/** How many different colours each column of a canvas has, and whether the ground of data is among them. */
const columns = (page: Page, context: string): Promise<{ hasData: boolean[]; colours: number[] }> =>
  page.evaluate((context) => {
    const canvas = mounted.element.renderRoot.querySelector<HTMLCanvasElement>(`.row[data-context="${context}"] canvas`);
    const image = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height);
    if (image === undefined) throw new Error('there is no canvas');
    const pixels = new Uint32Array(image.data.buffer);
    const probe = document.createElement('canvas').getContext('2d');
    if (probe === null) throw new Error('there is no context');
    probe.fillStyle = getComputedStyle(mounted.element).getPropertyValue('--nbd-data');
    probe.fillRect(0, 0, 1, 1);
    const [data] = new Uint32Array(probe.getImageData(0, 0, 1, 1).data.buffer);
    const found = Array.from({ length: image.width }, (_, x) =>
      Array.from({ length: image.height }, (_, y) => pixels[y * image.width + x]),
    );
    return { hasData: found.map((column) => column.includes(data)), colours: found.map((column) => new Set(column).size) };
  }, context);

const part = (number: number, start: number, size: number, name: string, type: string): Partition => ({
  ...{ number, name, start: BigInt(start), size: BigInt(size), type: '0x83', flags: 0n, scheme: 'gpt', warnings: [] },
  content: { usage: 'filesystem', type, offset: 0n, ambivalent: false, all: {} },
});

const changed = () =>
  qemuNbd({
    format: 'qcow2',
    size: 64 * MiB,
    bitmap: 'changes',
    content: noise(MiB),
    commands: ['write 20M 1M', 'write -z 40M 4M'],
    options: ['--allocation-depth'],
  });

test('a byte of data among 8 TiB is painted as data, and said', async () => {
  const place = 5 * 2 ** 40 + 2 ** 30;
  const page = await open(await nbdkit('data', `data=@${place} 1`, `size=${8 * 2 ** 40}`), [allocation]);
  await painted(page);
  const { hasData, colours } = await columns(page, allocation);
  const column = Math.floor((place / (8 * 2 ** 40)) * hasData.length);
  expect(hasData.flatMap((has, x) => (has ? [x] : []))).toEqual([column]);
  expect(colours[column]).toBeGreaterThan(1); // a band of hole as well: the pixel is mixed
  const { left, top, width } = await box(page, allocation);
  await page.mouse.move(left + ((column + 0.5) / hasData.length) * width, top + 5);
  await painted(page);
  expect((await words(page)).at(-1)).toBe('Allocation: data and hole,zero (3 extents)');
  expect(await page.evaluate(() => violations)).toEqual([]);
});

test('every context has a row, whose totals are those of nbdinfo', async () => {
  const server = await changed();
  const contexts = [allocation, bitmap, 'qemu:allocation-depth'];
  const page = await open(server, contexts);
  await painted(page);
  for (const context of contexts) {
    const lines = JSON.parse(String(await run('nbdinfo', '--json', `--map=${context}`, server.uri))) as {
      length: number;
      description: string;
    }[];
    const totals = new Map<string, number>();
    for (const { description, length } of lines) totals.set(description, (totals.get(description) ?? 0) + length);
    const shown = await page.evaluate((context) => {
      const found = mounted.element.renderRoot.querySelectorAll<HTMLElement>(`.row[data-context="${context}"] .total`);
      return [...found].map((one) => [one.textContent?.replace(/\s+/g, ' ').trim() ?? '', one.title]);
    }, context);
    const exact = (bytes: number) => `${bytes.toLocaleString('en-US')} bytes`;
    expect(shown.map(([text, title]) => [text?.replace(/ [\d.]+ \w+$/, ''), title]).sort()).toEqual(
      [...totals].map(([description, bytes]) => [description, exact(bytes)]).sort(),
    );
  }
});

describe('zooming', () => {
  test('wheel, drag, double click and the overview', async () => {
    const page = await open(await changed(), [allocation]);
    const { left, top, width } = await box(page, allocation);
    const [x, y] = [left + width / 4, top + 5];
    await page.mouse.move(x, y);
    await page.mouse.wheel({ deltaY: -480 });
    await until(page, () => mounted.element.view !== undefined);
    expect(await view(page)).toEqual([String(12 * MiB), String(16 * MiB)]); // 16 MiB, a quarter of it before the pointer
    expect(await lastEvent(page, 'nbd-view')).toEqual({ offset: String(12 * MiB), length: String(16 * MiB) });

    await page.mouse.down();
    await page.mouse.move(x - width / 8, y, { steps: 4 });
    await page.mouse.up();
    const [offset = '0'] = (await view(page)) ?? [];
    expect(Math.abs(Number(offset) - 14 * MiB)).toBeLessThan((2 * 16 * MiB) / width);
    expect(await lastEvent(page, 'nbd-select')).toBe(undefined);

    await page.mouse.wheel({ deltaY: 4800 });
    await until(page, () => mounted.element.view === undefined);
    await page.mouse.click(left + (20.5 / 64) * width, y, { count: 2 });
    await until(page, () => mounted.element.view !== undefined);
    expect(await view(page)).toEqual([String(20 * MiB - MiB / 8), String(MiB + MiB / 4)]);
    expect(await lastEvent(page, 'nbd-select')).toEqual({ offset: String(20 * MiB), length: String(MiB), why: 'data, 1 MiB' });

    // A press in the overview brings the window there: its middle is where was pressed.
    const overview = await page.evaluate(() => {
      const { left, top, width } =
        mounted.element.renderRoot.querySelector('.overview')?.getBoundingClientRect() ?? new DOMRect();
      return { left, top, width };
    });
    await page.mouse.click(overview.left + overview.width / 2, overview.top + 5);
    const [moved = '0', length = '0'] = (await view(page)) ?? [];
    expect(length).toBe(String(MiB + MiB / 4));
    expect(Math.abs(Number(moved) + Number(length) / 2 - 32 * MiB)).toBeLessThan((2 * 64 * MiB) / overview.width);
  });

  test('by keys alone, from 8 EiB to a block; the cursor is said', async () => {
    const size = 2n ** 63n - 1n;
    const place = 2n ** 62n;
    const page = await open(await nbdkit('data', `data=@${place} 1*65536`, `size=${size}`), [allocation]);
    await page.evaluate(() => mounted.element.renderRoot.querySelector<HTMLElement>('.rows')?.focus());
    await painted(page);
    expect((await words(page))[0]).toContain('a pixel');
    await page.keyboard.press('End');
    for (let i = 0; i < 60; i++) await page.keyboard.press('+');
    await painted(page);
    expect(await view(page)).toEqual([String(size - 512n), '512']);
    expect((await words(page))[0]).toBe('0x7ffffffffffffffe (7.9 EiB)');
    await page.keyboard.press('Home');
    expect(await view(page)).toEqual(['0', '512']);
    await page.keyboard.press('0');
    expect(await view(page)).toBe(undefined);

    await page.evaluate((at) => {
      mounted.element.view = { offset: BigInt(at) - 1_048_576n, length: 4_194_304n };
    }, String(place));
    await until(page, () => /hole/.test(mounted.element.renderRoot.querySelector('.row .caption')?.textContent ?? ''));
    await until(page, () => !/Asking/.test(mounted.element.renderRoot.querySelector('.phase')?.textContent ?? ''));
    await page.keyboard.press('ArrowRight'); // the cursor comes into what is seen
    await page.keyboard.down('Control');
    await page.keyboard.press('ArrowLeft'); // where the hole starts that it is in
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.up('Control');
    await page.keyboard.press('Enter');
    expect(await lastEvent(page, 'nbd-select')).toEqual({ offset: String(place), length: '65536', why: 'data, 64 KiB' });
  });
});

test('partitions can be clicked however small they are, and several that do not fit are zoomed into', async () => {
  const partitions = [part(1, MiB, 1024, 'tiny', 'vfat'), part(2, 2 * MiB, 30 * MiB, '<img src=x>', 'ext4')];
  const page = await open(await nbdkit('memory', '64M'), [allocation], partitions);
  const boxes = await page.evaluate(() =>
    [...mounted.element.renderRoot.querySelectorAll<HTMLElement>('.strip .box')].map((one) => ({
      text: one.textContent?.replace(/\s+/g, ' ').trim(),
      width: one.getBoundingClientRect().width,
    })),
  );
  expect(boxes.map(({ text }) => text)).toEqual(['free 32 MiB', '1', '2 <img src=x> ext4 · 30 MiB']);
  for (const { width } of boxes) expect(width).toBeGreaterThanOrEqual(24);
  await page.evaluate(() => mounted.element.renderRoot.querySelectorAll<HTMLElement>('.strip .box')[1]?.click());
  expect(await lastEvent(page, 'nbd-select')).toEqual({ offset: String(MiB), length: '1024', why: 'partition 1, tiny' });

  const many = Array.from({ length: 128 }, (_, i) => part(i + 1, (i / 4 + 1) * MiB, MiB / 4, `p${i}`, 'ext4'));
  const narrow = await open(await nbdkit('memory', '64M'), [allocation], many, { width: 360 });
  const widths = await narrow.evaluate(() =>
    [...mounted.element.renderRoot.querySelectorAll('.strip .box')].map((one) => one.getBoundingClientRect().width),
  );
  expect(Math.min(...widths)).toBeGreaterThanOrEqual(24);
  await narrow.evaluate(() => mounted.element.renderRoot.querySelector<HTMLElement>('.strip .several')?.click());
  await until(narrow, () => mounted.element.view !== undefined);
});

test('a server without block status says so in place of the map', async () => {
  const page = await open(await nbdkit('--no-sr', 'memory', '1M'), [allocation]);
  const text = await page.evaluate(() => mounted.element.renderRoot.querySelector('.nothing')?.textContent);
  expect(text).toBe('The server does not tell what is on the disk: it has no block status');
});

test('a part that could not be asked about looks so, says why, and is asked about again', async () => {
  const mended = join(await temporaryFolder(), 'mended');
  const isIn = `[ $4 -lt ${3 * MiB} ] && [ $(($4 + $3)) -gt ${2 * MiB} ]`;
  const server = await nbdkit(
    ...['eval', 'get_size=echo 8M', 'pread=dd if=/dev/zero count=$3 iflag=count_bytes', 'can_extents=exit 0'],
    `extents=if [ ! -e ${mended} ] && ${isIn}; then echo EIO >&2; exit 1; fi; echo $4 $3 hole`,
  );
  const page = await open(server, [allocation]);
  const phase = await page.evaluate(() => mounted.element.renderRoot.querySelector('.phase')?.textContent?.replace(/\s+/g, ' '));
  expect(phase).toMatch(/1 MiB could not be asked: .*I\/O error.*Ask again/);
  const { left, top, width } = await box(page, allocation);
  await page.mouse.move(left + (2.5 / 8) * width, top + 5);
  await painted(page);
  expect((await words(page)).at(-1)).toBe('Allocation: could not be asked, 1 MiB from 0x200000');

  await writeFile(mended, '');
  await page.evaluate(() => mounted.element.renderRoot.querySelector<HTMLElement>('.phase button')?.click());
  await until(
    page,
    () => mounted.element.renderRoot.querySelector('.phase')?.textContent?.trim() === 'All of the disk was asked about',
  );
  await painted(page);
  expect((await words(page)).at(-1)).toBe('Allocation: hole, 8 MiB from 0x0');
});

describe('the table', () => {
  const cells = (page: Page) =>
    page.evaluate(() =>
      [...mounted.table.renderRoot.querySelectorAll('.window .row')].map((row) =>
        [...row.children].map((cell) => cell.textContent),
      ),
    );

  test('has a row wherever a context changes; a kind can be chosen', async () => {
    const page = await open(await changed(), [allocation, bitmap]);
    await until(page, () => /^6 /.test(mounted.table.renderRoot.querySelector('[role=status]')?.textContent ?? ''));
    expect(await cells(page)).toEqual([
      ['0x0', '1 MiB', 'data', 'dirty'],
      ['0x100000', '19 MiB', 'hole,zero', 'clean'],
      ['0x1400000', '1 MiB', 'data', 'dirty'],
      ['0x1500000', '19 MiB', 'hole,zero', 'clean'],
      ['0x2800000', '4 MiB', 'hole,zero', 'dirty'],
      ['0x2c00000', '20 MiB', 'hole,zero', 'clean'],
    ]);
    await page.evaluate(() => {
      const select = mounted.table.renderRoot.querySelector('select');
      const dirty = [...(select?.options ?? [])].find(({ text }) => text.trim() === 'dirty: 6 MiB (6,291,456 bytes)');
      if (!select || !dirty) throw new Error('there is nothing to choose');
      select.value = dirty.value;
      select.dispatchEvent(new Event('change'));
    });
    await until(page, () => /^3 /.test(mounted.table.renderRoot.querySelector('[role=status]')?.textContent ?? ''));
    expect(await cells(page)).toEqual([
      ['0x0', '1 MiB', 'data', 'dirty'],
      ['0x1400000', '1 MiB', 'data', 'dirty'],
      ['0x2800000', '4 MiB', 'hole,zero', 'dirty'],
    ]);
  });

  test('a million rows: keys go to the last but one, which is nbdinfo’s, and it can be chosen', async () => {
    const server = await nbdkit('sparse-random', 'size=4G', 'seed=1', 'percent=50', 'runlength=4096');
    const lines = JSON.parse(String(await run('nbdinfo', '--json', '--map', server.uri))) as {
      offset: number;
      length: number;
      description: string;
    }[];
    const count = lines.length;
    expect(count).toBeGreaterThan(1_000_000);
    const page = await open(server, [allocation]);
    await page.waitForFunction(
      (count) => mounted.table.renderRoot.querySelector('.grid')?.getAttribute('aria-rowcount') === String(count + 1),
      { polling: 'raf', timeout: 120_000 },
      count,
    );
    await page.evaluate(() => mounted.table.renderRoot.querySelector<HTMLElement>('.grid')?.focus());
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    const { offset, length, description } = lines.at(-2) ?? { offset: -1, length: -1, description: '' };
    const chosen = await lastEvent(page, 'nbd-select');
    expect([chosen?.offset, chosen?.length, chosen?.why?.split(', ')[0]]).toEqual([String(offset), String(length), description]);
    const active = await page.evaluate(() => {
      const grid = mounted.table.renderRoot.querySelector('.grid');
      const row = grid?.querySelector(`#${grid.getAttribute('aria-activedescendant')}`);
      const [outer, inner] = [grid?.getBoundingClientRect(), row?.getBoundingClientRect()];
      return [
        row?.getAttribute('aria-selected'),
        (inner?.bottom ?? 1) <= (outer?.bottom ?? 0),
        (inner?.top ?? 0) > (outer?.top ?? 1),
      ];
    });
    expect(active).toEqual(['true', true, true]);
  });
});
