// Targets over TLS: the proxy asks the server for it, and the page speaks plain NBD. Whoever cannot be trusted gets nothing of
// the page's, and the page learns why, and not where the server is.
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { connectWebSocket, type NBD } from 'libnbd-wasm';
import type { ProxyOptions } from 'libnbd-wasm/proxy';
import { describe, expect, test } from 'vitest';
import { concat, pattern, text, u32 } from '../support/bytes.js';
import { deferred } from '../support/deferred.js';
import { nbdError, newHandle } from '../support/handles.js';
import { type Pki, pki } from '../support/pki.js';
import { goReplies, greeting, NBD_OPT_GO, NBD_REP_ERR_UNSUP, optionReply } from '../support/protocol.js';
import { nbdkit, nbdkitOnTcp, nbdServer, qemuNbd, type Server } from '../support/servers.js';
import { NBD_OPT_STARTTLS, startTlsAck, tlsPeer, untrustedPeer } from '../support/tls_peer.js';
import { proxyProcess } from './cli.js';
import { flags, option } from './client_bytes.js';
import { client, endOf, proxyTo, received, type TestProxy } from './support.js';

const keys = pki();
const pem = (folder: keyof Pki, name: string) => readFileSync(join(keys[folder], name));
const trusted = () => ({ ca: pem('anonymous', 'ca-cert.pem') });
const known = () => ({ ...trusted(), cert: pem('client', 'client-cert.pem'), key: pem('client', 'client-key.pem') });

const nbdkitTls = (folder: keyof Pki = 'server', ...more: string[]) =>
  nbdkitOnTcp('--tls=require', `--tls-certificates=${keys[folder]}`, ...more, 'pattern', '1M');

/** qemu-nbd asks for the client's certificate. */
const qemuTls = (...more: string[]) =>
  qemuNbd({
    format: 'raw',
    size: 2 ** 20,
    content: pattern(0, 2 ** 16),
    options: [`--object=tls-creds-x509,id=tls0,dir=${keys.server},endpoint=server,verify-peer=yes`, '--tls-creds=tls0', ...more],
  });

/** The URI of a server over TLS, under the host name that its certificate has. */
const secure = (server: Server, exportName = '') =>
  'port' in server.address
    ? `nbds://localhost:${server.address.port}/${exportName}`
    : `nbds+unix:///${exportName}?socket=${server.path}`;

async function handleAt(proxy: TestProxy, prepare: (nbd: NBD) => void = () => {}): Promise<NBD> {
  const nbd = await newHandle();
  prepare(nbd);
  await nbd.connectSocket(connectWebSocket(proxy.url()));
  return nbd;
}

async function expectPattern(nbd: NBD): Promise<void> {
  expect(nbd.getTlsNegotiated()).toBe(false);
  expect(await nbd.pread(4096, 8192)).toEqual(pattern(8192, 4096));
  await nbd.shutdown();
}

