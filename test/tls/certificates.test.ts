// Certificates of all kinds, as tls.wasm judges them: what is taken, and what is refused in words that say what is wrong.
import { mkdirSync, readFileSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NBD, TlsCredentials } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { Authority, pki } from '../support/pki.js';
import { temporaryFolder } from '../support/processes.js';
import {
  byModule,
  careful,
  expectPattern,
  known,
  noTls13,
  overridePriorities,
  secureHandle,
  secureNbdkit,
  trusting,
} from './support.js';

const keys = pki();
const read = (folder: string, name: string) => readFileSync(join(folder, name));

async function expectRefusal(nbd: NBD, folder: string, why: RegExp, code = 'EPROTO'): Promise<void> {
  const error = await nbdError(nbd.connectUnix((await secureNbdkit(folder)).path));
  expect(error.message).toMatch(why);
  expect(error.code).toBe(code);
  expect(nbd.aioIsDead()).toBe(true);
  nbd.close();
  expect(holdings(nbd.lib)).toEqual(nothing);
}

/** A server's folder, with a certificate of an authority made for it. */
async function made(
  alternatives: string,
  unusual: Parameters<Authority['issue']>[3] = {},
  key?: readonly string[],
): Promise<{ folder: string; ca: Buffer }> {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, 'authority'));
  const authority = new Authority(join(folder, 'authority'), undefined, key);
  await copyFile(authority.certificate, join(folder, 'ca-cert.pem'));
  authority.issue(folder, 'server', alternatives, unusual);
  return { folder, ca: read(folder, 'ca-cert.pem') };
}

