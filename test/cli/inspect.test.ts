// `libnbd-wasm inspect`: what it serves, to whom, and how it ends.
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectWebSocket } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { proxyProcess } from '../proxy/cli.js';
import { client, endOf } from '../proxy/support.js';
import { pattern } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { pki } from '../support/pki.js';
import { temporaryFolder } from '../support/processes.js';
import { nbdkit, nbdkitOnTcp } from '../support/servers.js';
import { addressOf, disksOf, inspect } from './inspect.js';

const keys = pki();

async function handleAt(url: string) {
  const nbd = await newHandle();
  await nbd.connectSocket(connectWebSocket(url));
  return nbd;
}

/** A request as nobody's library would make it. */
async function raw(base: string, path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  const { hostname, port } = new URL(base);
  const sent = request({ hostname, port, path, ...options }).end();
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

describe('disks', () => {
  test('of every kind, several at a time, each under a name of its own', async () => {
    const file = join(await temporaryFolder(), 'disk.img');
    await writeFile(file, pattern(0, 2 ** 16));
    const { uri, path } = await nbdkit('info', 'mode=exportname');
    const words = [file, uri.replace('///', '//alice:secret@/vm1'), '[', 'nbdkit', 'pattern', '1M', ']', '--no-open', file];
    const program = await inspect(words);
    const address = await addressOf(program);
    expect(await disksOf(address)).toEqual([
      { name: 'disk.img', url: 'nbd/disk.img', source: file },
      { name: 'vm1', url: 'nbd/vm1', source: `nbd+unix://alice:…@/vm1?socket=${path}` },
      { name: 'nbdkit', url: 'nbd/nbdkit', source: '[ nbdkit pattern 1M ]' },
      { name: 'disk.img (2)', url: 'nbd/disk.img%20(2)', source: file },
    ]);
    expect(program.stdout).not.toContain('secret@');
    for (const name of ['disk.img', 'nbdkit', 'disk.img (2)']) {
      const nbd = await handleAt(address.webSocket(name));
      expect(await nbd.pread(512, 4096)).toEqual(pattern(4096, 512));
    }
    expect(Buffer.from(await (await handleAt(address.webSocket('vm1'))).pread(3, 0)).toString()).toBe('vm1');
  });

  test('are never written to, though their server would let it happen', async () => {
    const { webSocket } = await addressOf(await inspect(['[', 'nbdkit', 'memory', '1M', ']']));
    const error = await nbdError((await handleAt(webSocket('nbdkit'))).pwrite(new Uint8Array(512).fill(1), 0));
    expect(error).toMatchObject({ code: 'EROFS', message: expect.stringContaining('4405 read-only: WRITE is refused') });
    expect(await (await handleAt(webSocket('nbdkit'))).pread(512, 0)).toEqual(new Uint8Array(512));
  });

  test('over TLS', async () => {
    const server = await nbdkitOnTcp('--tls=require', `--tls-certificates=${keys.server}`, 'pattern', '1M');
    const { port } = server.address as { port: number };
    const program = await inspect(['--tls-ca', join(keys.anonymous, 'ca-cert.pem'), `nbds://localhost:${port}`]);
    const nbd = await handleAt((await addressOf(program)).webSocket(`localhost:${port}`));
    expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
  });

  test('behind another proxy, whose token nobody is told', async () => {
    const { uri } = await nbdkit('--filter=cow', 'pattern', '1M');
    const file = join(await temporaryFolder(), 'token');
    await writeFile(file, 'their secret');
    const { url } = await proxyProcess(uri, '--token-file', file);
    expect(url).toContain('their%20secret');
    const program = await inspect([url]);
    const address = await addressOf(program);
    expect(await disksOf(address)).toEqual([{ name: 'disk', url: 'nbd/disk', source: url.replace(/\?.*/, '?…') }]);
    const nbd = await handleAt(address.webSocket('disk'));
    expect(await nbd.pread(512, 4096)).toEqual(pattern(4096, 512));
    const error = await nbdError(nbd.pwrite(new Uint8Array(512), 0));
    expect(error.code).toBe('EROFS');
    expect(program.stdout + program.stderr).not.toContain('their');
  });

  test('behind another proxy that lets nobody in: the page hears of it, and not where it is', async () => {
    const { uri } = await nbdkit('pattern', '1M');
    const file = join(await temporaryFolder(), 'token');
    await writeFile(file, 'their secret');
    const { url } = await proxyProcess(uri, '--token-file', file);
    const address = await addressOf(await inspect([url.replace('secret', 'guess')]));
    const error = await nbdError(handleAt(address.webSocket('disk')));
    expect(error.message).toContain('the connection to the NBD server broke: EACCES');
    expect(error.message).not.toMatch(/guess|127\.0\.0\.1/);
  });

  test('none: the page is served, and opens what is typed in', async () => {
    const address = await addressOf(await inspect([]));
    expect(await disksOf(address)).toEqual([]);
    expect((await fetch(address.base)).status).toBe(200);
  });

  const mistakes: [string, string[], RegExp][] = [
    [
      'another URI',
      ['http://example.com/disk.img'],
      /of URIs, nbd:, nbds:, nbd\+unix:, nbds\+unix:, ws: and wss: can be inspected/,
    ],
    ['a URI that is none', ['nbd://'], /nbd:\/\/ is not a URI such as/],
    ['a command without an end', ['[', 'nbdkit', 'null'], /a command in square brackets ends with a word of its own: \]/],
    ['a command that is none', ['[', ']'], /no command between/],
    ['a command that is not there', ['[', 'no-such-server', ']'], /no-such-server cannot be started/],
    ['credentials that nobody wants', ['--tls-ca', '/dev/null', 'nbd://localhost'], /no target of nbds:/],
    ['two tokens', ['--token', 'a', '--token-file', 'b'], /two ways to say one thing/],
    ['an address that is none', ['--listen', 'localhost'], /--listen takes ADDRESS:PORT/],
  ];
  test.for(mistakes)('%s is refused', async ([, words, message]) => {
    const program = await inspect(words);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toMatch(message);
  });
});

