// Who may not connect, and what he is told. Each refusal is tried.
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { connectWebSocket } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { nbdError, newHandle } from '../support/handles.js';
import { listen, nbdkit } from '../support/servers.js';
import { client, endOf, proxyTo, TestProxy, upgradeRequest } from './support.js';

const memory = () => nbdkit('memory', '1M');

/** How a client with some headers fares: the server's greeting or its end. */
async function attempt(url: string, headers: Record<string, string> = {}): Promise<string> {
  const socket = client(url, { headers });
  const greeting = new Promise<string>((resolve) => {
    socket.once('message', (data: Buffer) => resolve(String(data.subarray(0, 8))));
  });
  return await Promise.race([greeting, endOf(socket)]);
}

const admitted = 'NBDMAGIC';

describe('the origin', () => {
  test('a program that sends none may connect', async () => {
    const proxy = await proxyTo(await memory());
    expect(await attempt(proxy.url())).toBe(admitted);
  });

  test('a page of the proxy’s own origin may connect', async () => {
    const proxy = await proxyTo(await memory());
    expect(await attempt(proxy.url(), { origin: `http://127.0.0.1:${proxy.port}` })).toBe(admitted);
    // As behind a balancer that speaks TLS, on the usual port.
    const headers = { host: 'disks.localhost', origin: 'https://disks.localhost' };
    expect(await attempt(proxy.url(), headers)).toBe(admitted);
  });

  const strangers = [
    'https://evil.example',
    'http://127.0.0.1',
    'http://127.0.0.1:1',
    'http://localhost:PORT', // another name is another origin
    'null',
    'file://',
    '',
    'http://127.0.0.1:PORT.evil.example',
    'http://127.0.0.1:PORT/, http://evil.example',
    'ftp://127.0.0.1:PORT',
  ];
  test.for(strangers)('a page of %j may not', async (stranger) => {
    const proxy = await proxyTo(await memory());
    const origin = stranger.replace('PORT', String(proxy.port));
    expect(await attempt(proxy.url(), { origin })).toBe(`4403 origin not allowed: ${origin}`.trim());
    expect(await proxy.logOf(1)).toMatchObject([{ origin, bytesToServer: 0, bytesToClient: 0, code: 4403 }]);
  });

  test('pages that are on the list may connect, and none but them', async () => {
    const allowOrigins = ['https://Disks.example:443', 'http://localhost:5173/', 'chrome-extension://abc/'];
    const proxy = await proxyTo(await memory(), { allowOrigins });
    for (const origin of ['https://disks.example', 'http://localhost:5173', 'chrome-extension://abc']) {
      expect(await attempt(proxy.url(), { origin }), origin).toBe(admitted);
    }
    const others = ['http://disks.example', 'https://disks.example:444', 'https://sub.disks.example', 'chrome-extension://abcd'];
    for (const origin of others) expect(await attempt(proxy.url(), { origin }), origin).toMatch(/^4403 /);
  });

  test('the library says why', async () => {
    const proxy = await proxyTo(await memory());
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectSocket(new WebSocket(proxy.url(), { origin: 'https://evil.example' })));
    expect(error.code).toBe('EACCES');
    expect(error.message).toContain('the WebSocket was closed: 4403 origin not allowed: https://evil.example');
  });
});

describe('the host', () => {
  test('a page that rebound its own name to our address may not connect, though it is of the same origin', async () => {
    const proxy = await proxyTo(await memory());
    const host = `evil.example:${proxy.port}`;
    expect(await attempt(proxy.url(), { host, origin: `http://${host}` })).toBe(`4403 host not allowed: ${host}`);
    expect(await attempt(proxy.url(), { host })).toBe(`4403 host not allowed: ${host}`);
  });

  const ours = ['localhost', 'localhost:1', 'LOCALHOST', 'a.localhost', '127.0.0.1', '192.0.2.1:80', '[::1]', '[2001:db8::1]:80'];
  test.for(ours)('%s is ours', async (host) => {
    const proxy = await proxyTo(await memory());
    expect(await attempt(proxy.url(), { host })).toBe(admitted);
  });

  const others = [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evillocalhost',
    'a@localhost',
    'localhost/x',
  ];
  test.for([...others, '[::1'])('%j is not', async (host) => {
    const proxy = await proxyTo(await memory());
    expect(await attempt(proxy.url(), { host })).toMatch(/^4403 host not allowed: /);
  });

  test('none is not either', async () => {
    const proxy = await proxyTo(await memory());
    const socket = connect(proxy.port, '127.0.0.1');
    socket.resume().end(upgradeRequest('/nbd/disk', 'Host:'));
    expect(await proxy.logOf(1)).toMatchObject([{ code: 4403, reason: 'host not allowed: ' }]);
    socket.destroy();
  });

  test('names that are on the list are ours', async () => {
    const proxy = await proxyTo(await memory(), { allowHosts: ['Disks.example', 'other.example:8080'] });
    expect(await attempt(proxy.url(), { host: 'disks.example:99' })).toBe(admitted);
    expect(await attempt(proxy.url(), { host: 'other.example:8080' })).toBe(admitted);
    expect(await attempt(proxy.url(), { host: 'other.example:8081' })).toMatch(/^4403 /);
  });
});