describe('a server that can be trusted', () => {
  const ways: [string, ProxyOptions['readOnly']][] = [
    ['passed on as it is', false],
    ['followed, with --read-only', true],
  ];

  test.for(ways)('nbdkit, %s', async ([, readOnly]) => {
    const proxy = await proxyTo(secure(await nbdkitTls()), { tls: trusted(), readOnly });
    await expectPattern(await handleAt(proxy));
    const [entry] = await proxy.logOf(1);
    expect(entry).toMatchObject({ code: 1000, reason: 'the NBD server closed the connection' });
  });

  test.for(ways)('qemu-nbd, which asks for the client’s certificate, %s', async ([, readOnly]) => {
    const proxy = await proxyTo(secure(await qemuTls()), { tls: known(), readOnly });
    const nbd = await handleAt(proxy, (nbd) => nbd.addMetaContext('base:allocation'));
    expect(nbd.getExtendedHeadersNegotiated() || nbd.getStructuredRepliesNegotiated()).toBe(true);
    const kinds: [bigint, number][] = [];
    for await (const { length, flags } of nbd.extents()) kinds.push([length, Number(flags)]);
    expect(kinds.map(([length]) => length).reduce((sum, length) => sum + length)).toBe(2n ** 20n);
    expect(kinds[0]).toEqual([65536n, 0]);
    await expectPattern(nbd);
  });

  test('by a pre-shared key', async () => {
    const server = await nbdkitOnTcp('--tls=require', `--tls-psk=${keys.psk}`, 'pattern', '1M');
    const key = '0a'.repeat(32);
    const proxy = await proxyTo(secure(server), { tls: { psk: { identity: 'alice', key } } });
    await expectPattern(await handleAt(proxy));
    const { port } = server.address as { port: number };
    const byUri = await proxyTo(`nbds://bob@localhost:${port}?tls-psk-file=${keys.psk}`);
    await expectPattern(await handleAt(byUri));
  });

  test('by what the URI says: a folder of certificates, and the name to be verified', async () => {
    const uri = secure(await nbdkitTls('elsewhere', '--tls-verify-peer'));
    const proxy = await proxyTo(`${uri}?tls-certificates=${keys.client}&tls-hostname=elsewhere.example`);
    await expectPattern(await handleAt(proxy));
  });

  test('a client of the older newstyle, and one that asks by EXPORT_NAME, which zeroes follow', async () => {
    const proxy = await proxyTo(secure(await nbdkitTls()), { tls: trusted() });
    for (const chosen of [0, 1]) {
      const socket = client(proxy.url());
      const bytes = received(socket);
      expect(await bytes.atLeast(18)).toEqual(Buffer.from(greeting(1)));
      for (const byte of concat(u32(chosen), option(1))) socket.send(Uint8Array.of(byte)); // EXPORT_NAME
      const reply = await bytes.atLeast(18 + 8 + 2 + 124);
      expect(reply.readBigUInt64BE(18)).toBe(2n ** 20n);
      expect(reply.subarray(28)).toEqual(Buffer.alloc(124));
    }
  });

  test('carries many bytes in both directions', async () => {
    const server = await nbdkitOnTcp('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '16M');
    const proxy = await proxyTo(secure(server), { tls: trusted(), maxBuffered: 2 ** 16 });
    const nbd = await handleAt(proxy);
    const bytes = pattern(0, 3_000_008);
    await Promise.all([0, 1, 2, 3].map((i) => nbd.pwrite(bytes, i * 4_000_000)));
    const copies = await Promise.all([0, 1, 2, 3].map((i) => nbd.pread(bytes.length, i * 4_000_000)));
    for (const copy of copies) expect(Buffer.compare(copy, bytes)).toBe(0);
    await nbd.shutdown();
  });
});

describe('what is guaranteed without TLS holds with it', () => {
  test('--read-only', async () => {
    const server = await nbdkitOnTcp('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '1M');
    const proxy = await proxyTo(secure(server), { tls: trusted(), readOnly: true });
    const error = await nbdError((await handleAt(proxy)).pwrite(new Uint8Array(512).fill(9), 0));
    expect(error).toMatchObject({ code: 'EROFS', message: expect.stringContaining('4405 read-only: WRITE is refused') });
    const nbd = await handleAt(proxy);
    expect(await nbd.pread(512, 0)).toEqual(new Uint8Array(512));
  });

  test('a target with an export leads to it alone', async () => {
    const server = await nbdkitOnTcp('--tls=require', `--tls-certificates=${keys.server}`, 'info', 'mode=exportname');
    const proxy = await proxyTo(secure(server, 'mine'), { tls: trusted() });
    expect(await (await handleAt(proxy)).pread(4, 0)).toEqual(text('mine'));
    const other = handleAt(proxy, (nbd) => nbd.setExportName('other'));
    expect((await nbdError(other)).message).toContain('4404 unknown export other');
  });

  test('flags that were not offered end the connection', async () => {
    for (const readOnly of [false, true]) {
      const proxy = await proxyTo(secure(await nbdkitTls()), { tls: trusted(), readOnly });
      const socket = client(proxy.url());
      await received(socket).atLeast(18);
      socket.send(flags(3));
      expect(await endOf(socket)).toBe('4400 flags 0x3 of the client: the server offers 0x1');
    }
  });
});

describe('a server that cannot be trusted', () => {
  const refused: [string, () => Promise<string>, () => ProxyOptions['tls'], RegExp][] = [
    ['of an authority that nobody knows', async () => secure(await nbdkitTls('stranger')), trusted, /certificate/],
    [
      'when the proxy knows another authority',
      async () => secure(await nbdkitTls()),
      () => ({ ca: pem('misled', 'ca-cert.pem') }),
      /certificate/,
    ],
    ['of another name', async () => secure(await nbdkitTls('elsewhere')), trusted, /the certificate is for another name\)$/],
    ['out of date', async () => secure(await nbdkitTls('expired')), trusted, /expired/],
    [
      'whose certificate was revoked',
      async () => secure(await nbdkitTls('revoked')),
      () => ({ ...trusted(), crl: pem('careful', 'ca-crl.pem') }),
      /revoked/,
    ],
    [
      'that wants a certificate, and there is none',
      async () => secure(await nbdkitTls('server', '--tls-verify-peer')),
      trusted,
      /certificate required|the server closed the connection/,
    ],
    [
      'qemu-nbd, which wants a certificate, and there is none',
      async () => secure(await qemuTls()),
      trusted,
      /no TLS with the NBD server/,
    ],
    [
      'by a key that is not the server’s',
      async () => secure(await nbdkitOnTcp('--tls=require', `--tls-psk=${keys.otherPsk}`, 'memory', '1M')),
      () => ({ psk: { identity: 'alice', key: '0a'.repeat(32) } }),
      /no TLS with the NBD server/,
    ],
    ['nbdkit without TLS', async () => secure(await nbdkit('memory', '1M')), trusted, /the server refuses it\)$/],
    [
      'qemu-nbd without TLS',
      async () => secure(await qemuNbd({ format: 'raw', size: 4096 })),
      trusted,
      /the server refuses it\)$/,
    ],
    ['nbd-server without TLS', async () => secure(await nbdServer(pattern(0, 4096))), trusted, /the server refuses it\)$/],
    ['that speaks the oldstyle', async () => secure(await nbdkit('--oldstyle', 'memory', '1M')), trusted, /old protocol/],
    [
      'that speaks the first newstyle',
      async () => secure(await nbdkit('--mask-handshake=0', 'memory', '1M')),
      trusted,
      /does not speak fixed newstyle\)$/,
    ],
  ];

  test.for(refused)('%s', async ([, startServer, tls, why]) => {
    const proxy = await proxyTo(await startServer(), { tls: tls() });
    const error = await nbdError(handleAt(proxy));
    expect(error.message).toMatch(/the WebSocket was closed: (4525 no TLS with the NBD server: |4400 the server speaks an old)/);
    expect(error.message).toMatch(why);
    expect(error.message).not.toMatch(/localhost|127\.0\.0\.1|elsewhere|socket=|\/tmp/);
    expect(error.code).toBe('EPROTO');
    const [entry] = await proxy.logOf(1);
    expect(error.message).toContain(`${entry?.code} ${entry?.reason}`);
  });

  test('that is not there', async () => {
    const server = await nbdkitTls();
    await server.kill();
    const error = await nbdError(handleAt(await proxyTo(secure(server), { tls: trusted() })));
    expect(error.message).toContain('4502 the NBD server cannot be reached: ECONNREFUSED');
  });
});

