// What the page says when something is wrong, and how it goes on: each error has its reason, what to do, and one button.
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nbdkitArgv, Restartable } from '../lasting/restartable.js';
import { type OwnedBrowser, startBrowser } from '../support/browsers.js';
import { run, temporaryFolder } from '../support/processes.js';
import { listen, nbdkit } from '../support/servers.js';
import { find, openPage, serveInspector, textOf, untilPlace, untilText } from './support.js';

let browser: OwnedBrowser;
beforeAll(async () => {
  browser = await startBrowser('shell');
});
afterAll(() => browser?.close());

const clickButton = async (page: Page, selector: string) =>
  (await find(page, selector)).evaluate((button) => (button as HTMLElement).click());

/** For a page that is to know of no disk: a proxy has one at least. */
const unused = { unused: 'nbd://localhost:1' };

/** Types into the field of the connect screen that has this name. */
async function type(page: Page, name: string, text: string): Promise<void> {
  const field = await find(page, `input[name="${name}"]`);
  await field.evaluate((input) => {
    (input as HTMLInputElement).value = '';
  });
  await field.type(text);
}

/** A TCP port that nobody listens on. */
async function unusedPort(): Promise<number> {
  const server = createServer();
  await listen(server, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('an address that was typed in', () => {
  test.for([
    ['no URL', 'local host', 'This is not a URL'],
    ['the address of an NBD server', 'nbd://localhost/disk', 'libnbd-wasm inspect'],
    ['the address of a page', 'http://localhost/', 'begins with ws:'],
  ] as const)('%s: the reason stands at the field, and nothing is opened', async ([, url, why]) => {
    const site = await serveInspector({ disks: unused, hasList: false });
    const { page } = await openPage(browser, site.url());
    await type(page, 'url', url);
    await page.keyboard.press('Enter');
    expect(await untilText(page, '#mistake', why)).toContain(why);
    expect(await page.evaluate(() => location.hash)).toBe('');
    const invalid = await (await find(page, '#url')).evaluate((input) => input.getAttribute('aria-invalid'));
    expect(invalid).toBe('true');
  });

  test('a host where nothing listens', async () => {
    const site = await serveInspector({ disks: unused, hasList: false });
    const { page, complaints } = await openPage(browser, site.url());
    await type(page, 'url', `ws://127.0.0.1:${await unusedPort()}/nbd/disk`);
    await page.keyboard.press('Enter');
    const problem = await untilText(page, 'nbd-problem', 'Nothing answers at this address');
    expect(problem).toContain('the WebSocket could not be opened');
    expect(problem).toMatch(/Try again$/);
    expect(complaints.list).toEqual([]);
  });

  test('a proxy that has no disk of the name', async () => {
    const server = await nbdkit('memory', '1M');
    const site = await serveInspector({ disks: { disk: server.uri }, hasList: false });
    const { page } = await openPage(browser, site.url());
    await type(page, 'url', site.proxy.url('disc'));
    await page.keyboard.press('Enter');
    expect(await untilText(page, 'nbd-problem', 'no disk of this name')).toContain('4404 unknown target disc');
    await clickButton(page, 'nbd-problem button, .problem button');
    await untilText(page, 'nbd-connect', 'URL of a WebSocket');
  });

  test('that is right opens the disk, and the token gets into no link', async () => {
    const server = await nbdkit('memory', '1M');
    const site = await serveInspector({ disks: { disk: server.uri }, hasList: false, token: 'only-for-the-proxy' });
    const { page } = await openPage(browser, site.url());
    await type(page, 'url', `${site.proxy.url()}?token=only-for-the-proxy`);
    await page.keyboard.press('Enter');
    await untilText(page, '.size', '1 MiB');
    expect(await untilPlace(page, /url=/)).toBe(`#url=${encodeURIComponent(site.proxy.url())}`);
    await page.reload();
    await untilText(page, 'nbd-connect', 'A link wants to open this address');
    await clickButton(page, '.asked button');
    await untilText(page, '.size', '1 MiB');
  });
});

test('an address in a link is opened only by a click', async () => {
  const server = await nbdkit('memory', '1M');
  const stranger = await serveInspector({ disks: { disk: server.uri } });
  const site = await serveInspector({ disks: unused, hasList: false });
  const { page } = await openPage(browser, site.url(`url=${encodeURIComponent(stranger.proxy.url())}&at=0x10&len=4`));
  expect(await untilText(page, 'nbd-connect', 'A link wants')).toContain(stranger.proxy.url());
  expect(stranger.proxy.log).toEqual([]);
  await clickButton(page, '.asked button');
  expect(await untilText(page, 'nbd-problem', 'does not let this page in')).toContain(`4403 origin not allowed: ${site.origin}`);
  expect(await stranger.proxy.logOf(1)).toMatchObject([{ code: 4403 }]);
});

describe('a server', () => {
  test('that refuses the connection: again, once it is there', async () => {
    const path = join(await temporaryFolder(), 'socket');
    const site = await serveInspector({ disks: { vm: `nbd+unix:///?socket=${path}` } });
    const { page } = await openPage(browser, site.url());
    expect(await untilText(page, 'nbd-problem', 'The NBD server refused')).toContain('4502');
    await Restartable.start((_, pidfile) => nbdkitArgv(path, pidfile, 'memory', '3M'));
    await clickButton(page, '.problem button');
    await untilText(page, '.size', '3 MiB');
  });

  test('whose export is gone: the others are there to choose', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'kept'), Buffer.alloc(1024 * 1024));
    const server = await nbdkit('file', `dir=${folder}`);
    const site = await serveInspector({ disks: { files: server.uri } });
    const { page } = await openPage(browser, site.url('disk=files&export=gone'));
    await untilText(page, 'nbd-problem', 'The server has no such export');
    const select = await find(page, 'select[title^="Exports"]');
    await select.select('kept');
    await untilText(page, '.size', '1 MiB');
  });

  test('that wants TLS is named so', async () => {
    const server = await nbdkit('--tls=require', '--tls-psk=/dev/null', 'memory', '1M');
    const site = await serveInspector({ disks: { secret: server.uri } });
    const { page } = await openPage(browser, site.url());
    expect(await untilText(page, 'nbd-problem', /The server wants TLS/)).toContain('nbds:');
  });

  test('that is killed: what is shown stays, the page says so, and goes on when it is back', async () => {
    const image = join(await temporaryFolder(), 'image');
    await run('truncate', '-s', '5M', image);
    const server = await Restartable.start((socket, pidfile) => nbdkitArgv(socket, pidfile, 'file', image));
    const site = await serveInspector({ disks: { vm: server.uri } });
    const { page } = await openPage(browser, site.url());
    await untilText(page, '.state', 'connected');
    await server.kill();
    expect(await untilText(page, '.state', 'reconnecting')).toContain('reconnecting');
    expect(await untilText(page, '.trouble', 'What is shown stays')).toContain('closed');
    expect(await textOf(page, '.size')).toBe('5 MiB');
    await server.start();
    await untilText(page, '.state', /● ?connected/);
  });

  test('that comes back with another disk: a click shows the new one', async () => {
    const server = await Restartable.start((socket, pidfile) => nbdkitArgv(socket, pidfile, 'memory', '5M'));
    const site = await serveInspector({ disks: { vm: server.uri } });
    const { page } = await openPage(browser, site.url());
    await untilText(page, '.state', 'connected');
    await server.kill();
    await untilText(page, '.state', 'reconnecting');
    await server.start((socket, pidfile) => nbdkitArgv(socket, pidfile, 'memory', '6M'));
    expect(await untilText(page, '.trouble', 'Reconnect')).toContain('another disk than before');
    expect(await textOf(page, '.size')).toBe('5 MiB');
    await clickButton(page, '.trouble button');
    await untilText(page, '.size', '6 MiB');
  });
});

