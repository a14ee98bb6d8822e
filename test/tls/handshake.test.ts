// TLS by tls.wasm and WebCrypto with the servers that there are: what each of them agrees on, and what it may not.
import { TLS_ALLOW, TLS_REQUIRE } from 'libnbd-wasm';
import { describe, expect, it, vi } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { pki } from '../support/pki.js';
import { nbdkit, nbdkitOnTcp, qemuNbd } from '../support/servers.js';
import {
  alice,
  byModule,
  expectPattern,
  known,
  noAes,
  noTls13,
  overridePriorities,
  secureHandle,
  secureNbdkit,
  trusting,
} from './support.js';

const keys = pki();
const qemu = (object: string) =>
  qemuNbd({ format: 'raw', size: 2 ** 20, options: [`--object=${object},id=tls,endpoint=server`, '--tls-creds=tls'] });

describe('nbdkit, with a certificate', () => {
  it.each([
    ['TLS 1.3, AES-128-GCM', 'WebCrypto', []],
    ['TLS 1.3, ChaCha20-Poly1305', 'the module', noAes],
    ['TLS 1.2, ChaCha20-Poly1305', 'the module', [noTls13]],
    ['TLS 1.3, AES-256-GCM', 'WebCrypto', ['tls-disabled-cipher = AES-128-GCM', 'tls-disabled-cipher = CHACHA20-POLY1305']],
  ])('%s, whose records are done by %s', async (_name, who, lines) => {
    if (lines.length > 0) await overridePriorities(...lines);
    const decrypt = vi.spyOn(crypto.subtle, 'decrypt');
    const { path } = await secureNbdkit(keys.server);
    const nbd = await secureHandle(trusting(keys));
    await nbd.connectUnix(path);
    await expectPattern(nbd);
    expect(decrypt.mock.calls.length > 100).toBe(who === 'WebCrypto');
    decrypt.mockRestore();
    nbd.close();
    expect(holdings(nbd.lib)).toEqual(nothing);
  });

  it('that writes come to', async () => {
    const server = await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '16M');
    const nbd = await secureHandle(trusting(keys));
    await nbd.connectUnix(server.path);
    const bytes = new Uint8Array(3_000_001).map((_, i) => i * 13 + (i >> 8));
    await Promise.all([0, 1, 2, 3].map((i) => nbd.pwrite(bytes, i * 4_000_000)));
    const copies = await Promise.all([0, 1, 2, 3].map((i) => nbd.pread(bytes.length, i * 4_000_000)));
    for (const copy of copies) expect(Buffer.compare(copy, bytes)).toBe(0);
    await nbd.shutdown();
  });

  it('that asks for the client’s', async () => {
    const { path } = await secureNbdkit(keys.server, '--tls-verify-peer');
    const nbd = await secureHandle(known(keys));
    await nbd.connectUnix(path);
    await expectPattern(nbd);
  });

  it('of the older version, that asks for the client’s', async () => {
    await overridePriorities(noTls13);
    const { path } = await secureNbdkit(keys.server, '--tls-verify-peer');
    const nbd = await secureHandle(known(keys));
    await nbd.connectUnix(path);
    await expectPattern(nbd);
  });

  it('when the client chooses the time', async () => {
    const { path } = await secureNbdkit(keys.server);
    const nbd = await secureHandle(trusting(keys));
    nbd.setTls(TLS_ALLOW);
    nbd.setOptMode(true);
    await nbd.connectUnix(path);
    expect(await nbd.optStarttls()).toBe(false); // it has been already
    await nbd.optGo();
    await expectPattern(nbd);
  });
});

describe('qemu-nbd', () => {
  it('with certificates on both sides', async () => {
    const { path } = await qemu(`tls-creds-x509,dir=${keys.server},verify-peer=on`);
    const nbd = await secureHandle(known(keys));
    await nbd.connectUnix(path);
    expect(nbd.getSize()).toBe(2n ** 20n);
    expect(await nbd.pread(512, 0)).toEqual(new Uint8Array(512));
    await nbd.shutdown();
  });

  it('with a pre-shared key', async () => {
    const { path } = await qemu(`tls-creds-psk,dir=${keys.psk.replace(/\/keys\.psk$/, '')}`);
    const nbd = await secureHandle(alice);
    await nbd.connectUnix(path);
    expect(await nbd.pread(512, 0)).toEqual(new Uint8Array(512));
    await nbd.shutdown();
  });
});

describe('a pre-shared key, which needs no name', () => {
  const server = () => nbdkit('--threads=1', '--tls=require', `--tls-psk=${keys.psk}`, 'pattern', '8M');

  it.each([
    ['TLS 1.3', []],
    ['TLS 1.3, ChaCha20-Poly1305', noAes],
    ['TLS 1.2', [noTls13]],
  ])('%s', async (_name, lines) => {
    if (lines.length > 0) await overridePriorities(...lines);
    const { path } = await server();
    const nbd = await newHandle(await byModule());
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCredentials(alice);
    await nbd.connectUnix(path);
    await expectPattern(nbd);
  });

  it.each([
    ['of another', { identity: 'bob', key: '0a'.repeat(32) }],
    ['that the server does not know', { identity: 'carol', key: '0a'.repeat(32) }],
  ])('%s is refused, and the error says where to look', async (_name, psk) => {
    const nbd = await secureHandle({ psk });
    const error = await nbdError(nbd.connectUnix((await server()).path));
    expect(error.message).toMatch(/TLS handshake failed: .*: see whether the server knows this identity and this key/);
    expect(error.code).toBe('EPROTO');
  });

  it('that is not hexadecimal is refused before anything is sent', async () => {
    const nbd = await secureHandle({ psk: { identity: 'alice', key: '0a0' } });
    const error = await nbdError(nbd.connectUnix((await server()).path));
    expect(error.message).toContain('the key of alice is not hexadecimal');
    expect(error.code).toBe('EINVAL');
  });

  it('of a file, in Node', async () => {
    const nbd = await newHandle(await byModule());
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsPskFile(keys.psk);
    nbd.setTlsUsername('bob');
    await nbd.connectUnix((await server()).path);
    await expectPattern(nbd);
  });
});

describe('TLS that cannot be', () => {
  it('a server without it is refused', async () => {
    const nbd = await secureHandle(trusting(keys));
    const error = await nbdError(nbd.connectUnix((await nbdkit('--tls=off', 'null', '1M')).path));
    expect(error.message).toContain("server refused TLS, but handle TLS setting is 'require'");
  });

  it('a server that has AES of TLS 1.2 alone is refused, unless the user allows AES by tables', async () => {
    await overridePriorities(noTls13, 'tls-disabled-cipher = CHACHA20-POLY1305');
    const { path } = await secureNbdkit(keys.server);
    const error = await nbdError((await secureHandle(trusting(keys))).connectUnix(path));
    expect(error.message).toMatch(/alert handshake failure: there may be no cipher that both have|server closed the connection/);
    const { load } = await import('libnbd-wasm');
    const nbd = await secureHandle(trusting(keys), await load({ tls: { tableAes: true } }));
    await nbd.connectUnix(path);
    await expectPattern(nbd);
  });
});

describe('over TCP', () => {
  it.each(['localhost', '127.0.0.1'])('%s is the name that is expected', async (host) => {
    const { address } = await nbdkitOnTcp('--threads=1', '--tls=require', `--tls-certificates=${keys.server}`, 'pattern', '8M');
    const nbd = await newHandle(await byModule());
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCredentials(trusting(keys));
    await nbd.connectTcp(host, 'port' in address ? String(address.port) : '');
    await expectPattern(nbd);
  });
});