describe('a server that cheats gets nothing of the client', () => {
  const secret = text('a-secret-name');
  /** What it gets after STARTTLS, from a client that says all at once. */
  async function overheard(answer: Uint8Array, then: (socket: Socket) => void = () => {}) {
    const later = deferred<Buffer>();
    const server = await tlsPeer(async (socket, plain) => {
      const before = plain.bytes.length;
      socket.write(answer);
      then(socket);
      await plain.end();
      later.resolve(plain.bytes.subarray(before));
    });
    const proxy = await proxyTo(`${secure(server)}&tls-hostname=localhost`, { tls: trusted() });
    const socket = client(proxy.url());
    socket.on('open', () => socket.send(concat(flags(1), option(NBD_OPT_GO, concat(u32(secret.length), secret, u32(0))))));
    const end = await endOf(socket);
    return { end, heard: await later.promise };
  }

  test('that refuses TLS and goes on in plain', async () => {
    const answer = concat(optionReply(NBD_OPT_STARTTLS, NBD_REP_ERR_UNSUP), goReplies(4096n));
    expect(await overheard(answer)).toEqual({
      end: '4525 no TLS with the NBD server: the server refuses it',
      heard: Buffer.alloc(0),
    });
  });

  test('that slips bytes in behind its agreement', async () => {
    expect(await overheard(concat(startTlsAck, goReplies(4096n)))).toEqual({
      end: '4525 no TLS with the NBD server: the server speaks before the handshake',
      heard: Buffer.alloc(0),
    });
  });

  test('that answers another option, or what is none', async () => {
    const { end, heard } = await overheard(optionReply(NBD_OPT_GO, 1));
    expect({ end, heard }).toEqual({
      end: '4400 the server replies to option 7, and was asked for option 5',
      heard: Buffer.alloc(0),
    });
    expect(await overheard(text('HTTP/1.1 400 Bad Request\r\n\r\n'))).toMatchObject({ heard: Buffer.alloc(0) });
  });

  test('that ends instead of a handshake', async () => {
    const { end, heard } = await overheard(startTlsAck, (socket) => socket.end());
    expect(end).toMatch(/^4525 no TLS with the NBD server: /);
    expect(heard.includes(Buffer.from(secret))).toBe(false);
  });

  test('that has a stranger’s certificate', async () => {
    const { server, told } = await untrustedPeer(keys.stranger);
    const proxy = await proxyTo(`${secure(server)}&tls-hostname=localhost`, { tls: trusted() });
    const socket = client(proxy.url());
    socket.on('open', () => socket.send(concat(flags(1), option(NBD_OPT_GO, concat(u32(secret.length), secret, u32(0))))));
    expect(await endOf(socket)).toMatch(/^4525 .*certificate/);
    expect(await told).toEqual(Buffer.alloc(0));
  });
});