describe('the token', () => {
  const token = 'a-secret-of-this-server';
  const serve = async () => serveInspector({ disks: { ram: (await nbdkit('memory', '1M')).uri }, token });

  test('is taken out of the address at once, and kept for the tab', async () => {
    const site = await serve();
    const { page } = await openPage(browser, site.url(`disk=ram&at=0x200&len=512&token=${token}`));
    await untilText(page, '.size', '1 MiB');
    expect(await page.evaluate(() => location.hash)).toBe('#disk=ram&at=0x200&len=512');
    await page.reload();
    await untilText(page, '.size', '1 MiB');
    expect(site.requests.filter((request) => request.includes(token) && !request.includes('/nbd/'))).toEqual([]);
  });

  test('that is missing or wrong: the page says where it stands, and takes it', async () => {
    const site = await serve();
    const { page } = await openPage(browser, site.url('token=wrong'));
    expect(await untilText(page, 'nbd-problem', 'The token is missing or wrong')).toContain('libnbd-wasm inspect');
    await type(page, 'token', token);
    await page.keyboard.press('Enter');
    await untilText(page, '.size', '1 MiB');
  });
});

test('a disk that the server does not have', async () => {
  const site = await serveInspector({ disks: { one: 'nbd://localhost:1', two: 'nbd://localhost:1' } });
  const { page } = await openPage(browser, site.url('disk=three'));
  expect(await untilText(page, 'nbd-problem', 'no disk “three”')).toContain('Choose one of the disks');
  await untilText(page, 'nbd-connect', 'Disks of this server');
});

test('the page’s own server is gone: the list can be asked for again', async () => {
  const site = await serveInspector({ disks: { ram: (await nbdkit('memory', '1M')).uri } });
  const { page } = await openPage(browser, site.url());
  await untilText(page, '.size', '1 MiB');
  const session = await page.createCDPSession();
  const goOffline = (offline: boolean) =>
    session.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  await session.send('Network.enable');
  await goOffline(true);
  await page.evaluate(() => {
    document.querySelector('nbd-page')?.remove();
    document.body.append(document.createElement('nbd-page'));
  });
  expect(await untilText(page, 'nbd-problem', 'does not answer')).toMatch(/Try again$/);
  await goOffline(false);
  await clickButton(page, '.problem button');
  await untilText(page, '.size', '1 MiB');
});
