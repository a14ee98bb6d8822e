// `libnbd-wasm proxy`: what it prints, its log, /healthz, TLS, and how it ends.
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connectWebSocket } from 'libnbd-wasm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { pattern } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { run, temporaryFolder } from '../support/processes.js';
import { nbdkit, nbdkitOnTcp } from '../support/servers.js';
import { cli, proxyProcess } from './cli.js';
import { client, endOf, received } from './support.js';

async function handleAt(url: string) {
  const nbd = await newHandle();
  await nbd.connectSocket(connectWebSocket(url));
  return nbd;
}

/** The last line of a text. */
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';

test('it prints the URL of each target', async () => {
  const [first, second] = [await nbdkit('pattern', 'size=1M'), await nbdkitOnTcp('memory', '2M')];
  const targets = ['--target', `a=${first.uri}`, '--target', `b c=${second.uri}`];
  const program = cli('proxy', ...targets, '--listen', 'localhost:0');
  await program.firstLine;
  const [a = '', b = ''] = program.stdout.trimEnd().split('\n');
  expect(a).toMatch(/^ws:\/\/(127\.0\.0\.1|\[::1\]):\d+\/nbd\/a$/);
  expect(b).toMatch(/\/nbd\/b%20c$/);
  expect(program.stdout).toContain('\na: all exports of the server\nb c: all exports of the server\n');
  expect((await handleAt(a)).getSize()).toBe(2n ** 20n);
  expect((await handleAt(b)).getSize()).toBe(2n ** 21n);
});

test('a target with an export leads to this one, and only of another it says that it leads to all', async () => {
  const { uri } = await nbdkit('info', 'mode=exportname');
  const targets = ['--target', `one=${uri.replace('///', '///vm1')}`, '--target', `slash=${uri}`];
  const program = cli('proxy', ...targets, '--listen', '127.0.0.1:0');
  const url = await program.firstLine;
  expect(program.stdout.trimEnd().split('\n').slice(2)).toEqual(['slash: all exports of the server']);
  expect(await (await handleAt(url)).pread(3, 0)).toEqual(new TextEncoder().encode('vm1'));
});

describe('the token', () => {
  test('beyond loopback it is made and printed', async () => {
    const { uri } = await nbdkit('pattern', 'size=1M');
    const program = cli('proxy', '--target', `disk=${uri}`, '--listen', '0.0.0.0:0');
    const url = new URL(await program.firstLine);
    expect(url.searchParams.get('token')).toMatch(/^[\w-]{32}$/);
    url.hostname = '127.0.0.1';
    expect(await (await handleAt(url.href)).pread(8, 8)).toEqual(pattern(8, 8));
    url.search = '';
    expect((await nbdError(handleAt(url.href))).message).toContain('4401 a token is needed');
  });

  test('it can come from a file', async () => {
    const file = join(await temporaryFolder(), 'token');
    await writeFile(file, 'open sesame\n');
    const { url } = await proxyProcess((await nbdkit('memory', '1M')).uri, '--token-file', file);
    expect(url).toMatch(/\?token=open%20sesame$/);
    await handleAt(url);
    expect((await nbdError(handleAt(url.replace('open', 'close')))).message).toContain('4401 wrong token');
  });
});