describe('the token', () => {
  test('is demanded where one was given', async () => {
    const proxy = await proxyTo(await memory(), { token: 'geheim & secret' });
    expect(await attempt(`${proxy.url()}?token=geheim%20%26%20secret`)).toBe(admitted);
    expect(await attempt(proxy.url())).toBe('4401 a token is needed: add ?token= to the URL');
    for (const wrong of ['', 'x', 'geheim%20%26%20secre', 'geheim%20%26%20secretx', 'geheim']) {
      expect(await attempt(`${proxy.url()}?token=${wrong}`), wrong).toBe('4401 wrong token');
    }
    expect(JSON.stringify(proxy.log)).not.toContain('geheim');
  });

  test('is demanded, and a new one each time, on a server that listens beyond loopback', async () => {
    const tokens = new Set<string | undefined>();
    for (let run = 0; run < 2; run++) {
      const server = createServer();
      await listen(server, { host: '0.0.0.0', port: 0 });
      const proxy = new TestProxy(server, { targets: { disk: (await memory()).uri } });
      expect(proxy.proxy.token).toMatch(/^[\w-]{32}$/);
      expect(await attempt(proxy.url())).toMatch(/^4401 /);
      expect(await attempt(`${proxy.url()}?token=${proxy.proxy.token}`)).toBe(admitted);
      tokens.add(proxy.proxy.token);
    }
    expect(tokens.size).toBe(2);
  });

  test('is not demanded on loopback, nor where the program wants none', async () => {
    expect((await proxyTo(await memory())).proxy.token).toBeUndefined();
    expect((await proxyTo(await memory(), { token: false })).proxy.token).toBeUndefined();
  });

  test('comes before the name of the target', async () => {
    const proxy = await proxyTo(await memory(), { token: 'x' });
    expect(await attempt(proxy.url('other'))).toMatch(/^4401 /);
  });
});

describe('the target', () => {
  const unknown = ['other', 'disk/', 'disk%20', 'DISK', '', '__proto__', 'constructor', '%E0%A4%A', '..%2Fdisk'];
  test.for(unknown)('%j is unknown', async (name) => {
    const proxy = await proxyTo(await memory());
    expect(await attempt(proxy.url(name))).toMatch(/^4404 unknown target/);
  });

  test('there is no way to name an address', async () => {
    const { uri } = await memory();
    const proxy = await proxyTo(uri);
    for (const query of [`?target=${uri}`, '?host=localhost&port=10809', `?uri=${encodeURIComponent(uri)}`]) {
      expect(await attempt(proxy.url(`other${query}`))).toBe('4404 unknown target other');
    }
  });

  test('a long name is cut where the close frame ends', async () => {
    const proxy = await proxyTo(await memory());
    const end = await attempt(proxy.url(encodeURIComponent('ü'.repeat(200))));
    expect(end).toMatch(/^4404 unknown target ü+…$/);
  });

  test('the library says why', async () => {
    const proxy = await proxyTo(await memory());
    const error = await nbdError((await newHandle()).connectSocket(connectWebSocket(proxy.url('foo'))));
    expect(error).toMatchObject({ code: 'ENOENT', errno: 2 });
    expect(error.message).toContain('the WebSocket was closed: 4404 unknown target foo');
  });
});

test('an upgrade that is none is refused before', async () => {
  const proxy = await proxyTo(await memory());
  const status = await new Promise((resolve) => {
    const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '12' };
    request({ host: '127.0.0.1', port: proxy.port, path: '/nbd/disk', headers }, (response) => {
      resolve(response.statusCode);
      response.resume();
    }).end();
  });
  expect(status).toBe(400);
});