describe('the page', () => {
  test('is the folder’s files, with their types and the strict headers, and nothing else', async () => {
    const { base } = await addressOf(await inspect([]));
    const types = {
      '/': 'text/html; charset=utf-8',
      '/index.html': 'text/html; charset=utf-8',
      '/page.js': 'text/javascript; charset=utf-8',
      '/parts/part.js?v=1': 'text/javascript; charset=utf-8',
      '/empty.wasm': 'application/wasm',
    };
    for (const [path, type] of Object.entries(types)) {
      const { status, headers } = await raw(base, path);
      expect({ path, status, type: headers['content-type'] }).toEqual({ path, status: 200, type });
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
          "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      const again = await raw(base, path, { headers: { 'if-none-match': String(headers.etag) } });
      expect([again.status, again.body]).toEqual([304, '']);
    }
    const elsewhere = [
      '/../package.json',
      '/parts/../page.js',
      '/parts',
      '/parts/',
      '/%2e%2e/x',
      '//page.js',
      '/page.js/',
      '/..%2f..',
      '*',
    ];
    for (const path of elsewhere) {
      const { status, headers } = await raw(base, path);
      expect({ path, status }).toEqual({ path, status: 404 });
      expect(headers['content-security-policy']).toContain("default-src 'none'");
    }
  });

  test('is read with GET and HEAD alone', async () => {
    const { base } = await addressOf(await inspect([]));
    const head = await raw(base, '/page.js', { method: 'HEAD' });
    expect([head.status, head.body, head.headers['content-length']]).toEqual([
      200,
      '',
      String((await raw(base, '/page.js')).body.length),
    ]);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      const { status, headers } = await raw(base, '/disks.json', { method });
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD']);
    }
  });
});

