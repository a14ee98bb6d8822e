// A range of the disk is saved: by the button of <nbd-save>, where the browser can write to a file and where it can only download.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { press } from './files_parts.js';
import { find, openPage, serveInspector, untilText } from './support.js';

let browser: OwnedBrowser;
beforeAll(async () => {
  browser = await startBrowser('shell');
});
afterAll(() => browser?.close());

/** What nbdkit's plugin `pattern` has from an offset on: the offsets themselves, in eight bytes each. */
function pattern(offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 8) bytes.writeBigUInt64BE(BigInt(offset + at), at);
  return bytes;
}

async function open(fragment: string) {
  const server = await nbdkit('pattern', '1M');
  const site = await serveInspector({ disks: { pattern: server.uri } });
  const { page } = await openPage(browser, site.url(`disk=pattern&${fragment}`));
  await untilText(page, 'nbd-hex-grid', '00001000 0000000000001000'); // until the disk is open, nothing can be saved
  await press(page, 'nbd-hex', 'Save');
  await find(page, 'nbd-save');
  return page;
}

test('the selection goes to the file that the user picks, as it is read', async () => {
  const page = await open('at=0x1000&len=4096');
  await page.evaluate(() => {
    const saved: number[] = [];
    const names: string[] = [];
    const target = {
      kind: 'file',
      createWritable: async () =>
        Object.assign(new WritableStream(), {
          write: async ({ data, position }: { data: Uint8Array; position: number }) => {
            for (const [i, byte] of data.entries()) saved[position + i] = byte;
          },
          seek: async () => {},
          truncate: async () => {},
          close: async () => {},
          abort: async () => {},
        }),
      getFile: async () => new Blob([Uint8Array.from(saved)]),
    };
    const showSaveFilePicker = async ({ suggestedName }: { suggestedName: string }) => {
      names.push(suggestedName);
      return target;
    };
    Object.assign(window, { saved, names, showSaveFilePicker });
  });
  await press(page, 'nbd-save', 'Save…');
  await untilText(page, 'nbd-save', '4 KiB saved as disk-0x1000.img.');
  const { saved, names } = await page.evaluate(() => {
    const { saved, names } = window as unknown as { saved: number[]; names: string[] };
    return { saved, names };
  });
  expect(names).toEqual(['disk-0x1000.img']);
  expect(Buffer.compare(Buffer.from(saved), pattern(0x1000, 4096))).toBe(0);
});

test('without such a picker the browser downloads the range', async () => {
  const page = await open('at=0x1000&len=8192');
  const folder = await temporaryFolder();
  const session = await page.createCDPSession();
  await session.send('Browser.setDownloadBehavior', {
    behavior: 'allow',
    downloadPath: folder,
    eventsEnabled: true,
    browserContextId: page.browserContext().id ?? '',
  });
  const done = new Promise<void>((resolve) => {
    session.on('Browser.downloadProgress', ({ state }) => {
      if (state === 'completed') resolve();
    });
  });
  await page.evaluate(() => {
    Object.assign(window, { showSaveFilePicker: undefined });
  });
  await press(page, 'nbd-save', 'Save…');
  await untilText(page, 'nbd-save', '8 KiB saved as disk-0x1000.img.');
  await done;
  expect(await readdir(folder)).toEqual(['disk-0x1000.img']);
  expect(Buffer.compare(await readFile(join(folder, 'disk-0x1000.img')), pattern(0x1000, 8192))).toBe(0);
});