describe('time', () => {
  test.for(['before', 'after'])('a server that is silent %s it has agreed is left', async (when) => {
    const closed = deferred<void>();
    const server = await tlsPeer(async (socket, plain) => {
      if (when === 'after') socket.write(startTlsAck);
      await plain.end();
      closed.resolve();
    });
    const proxy = await proxyTo(secure(server), { tls: trusted(), handshakeTimeout: 50 });
    expect(await endOf(client(proxy.url()))).toBe('4504 the NBD server did not do TLS in time');
    await closed.promise;
    expect(await proxy.logOf(1)).toMatchObject([{ code: 4504, bytesToServer: 0 }]);
  });

  test('a client that leaves meanwhile leaves no connection behind', async () => {
    const [asked, closed] = [deferred<void>(), deferred<void>()];
    const server = await tlsPeer(async (socket, plain) => {
      const before = plain.bytes.length;
      socket.write(startTlsAck);
      await plain.atLeast(before + 1);
      asked.resolve();
      await plain.end();
      closed.resolve();
    });
    const proxy = await proxyTo(secure(server), { tls: trusted() });
    const socket = client(proxy.url());
    await asked.promise;
    socket.terminate();
    await closed.promise;
    expect(await proxy.logOf(1)).toMatchObject([{ code: 1006 }]);
    expect(proxy.proxy.connections).toBe(0);
  });

  test('a server that is killed ends the connection', async () => {
    const server = await nbdkitTls();
    const proxy = await proxyTo(secure(server), { tls: trusted() });
    const nbd = await handleAt(proxy);
    await nbd.pread(512, 0);
    await server.kill();
    await nbd.lost;
    const [entry] = await proxy.logOf(1);
    expect([1000, 4503]).toContain(entry?.code);
  });
});

describe('libnbd-wasm proxy', () => {
  test('takes the credentials as options', async () => {
    const uri = secure(await nbdkitTls('server', '--tls-verify-peer'));
    const certificates = ['--tls-cert', join(keys.client, 'client-cert.pem'), '--tls-key', join(keys.client, 'client-key.pem')];
    const { url } = await proxyProcess(uri, '--tls-ca', join(keys.client, 'ca-cert.pem'), ...certificates, '--read-only');
    const nbd = await newHandle();
    await nbd.connectUri(url);
    await expectPattern(nbd);
  });

  test('takes a pre-shared key', async () => {
    const server = await nbdkitOnTcp('--tls=require', `--tls-psk=${keys.psk}`, 'pattern', '1M');
    const { url } = await proxyProcess(secure(server), '--tls-psk-file', keys.psk, '--tls-username', 'bob');
    const nbd = await newHandle();
    await nbd.connectUri(url);
    await expectPattern(nbd);
  });

  const mistakes: [string, string[], RegExp][] = [
    ['half a pair', ['--tls-cert', 'x'], /--tls-cert and --tls-key go together/],
    ['a name without a key', ['--tls-username', 'bob'], /--tls-username is for --tls-psk-file/],
    ['a file that is not there', ['--tls-ca', '/nowhere'], /cannot open \/nowhere: no such file/],
    ['a user who has no key', ['--tls-psk-file', 'KEYS', '--tls-username', 'carol'], /username carol was not found/],
  ];
  test.for(mistakes)('refuses %s', async ([, args, message]) => {
    const { program } = await proxyProcess('nbds://localhost', ...args.map((arg) => arg.replace('KEYS', keys.psk))).catch(
      (error: Error) => {
        expect(error.message).toMatch(message);
        return { program: undefined };
      },
    );
    expect(program).toBeUndefined();
  });
});