describe('a certificate that is not good is refused', () => {
  it.each([
    ['of an authority that nobody knows', 'stranger', /the certificate is not of an authority that is trusted \(ca\)/],
    ['that has expired', 'expired', /the certificate has expired/],
    ['of another name', 'elsewhere', /the certificate is for elsewhere\.example, not for localhost/],
  ] as const)('%s', async (_name, folder, why) => {
    await expectRefusal(await secureHandle(trusting(keys)), keys[folder], why);
  });

  it.each(['expired', 'elsewhere', 'stranger'] as const)('%s, by the older version', async (folder) => {
    await overridePriorities(noTls13);
    await expectRefusal(await secureHandle(trusting(keys)), keys[folder], /TLS handshake failed: the certificate/);
  });

  it('that was revoked; another of the same authority is taken', async () => {
    await expectRefusal(await secureHandle(careful(keys)), keys.revoked, /the certificate was revoked/);
    const nbd = await secureHandle(careful(keys));
    await nbd.connectUnix((await secureNbdkit(keys.server)).path);
    await expectPattern(nbd);
  });

  it('that is not valid yet', async () => {
    const { folder, ca } = await made('DNS:localhost', { start: '20480101000000Z' });
    await expectRefusal(await secureHandle({ ca }), folder, /the certificate is not valid yet/);
  });

  it('whose names are shown as text, whatever is in them', async () => {
    const { folder, ca } = await made('DNS:a\u001b[31m.example');
    await expectRefusal(await secureHandle({ ca }), folder, /for a\\u001b\[31m\.example, not for localhost/);
  });

  it('that has an address, and not this one', async () => {
    const { folder, ca } = await made('IP:192.0.2.1,IP:2001:db8::1');
    const nbd = await secureHandle({ ca });
    nbd.setTlsHostname('192.0.2.2');
    await expectRefusal(nbd, folder, /for 192\.0\.2\.1, 2001:db8:0:0:0:0:0:1, not for 192\.0\.2\.2/);
  });

  it('of Ed25519, which TLS here does not have', async () => {
    const { folder, ca } = await made('DNS:localhost', { key: ['ed25519'] });
    await expectRefusal(await secureHandle({ ca }), folder, /not of Ed25519 or Ed448|server closed the connection/);
  });

  it('unless verification is off', async () => {
    for (const folder of ['stranger', 'expired', 'elsewhere'] as const) {
      const nbd = await newHandle(await byModule());
      nbd.setTls(2);
      nbd.setTlsCredentials({});
      nbd.setTlsVerifyPeer(false);
      await nbd.connectUnix((await secureNbdkit(keys[folder])).path);
      await expectPattern(nbd);
    }
  });
});

describe('a certificate that is good is taken', () => {
  const expectTaken = async (folder: string, ca: Buffer, name: string) => {
    const nbd = await secureHandle({ ca });
    nbd.setTlsHostname(name);
    await nbd.connectUnix((await secureNbdkit(folder)).path);
    await expectPattern(nbd);
  };

  it.each(['192.0.2.1', '2001:db8::1'])('for the address %s', async (name) => {
    const { folder, ca } = await made('IP:192.0.2.1,IP:2001:db8::1');
    await expectTaken(folder, ca, name);
  });

  it('for a name that its wildcard has, and no deeper one', async () => {
    const { folder, ca } = await made('DNS:*.disks.example');
    await expectTaken(folder, ca, 'one.disks.example');
    const nbd = await secureHandle({ ca });
    nbd.setTlsHostname('a.b.disks.example');
    await expectRefusal(nbd, folder, /for \*\.disks\.example, not for a\.b\.disks\.example/);
  });

  it('of RSA', async () => {
    const { folder, ca } = await made('DNS:localhost', { key: ['rsa:2048'] }, ['rsa:3072']);
    await expectTaken(folder, ca, 'localhost');
    await overridePriorities(noTls13);
    await expectTaken(folder, ca, 'localhost');
  });

  it('of the larger curves', async () => {
    const curve = (name: string) => ['ec', '-pkeyopt', `ec_paramgen_curve:${name}`];
    const { folder, ca } = await made('DNS:localhost', { key: curve('P-384') }, curve('P-521'));
    await expectTaken(folder, ca, 'localhost');
  });

  it('at the end of a chain of three', async () => {
    const folder = await temporaryFolder();
    for (const name of ['root', 'middle', 'lower']) mkdirSync(join(folder, name));
    const root = new Authority(join(folder, 'root'));
    const middle = new Authority(join(folder, 'middle'), root);
    const lower = new Authority(join(folder, 'lower'), middle);
    lower.issue(folder, 'server', 'DNS:localhost');
    const chain = [join(folder, 'server-cert.pem'), lower.certificate, middle.certificate].map((path) =>
      readFileSync(path, 'utf8'),
    );
    await writeFile(join(folder, 'server-cert.pem'), chain.join(''));
    await copyFile(root.certificate, join(folder, 'ca-cert.pem'));
    await expectTaken(folder, read(folder, 'ca-cert.pem'), 'localhost');
    await expectRefusal(await secureHandle(trusting(keys)), folder, /not of an authority that is trusted/);
  });
});

describe('a client that the server does not trust is told', () => {
  it.each([
    ['without a certificate', () => trusting(keys)],
    ['with one of another authority', () => known(keys, 'unknown')],
  ])('%s', async (_name, credentials) => {
    const { path } = await secureNbdkit(keys.server, '--tls-verify-peer');
    const error = await nbdError((await secureHandle(credentials())).connectUnix(path));
    expect(error.message).toMatch(/the TLS handshake failed: (the server closed the connection|alert )/);
    expect(error.code).toBe('EPROTO');
  });
});

describe('what a user has to give', () => {
  const wrong: [string, () => TlsCredentials, RegExp][] = [
    ['an authority', () => ({}), /no authority to trust.*setTlsCredentials\(\{ ca \}\)/],
    [
      'an authority that is PEM',
      () => ({ ca: 'nonsense' }),
      /the certificate of the authority \(ca\) (is not PEM|cannot be read)/,
    ],
    ['a key with the certificate', () => ({ ...trusting(keys), cert: known(keys).cert }), /go together: cert and key/],
    [
      'the key of the certificate',
      () => ({ ...known(keys), key: known(keys, 'unknown').key }),
      /is not the one of the certificate/,
    ],
    [
      'a list that is PEM',
      () => ({ ...trusting(keys), crl: 'nonsense' }),
      /revoked certificates \(crl\) (is not PEM|cannot be read)/,
    ],
  ];
  it.each(wrong)('%s', async (_name, credentials, why) => {
    await expectRefusal(await secureHandle(credentials()), keys.server, why, 'EINVAL');
  });

  it('a name, where it is not known who is at the other end; over a Unix socket it may be left out', async () => {
    const server = await secureNbdkit(keys.server);
    const nameless = async () => {
      const nbd = await newHandle(await byModule());
      nbd.setTls(2);
      nbd.setTlsCredentials(trusting(keys));
      return nbd;
    };
    const error = await nbdError((await nameless()).connectSocket(server.socket()));
    expect(error.message).toContain('with setTlsHostname(name)');
    expect(error.code).toBe('EINVAL');
    const nbd = await nameless();
    await nbd.connectUnix(server.path);
    await expectPattern(nbd);
    const empty = await nameless();
    empty.setTlsHostname('');
    expect((await nbdError(empty.connectUnix(server.path))).message).toContain('with setTlsHostname(name)');
  });
});
