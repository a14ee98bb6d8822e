// Several proxies behind Debian's nginx, with the configuration that docs/proxy.md shows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NBD } from 'libnbd-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit } from '../support/servers.js';
import { inherited } from './inherited.js';
import { client, endOf, proxyTo, type TestProxy } from './support.js';

/** nginx with the documentation's configuration, but for its ports; returns the URL of the target `disk`. */
async function nginx(proxies: TestProxy[]): Promise<string> {
  const documentation = await readFile(new URL('../../docs/proxy.md', import.meta.url), 'utf8');
  const [, shown = ''] = /```nginx\n(.*?)```/s.exec(documentation) ?? [];
  const listener = await inherited();
  let servers = 0;
  const config = shown
    .replace('listen 127.0.0.1:8080;', `listen 127.0.0.1:${listener.port};`)
    .replace(/server 127\.0\.0\.1:900\d;/g, () => `server 127.0.0.1:${proxies[servers++]?.port};`);
  expect(servers).toBe(proxies.length);
  expect(config).toContain(`listen 127.0.0.1:${listener.port};`);

  const folder = await temporaryFolder();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, `daemon off; pid ${folder}/pid; events {} http { ${paths.join(' ')}\n${config} }\n`);
  // nginx takes sockets over from an nginx that it replaces, and is told their numbers in this variable. Its worker goes with it
  // when it is told to end, and not when it is killed.
  const argv = ['--pdeathsig', 'TERM', 'nginx', '-p', folder, '-c', file, '-e', 'stderr'];
  const env = { ...process.env, NGINX: '3;' };
  const program = spawn('setpriv', argv, { env, stdio: ['ignore', 'ignore', 'ignore', listener.fd] });
  listener.close();
  onTestFinished(async () => {
    program.kill('SIGTERM');
    if (program.exitCode === null && program.signalCode === null) await once(program, 'exit');
  });
  return `ws://127.0.0.1:${listener.port}/nbd/disk`;
}

async function threeProxies(): Promise<[TestProxy, TestProxy, TestProxy]> {
  const server = await nbdkit('--filter=cow', 'pattern', 'size=64M');
  const options = { allowHosts: ['disks.example'] };
  return [await proxyTo(server, options), await proxyTo(server, options), await proxyTo(server, options)];
}

const headers = { host: 'disks.example', origin: 'https://disks.example', 'x-forwarded-for': '192.0.2.99' };

/** The library in a page of disks.example, as the proxy sees it. */
async function page(url: string): Promise<NBD> {
  const nbd = await newHandle();
  await nbd.connectSocket(new WebSocket(url, { headers }));
  return nbd;
}

test('reads and writes, spread over the proxies', async () => {
  const proxies = await threeProxies();
  const url = await nginx(proxies);
  const handles: NBD[] = [];
  for (let i = 0; i < 12; i++) handles.push(await page(url));
  for (const { proxy } of proxies) expect(proxy.connections).toBe(4); // least_conn
  await Promise.all(
    handles.map(async (nbd, i) => {
      const bytes = noise(2 ** 20, i);
      await nbd.pwrite(bytes, i * 2 ** 20);
      expect(firstDifference(await nbd.pread(2 ** 20, i * 2 ** 20), bytes)).toBe(-1);
      expect(firstDifference(await nbd.readFully(2 ** 22, 2 ** 25), pattern(2 ** 25, 2 ** 22))).toBe(-1);
    }),
  );
  await Promise.all(handles.map((nbd) => nbd.shutdown()));
  const [entry] = await proxies[0].logOf(4);
  expect(entry).toMatchObject({ origin: 'https://disks.example', forwardedFor: '127.0.0.1', code: 1000 });
});

test('a page of another origin, another host name and an unknown target are refused with the reason', async () => {
  const url = await nginx(await threeProxies());
  const stranger = client(url, { headers: { ...headers, origin: 'https://evil.example' } });
  expect(await endOf(stranger)).toBe('4403 origin not allowed: https://evil.example');
  const rebound = client(url, { headers: { host: 'evil.example', origin: 'http://evil.example' } });
  expect(await endOf(rebound)).toBe('4403 host not allowed: evil.example');
  const error = await nbdError(page(url.replace('disk', 'foo')));
  expect(error.message).toContain('4404 unknown target foo');
});

test('a proxy that goes takes its connections with it, and new ones go to the others', async () => {
  const proxies = await threeProxies();
  const url = await nginx(proxies);
  for (let i = 0; i < 3; i++) await page(url);
  const [first, second, third] = proxies;
  first.server.close();
  await first.kill();
  for (let i = 0; i < 6; i++) expect(await (await page(url)).pread(8, 8)).toEqual(pattern(8, 8));
  expect([second.proxy.connections, third.proxy.connections]).toEqual([4, 4]);
});