describe('who may look', () => {
  test('the list wants the token, on loopback as well', async () => {
    const { base, token } = await addressOf(await inspect(['[', 'nbdkit', 'memory', '1M', ']']));
    const authorizations = [
      undefined,
      'Bearer',
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      `Basic ${token}`,
      `Bearer ${token} ${token}`,
    ];
    for (const authorization of authorizations) {
      const { status, headers, body } = await raw(base, `/disks.json?token=${token}`, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect([authorization, status, headers['www-authenticate']]).toEqual([authorization, 401, 'Bearer']);
      expect(body).not.toContain('nbd');
    }
    const good = await raw(base, '/disks.json', { headers: { authorization: `bearer ${token}` } });
    expect(good.status).toBe(200);
    expect(good.headers['cache-control']).toBe('no-store');
    expect(good.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('the disks want the token, on loopback as well', async () => {
    const { webSocket } = await addressOf(await inspect(['[', 'nbdkit', 'memory', '1M', ']']));
    const url = new URL(webSocket('nbdkit'));
    url.search = '';
    expect(await endOf(client(url.href))).toMatch(/^4401 a token is needed/);
    url.search = '?token=guess';
    expect(await endOf(client(url.href))).toBe('4401 wrong token');
  });

  test('no page of another origin, nor one whose name was made to lead here, though it knew the token', async () => {
    const address = await addressOf(await inspect(['[', 'nbdkit', 'memory', '1M', ']']));
    const { base, token, webSocket } = address;
    const authorization = `Bearer ${token}`;
    const { port } = new URL(base);
    const hosts = ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', `localhost.evil.example:${port}`, 'a b'];
    for (const host of hosts) {
      for (const path of ['/', '/page.js', '/disks.json', '/open?key=x']) {
        expect([host, path, (await raw(base, path, { headers: { host, authorization } })).status]).toEqual([host, path, 403]);
      }
      expect(await endOf(client(webSocket('nbdkit'), { headers: { host } }))).toMatch(/^4403 host not allowed/);
    }
    for (const origin of [
      'http://evil.example',
      'null',
      'http://127.0.0.1:1',
      `http://localhost:${port}`,
      `https://127.0.0.1:1`,
    ]) {
      expect([origin, (await raw(base, '/disks.json', { headers: { origin, authorization } })).status]).toEqual([origin, 403]);
      expect(await endOf(client(webSocket('nbdkit'), { origin }))).toMatch(/^4403 origin not allowed/);
    }
    expect((await raw(base, '/disks.json', { headers: { origin: base, authorization } })).status).toBe(200);
    expect(await (await handleAt(webSocket('nbdkit'))).pread(1, 0)).toEqual(new Uint8Array(1));
  });

  test('a name that is allowed', async () => {
    const { base } = await addressOf(await inspect(['--allow-host', 'disks.example']));
    expect((await raw(base, '/', { headers: { host: 'disks.example' } })).status).toBe(200);
  });

  test('an upgrade elsewhere is answered, and cut off', async () => {
    const { base } = await addressOf(await inspect([]));
    const { hostname, port } = new URL(base);
    const socket = connect(Number(port), hostname);
    socket.write('GET /nbd/disk HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const answer = (await socket.setEncoding('utf8').toArray()).join('');
    expect(answer).toMatch(/^HTTP\/1.1 404 Not Found\r\n/);
  });

  test('the token can be given', async () => {
    const file = join(await temporaryFolder(), 'token');
    await writeFile(file, 'open sesame\n');
    for (const words of [
      ['--token-file', file],
      ['--token', 'open sesame'],
    ]) {
      const program = await inspect(words);
      expect(await program.firstLine).toMatch(/#token=open%20sesame$/);
    }
  });
});

describe('the browser', () => {
  /** A program in the place of xdg-open, and the file in which it writes what it was called with. */
  async function fakeOpener() {
    const folder = await temporaryFolder();
    const said = join(folder, 'said');
    await writeFile(join(folder, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$@" >"${said}.part"\nmv "${said}.part" "${said}"\n`);
    await chmod(join(folder, 'xdg-open'), 0o755);
    const calls = async () => {
      for (;;) {
        const text = await readFile(said, 'utf8').catch(() => undefined);
        if (text !== undefined) return text.trimEnd();
        await delay(2);
      }
    };
    return { environment: { PATH: `${folder}:${process.env.PATH}`, DISPLAY: ':1' }, calls, said };
  }

  test('is opened with a link that leads to the page once, and in which the token is not', async () => {
    const { environment, calls } = await fakeOpener();
    const program = await inspect([], environment);
    const { base, token } = await addressOf(program);
    const link = await calls();
    expect(link).toMatch(new RegExp(`^${base}/open\\?key=[\\w-]{32}$`));
    expect(link).not.toContain(token);
    const path = link.slice(base.length);
    expect((await raw(base, `${path}x`)).status).toBe(403);
    const first = await raw(base, path);
    expect([first.status, first.headers.location, first.headers['cache-control']]).toEqual([303, `/#token=${token}`, 'no-store']);
    const second = await raw(base, path);
    expect([second.status, second.headers.location]).toEqual([403, undefined]);
    await expect.poll(() => program.stderr, { timeout: 60_000 }).toContain('opened twice');
  });

  test('is not opened with --no-open, nor without a display', async () => {
    const { environment, said } = await fakeOpener();
    for (const [words, more] of [
      [['--no-open'], environment],
      [[], { PATH: environment.PATH }],
    ] as const) {
      const program = await inspect(words, more);
      const { base } = await addressOf(program);
      expect((await raw(base, '/open?key=')).status).toBe(403);
      program.signal('SIGTERM');
      expect(await program.exit).toBe(0);
      expect(await readFile(said).catch(() => 'nothing')).toBe('nothing');
    }
  });
});

describe('the end', () => {
  /** The processes below one. */
  async function childrenOf(pid: number): Promise<number[]> {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.trim().split(' ').filter(Boolean).map(Number);
  }
  const groupOf = async (pid: number) => Number((await readFile(`/proc/${pid}/stat`, 'utf8')).split(' ')[4]);
  const isThere = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends the servers that were started, and no others', async (signal) => {
    const file = join(await temporaryFolder(), 'disk.img');
    await writeFile(file, pattern(0, 4096));
    const other = await nbdkit('pattern', '1M');
    const program = await inspect([file, other.uri, '[', 'nbdkit', 'pattern', '1M', ']']);
    const { webSocket } = await addressOf(program);
    const open = await handleAt(webSocket('disk.img'));
    const servers = await childrenOf(program.pid);
    expect(servers).toHaveLength(2);
    // Ctrl-C reaches a whole group: the servers are not to end before the page knows why.
    expect(await Promise.all(servers.map(groupOf))).toEqual(servers);
    program.signal(signal);
    expect((await open.lost).message).toContain('1001 the proxy is shutting down');
    expect(await program.exit).toBe(0);
    expect(servers.filter(isThere)).toEqual([]);
    expect(program.stderr).toBe('');
    const nbd = await newHandle();
    await nbd.connectUri(other.uri);
  });

  test('a server that dies is told of, and the other disks go on', async () => {
    const program = await inspect(['[', 'nbdkit', 'pattern', '1M', ']', '[', 'nbdkit', 'memory', '1M', ']']);
    const { webSocket } = await addressOf(program);
    const nbd = await handleAt(webSocket('nbdkit'));
    const [first = 0] = await childrenOf(program.pid);
    process.kill(first, 'SIGKILL');
    await nbd.lost;
    while (!program.stderr.includes('\n')) await delay(2);
    expect(program.stderr).toBe(
      'libnbd-wasm: the server of nbdkit has ended (SIGKILL): the page cannot read this disk any more\n',
    );
    expect((await nbdError(handleAt(webSocket('nbdkit')))).message).toContain(
      '4502 the NBD server cannot be reached: ECONNREFUSED',
    );
    expect(await (await handleAt(webSocket('nbdkit (2)'))).pread(1, 0)).toEqual(new Uint8Array(1));
    program.signal('SIGTERM');
    expect(await program.exit).toBe(0);
  });
});