describe('the log', () => {
  test('as JSON', async () => {
    const { program, url } = await proxyProcess((await nbdkit('memory', '1M')).uri, '--log', 'json');
    const nbd = await handleAt(url);
    await nbd.pread(4096, 0);
    await nbd.shutdown();
    await nbdError(handleAt(url.replace('disk', 'other')));
    program.signal('SIGTERM');
    expect(await program.exit).toBe(0);
    const [first, second] = program.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({ target: 'disk', code: 1000, reason: 'the NBD server closed the connection' });
    expect(Date.parse(first.time)).not.toBeNaN();
    expect(first.bytesToClient).toBeGreaterThan(4096);
    expect(first.bytesToServer).toBeGreaterThan(28);
    expect(first.milliseconds).toBeGreaterThanOrEqual(0);
    expect(second).toMatchObject({ target: 'other', code: 4404, bytesToServer: 0, bytesToClient: 0 });
  });

  test('as text, in which a client cannot write lines of its own', async () => {
    const { program, url } = await proxyProcess((await nbdkit('memory', '1M')).uri);
    const socket = client(url.replace('disk', 'a%0A"b"%1B[2J%C3%BC'), { origin: url.replace(/^ws(.*)\/nbd.*/, 'http$1') });
    expect(await endOf(socket)).toMatch(/^4404/);
    program.signal('SIGTERM');
    expect(await program.exit).toBe(0);
    const line = String.raw`"a\n\"b\"\u001b[2J\u00fc" from 127.0.0.1 `;
    expect(program.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(program.stderr).toContain(line);
    expect(program.stderr).toMatch(/ origin "http:\S+": 0 bytes to the server, 0 to the client, \d+\.\d s, 4404 "unknown/);
  });
});

describe('what a client makes the log say', () => {
  // CSI as one character, DEL, and the controls that turn the direction of writing.
  const name = 'a\u009b2J\u007f\u202eb\u2066c\u2028';

  test.for(['text', 'json'])('has no control characters, as %s', async (format) => {
    const { program, url } = await proxyProcess((await nbdkit('memory', '1M')).uri, '--log', format);
    expect(await endOf(client(url.replace('disk', encodeURIComponent(name))))).toBe(
      '4404 unknown target a\\u009b2J\\u007f\\u202eb\\u2066c\\u2028',
    );
    const socket = client(url, { headers: { 'x-forwarded-for': '\u009b31m' } });
    await received(socket).atLeast(18);
    socket.close(4000, name);
    program.signal('SIGTERM');
    expect(await program.exit).toBe(0);
    expect(program.stderr).toMatch(/^[\x20-\x7e\n]+$/);
    if (format !== 'json') return;
    const [first, second] = program.stderr.trimEnd().split('\n');
    expect(JSON.parse(first ?? '')).toMatchObject({
      target: name,
      reason: 'unknown target a\\u009b2J\\u007f\\u202eb\\u2066c\\u2028',
    });
    expect(JSON.parse(second ?? '')).toMatchObject({ code: 4000, reason: 'a\\u009b2J\\u007f\\u202eb\\u2066c\\u2028' });
  });

  test('has no token that came where a name was expected', async () => {
    const file = join(await temporaryFolder(), 'token');
    await writeFile(file, 'open sesame\n');
    const { program, url } = await proxyProcess((await nbdkit('memory', '1M')).uri, '--token-file', file);
    const places = ['disk%3Ftoken=', 'disk%3ftoken%3D', 'disk%253Ftoken%253D', 'disk/TOKEN=', 'disk/', 'disk&token='];
    for (const place of places) {
      for (const query of ['', '?token=open%20sesame']) {
        const end = await endOf(client(new URL(`/nbd/${place}open%20sesame${query}`, url).href));
        expect(end).toMatch(query === '' ? /^4401 / : /^4404 unknown target disk/);
        expect(end).not.toContain('sesame');
      }
    }
    await endOf(client(new URL('/nbd/disk%3Ftoken=open%20sesam', url).href)); // nor nearly the token
    program.signal('SIGTERM');
    expect(await program.exit).toBe(0);
    expect(program.stderr.trimEnd().split('\n')).toHaveLength(2 * places.length + 1);
    expect(program.stderr).not.toContain('sesam');
  });
});

describe('other requests', () => {
  test('/healthz is answered, and nothing else', async () => {
    const { url } = await proxyProcess((await nbdkit('memory', '1M')).uri);
    const base = new URL('/', url.replace('ws:', 'http:'));
    const health = await fetch(new URL('healthz', base));
    expect(health.status).toBe(200);
    expect(await health.json()).toEqual({ status: 'ok' });
    for (const path of ['', 'nbd/disk', 'healthz/', '../etc/passwd']) expect((await fetch(new URL(path, base))).status).toBe(404);
    const upgrade = new WebSocket(new URL('/other', url));
    const [error] = (await once(upgrade, 'error')) as [Error];
    expect(error.message).toBe('Unexpected server response: 404');
  });

  test('a request that never ends is cut off', async () => {
    const { url } = await proxyProcess((await nbdkit('memory', '1M')).uri, '--handshake-timeout', '0.1');
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.resume().write('GET /nbd/disk HTTP/1.1\r\nHost: localhost\r\n');
    await once(socket, 'end');
  });
});

test('TLS, with pages of https alone', async () => {
  const folder = await temporaryFolder();
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject);
  const { url } = await proxyProcess((await nbdkit('pattern', 'size=1M')).uri, '--cert', cert, '--key', key);
  expect(url).toMatch(/^wss:/);
  const nbd = await newHandle();
  const origin = url.replace(/^wss(.*)\/nbd.*/, 'https$1');
  await nbd.connectSocket(new WebSocket(url, { rejectUnauthorized: false, origin }));
  expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
  const plain = client(url, { rejectUnauthorized: false, origin: origin.replace('https', 'http') });
  expect(await endOf(plain)).toMatch(/^4403 origin not allowed: http:/);
});

test('a URI alone is the target disk, and a port alone is a place to listen', async () => {
  const program = cli('proxy', (await nbdkit('memory', '1M')).uri, '--listen', '0');
  const url = await program.firstLine;
  expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/nbd\/disk$/);
  expect((await handleAt(url)).getSize()).toBe(2n ** 20n);
});

test.for(['text', 'json'])(
  'the line for a page that was refused for its origin names the option that lets it in, as %s',
  async (format) => {
    const { program, url } = await proxyProcess((await nbdkit('memory', '1M')).uri, '--log', format);
    const origins = ['http://localhost:5173', 'https://$(id).example', 'null'];
    for (const origin of origins) expect(await endOf(client(url, { origin }))).toBe(`4403 origin not allowed: ${origin}`);
    program.signal('SIGTERM');
    expect(await program.exit).toBe(0);
    const [web, hostile, opaque] = program.stderr.trimEnd().split('\n');
    expect(web).toContain(
      'origin not allowed: http://localhost:5173: to let its pages in, add --allow-origin http://localhost:5173"',
    );
    for (const line of [hostile, opaque]) expect(line).not.toContain('--allow-origin'); // nothing to be pasted, and nobody's name
  },
);

test('--read-only, --allow-origin and --allow-host', async () => {
  const options = ['--read-only', '--allow-origin', 'https://page.example', '--allow-host', 'disks.example'];
  const { url } = await proxyProcess((await nbdkit('memory', '1M')).uri, ...options);
  const nbd = await newHandle();
  await nbd.connectSocket(new WebSocket(url, { origin: 'https://page.example', headers: { host: 'disks.example' } }));
  expect((await nbdError(nbd.pwrite(new Uint8Array(512), 0))).code).toBe('EROFS');
});

describe('SIGTERM', () => {
  test('waits for connections to end', async () => {
    const { program, url } = await proxyProcess((await nbdkit('pattern', 'size=1M')).uri);
    const nbd = await handleAt(url);
    program.signal('SIGTERM');
    const { hostname, port } = new URL(url);
    await refused(hostname, Number(port));
    expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
    await nbd.shutdown();
    expect(await program.exit).toBe(0);
    expect(lastLine(program.stderr)).toContain('1000 "the NBD server closed the connection"');
  });

  test('closes them when their time is up', async () => {
    const { program, url } = await proxyProcess((await nbdkit('memory', '1M')).uri, '--drain-timeout', '0.1');
    const socket = client(url);
    await received(socket).atLeast(18);
    program.signal('SIGTERM');
    expect(await endOf(socket)).toBe('1001 the proxy is shutting down');
    expect(await program.exit).toBe(0);
    expect(lastLine(program.stderr)).toContain('1001 "the proxy is shutting down"');
  });

  test('a second one closes them at once', async () => {
    const { program, url } = await proxyProcess((await nbdkit('memory', '1M')).uri, '--drain-timeout', '3600');
    const socket = client(url);
    await received(socket).atLeast(18);
    program.signal('SIGTERM');
    const { hostname, port } = new URL(url);
    await refused(hostname, Number(port));
    program.signal('SIGINT');
    expect(await endOf(socket)).toBe('1001 the proxy is shutting down');
    expect(await program.exit).toBe(0);
  });
});

/** Waits until nobody listens any more. */
async function refused(host: string, port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, host);
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (!isOpen) return;
  }
}

describe('mistakes', () => {
  const target = ['--target', 'disk=nbd://localhost'];
  const mistakes: [string[], RegExp][] = [
    [[], /no target was given/],
    [['--target', 'nbd://localhost'], /--target takes NAME=URI/],
    [['--target', '=nbd://localhost'], /--target takes NAME=URI/],
    [['--target', 'disk=http://localhost'], /is not a URI/],
    [[...target, '--target', 'disk=nbd://localhost/x'], /--target disk=… is there twice/],
    [['--target', '__proto__=nbd://a', '--target', '__proto__=nbd://b'], /--target __proto__=… is there twice/],
    [[...target, '--listen', 'localhost'], /--listen takes ADDRESS:PORT/],
    [[...target, '--listen', '65536'], /--listen takes ADDRESS:PORT or a port/],
    [[...target, '--listen', ':8080'], /--listen takes ADDRESS:PORT/],
    [[...target, '--listen', '127.0.0.1:65536'], /--listen takes ADDRESS:PORT/],
    [[...target, '--log', 'xml'], /--log takes text or json/],
    [[...target, '--cert', 'x'], /--cert and --key go together/],
    [[...target, '--max-connections', '-1'], /max-connections/],
    [[...target, '--max-connections', '0'], /maxConnections/],
    [[...target, '--idle-timeout', 'x'], /--idle-timeout takes a number of seconds/],
    [[...target, '--allow-origin', 'page.example'], /is not an origin/],
    [[...target, '--nonsense'], /nonsense/],
    [[...target, 'more'], /more/],
  ];
  test.for(mistakes)('%j', async ([args, message]) => {
    const program = cli('proxy', ...args);
    expect(await program.exit).toBe(2);
    expect(program.stderr).toMatch(message);
    expect(program.stdout).toBe('');
  });

  test('a port that is taken', async () => {
    const { url } = await proxyProcess('nbd://localhost');
    const program = cli('proxy', ...target, '--listen', new URL(url).host);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toContain('EADDRINUSE');
  });

  test('--help', async () => {
    const program = cli('proxy', '--help');
    expect(await program.exit).toBe(0);
    expect(program.stdout).toContain('--allow-origin');
  });
});
