// TLS over a transport that does all it may do: report from inside of a write, report nothing, hold bytes back.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import { Reopenable, Sink } from '../../dist/sockets/rerouting.js';
import { tlsByModule } from '../../dist/tls/later.js';
import type { Transport, TransportEvents } from '../../dist/transports/transport.js';
import { nbdError } from '../support/handles.js';
import { Authority, pki } from '../support/pki.js';
import { temporaryFolder } from '../support/processes.js';
import { Connection } from './in_memory.js';
import { trusting } from './support.js';

const keys = pki();
const chaCha = { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' };
const readServer = () => ({
  cert: readFileSync(join(keys.server, 'server-cert.pem')),
  key: readFileSync(join(keys.server, 'server-key.pem')),
});
const localhost = () => ({ name: 'localhost', credentials: trusting(keys), server: readServer() });
/** A server's certificate, and the authority that it is of. */
const certified = async (names: string, key?: readonly string[]) => {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, 'authority'));
  const authority = new Authority(join(folder, 'authority'));
  authority.issue(folder, 'server', names, key === undefined ? {} : { key });
  const read = (name: string) => readFileSync(join(folder, name));
  const credentials = { ca: readFileSync(authority.certificate) };
  return { credentials, server: { cert: read('server-cert.pem'), key: read('server-key.pem') } };
};
const bytes = (text: string) => new TextEncoder().encode(text);

it('a transport that reports from inside of write: one record layer, and no nonce twice', async () => {
  const encrypt = vi.spyOn(crypto.subtle, 'encrypt');
  const connection = await Connection.make({ ...localhost(), insideWrite: new Uint8Array() });
  await connection.until(() => connection.log.includes('connected') && connection.socket !== undefined);
  connection.socket?.on('data', (data) => connection.socket?.write(data)); // an echo
  for (const text of ['one', 'two', 'three']) connection.client.write([bytes(text)], () => {});
  await connection.until(() => connection.received.length > 0 && Buffer.concat(connection.received).length === 11);
  expect(String(Buffer.concat(connection.received))).toBe('onetwothree');
  expect(connection.log.filter((what) => what === 'connected').length).toBe(1);
  const nonces = encrypt.mock.calls.map(([algorithm]) =>
    Buffer.from((algorithm as AesGcmParams).iv as Uint8Array).toString('hex'),
  );
  encrypt.mockRestore();
  expect(nonces.length).toBeGreaterThanOrEqual(3);
  expect(new Set(nonces).size).toBe(nonces.length);
});

describe.each([
  ['WebCrypto', true, {}],
  ['the module', false, chaCha],
])('records by %s', (_name, hasWebCrypto, suites) => {
  it('a record that is not authentic: the alert goes out before the connection is closed, and nothing after it', async () => {
    let isForged = false;
    const change = (record: Buffer) => {
      const copy = Buffer.from(record);
      if (isForged) copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
      return [copy];
    };
    const connection = await Connection.make({ ...localhost(), server: { ...readServer(), ...suites }, hasWebCrypto, change });
    await connection.until(() => connection.log.includes('connected') && connection.socket !== undefined);
    isForged = true;
    connection.socket?.write('forged');
    await connection.until(() => connection.serverError !== undefined && connection.error !== undefined);
    expect(connection.error?.message).toMatch(/not authentic/);
    expect(connection.serverError).toMatch(/bad.record.mac/i);
    await connection.until(() => connection.log.includes('close'));
    expect(connection.log.slice(connection.log.indexOf('close'))).not.toContain('write');
  });

  it('a ChangeCipherSpec after the handshake: an error, and the server is told', async () => {
    let isAdded = false;
    const change = (record: Buffer) => (isAdded ? [Buffer.from('140303000101', 'hex'), record] : [record]);
    const connection = await Connection.make({ ...localhost(), server: { ...readServer(), ...suites }, hasWebCrypto, change });
    await connection.until(() => connection.log.includes('connected') && connection.socket !== undefined);
    isAdded = true;
    connection.socket?.write('behind it');
    await connection.until(() => connection.serverError !== undefined && connection.error !== undefined);
    expect(connection.error?.message).toMatch(/may not come after the handshake|a record of the type 20/);
    expect(connection.serverError).toMatch(/unexpected.message/i);
    expect(connection.received).toEqual([]);
  });

  it('empty chunks between the others change nothing', async () => {
    const change = (record: Buffer) => [record, new Uint8Array(), new Uint8Array()];
    const connection = await Connection.make({ ...localhost(), server: { ...readServer(), ...suites }, hasWebCrypto, change });
    await connection.until(() => connection.log.includes('connected') && connection.socket !== undefined);
    connection.client.pause();
    for (const text of ['one', 'two']) await new Promise((resolve) => connection.socket?.write(text, resolve));
    connection.client.resume();
    await connection.until(() => Buffer.concat(connection.received).length === 6);
    expect(String(Buffer.concat(connection.received))).toBe('onetwo');
  });
});

describe('an address, which the server is not told', () => {
  const versions: [string, TlsOptions][] = [
    ['TLS 1.3', { minVersion: 'TLSv1.3' }],
    ['TLS 1.3, where the server asks for a second first message', { minVersion: 'TLSv1.3', ecdhCurve: 'P-384' }],
    ['TLS 1.2', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }],
  ];
  it.each(versions)('%s: the right one is taken', async (_name, version) => {
    const { credentials, server } = await certified('IP:192.0.2.1');
    let sends = 0;
    const change = (record: Buffer) => {
      sends += record[0] === 22 && record[5] === 2 ? 1 : 0; // ServerHello, or HelloRetryRequest
      return [record];
    };
    const connection = await Connection.make({ name: '192.0.2.1', credentials, server: { ...server, ...version }, change });
    await connection.until(() => connection.error !== undefined || connection.socket !== undefined);
    expect(connection.error).toBe(undefined);
    expect((connection.socket as unknown as { servername: unknown }).servername).toBe(false);
    expect(sends).toBe(version.ecdhCurve === undefined ? 1 : 2);
  });

  it.each(versions)('%s: a certificate of another is refused', async (_name, version) => {
    const { credentials, server } = await certified('IP:192.0.2.1,DNS:elsewhere.example');
    const connection = await Connection.make({ name: '192.0.2.2', credentials, server: { ...server, ...version } });
    await connection.untilOver();
    expect(connection.error?.message).toMatch(/the certificate is for .*, not for 192\.0\.2\.2/);
    expect(connection.log).not.toContain('connected');
  });
});

describe('after a shutdown', () => {
  const shutDown = async (change: (record: Buffer) => Uint8Array[]) => {
    const connection = await Connection.make({ ...localhost(), server: readServer(), change });
    await connection.until(() => connection.log.includes('connected') && connection.socket !== undefined);
    connection.client.shutdown();
    return connection;
  };

  it('a forged record is an error all the same', async () => {
    let isForged = false;
    const connection = await shutDown((record) => {
      const copy = Buffer.from(record);
      if (isForged) copy.writeUInt8(copy.readUInt8(copy.length - 1) ^ 1, copy.length - 1);
      return [copy];
    });
    isForged = true;
    connection.socket?.write('forged');
    await connection.untilOver();
    expect(connection.error?.message).toMatch(/not authentic/);
  });

  it('a cut is a quiet end', async () => {
    const connection = await shutDown((record) => [record]);
    connection.cut();
    await connection.untilOver();
    expect([connection.error, connection.log.at(-1)]).toEqual([undefined, 'end']);
  });
});

describe('an error of the library’s, with what to do', () => {
  it('a name that is too long', async () => {
    const error = await nbdError(Connection.make({ ...localhost(), name: `${'a.'.repeat(150)}example`, server: {} }));
    expect([error.code, error.message]).toEqual(['EINVAL', expect.stringMatching(/up to 255 bytes.*setTlsHostname/)]);
  });

  it('no random numbers', async () => {
    const random = vi.spyOn(crypto, 'getRandomValues').mockImplementation(() => {
      throw new Error('none');
    });
    const error = await nbdError(Connection.make({ ...localhost(), server: readServer() })).finally(() => random.mockRestore());
    expect(error.message).toMatch(/no random numbers/);
  });

  it('the server’s goodbye in the place of a handshake', async () => {
    const change = () => [Buffer.from('15030300020100', 'hex')];
    const connection = await Connection.make({ ...localhost(), change });
    await connection.untilOver();
    expect(connection.error?.message).toBe('the TLS handshake failed: the server closed the connection');
  });

  it('a server of TLS 1.2 that signs by RSA-PSS', async () => {
    const { credentials, server } = await certified('DNS:localhost', ['rsa:2048']);
    const version: TlsOptions = { maxVersion: 'TLSv1.2', sigalgs: 'RSA-PSS+SHA256' };
    const connection = await Connection.make({ name: 'localhost', credentials, server: { ...server, ...version } });
    await connection.untilOver();
    expect(connection.error?.message).toMatch(/RSA-PSS.*have the server use TLS 1\.3, or a certificate of ECDSA/);
  });

  it.each([
    ['a server that closes the connection while tls.wasm is loaded', 'end', /the server closed the connection/],
    ['a server that speaks then', 'data', /spoke before the TLS handshake/],
  ] as const)('%s', async (_name, what, why) => {
    let events: TransportEvents | undefined;
    const below: Transport = {
      open: (given) => {
        events = given;
      },
      write: () => {},
      close: () => {},
    };
    const never = () => new Promise<never>(() => {});
    const { name, credentials } = localhost();
    const files = { certificates: undefined, pskFile: undefined, username: undefined };
    const sink = new Sink({ connected() {}, data() {}, end() {}, error() {} });
    below.open(sink);
    const settings = { hostname: name, verifyName: name, verifyPeer: true, credentials, ...files };
    const transport = tlsByModule(never, never)(new Reopenable(below, sink), settings);
    const error = await new Promise<unknown>((resolve) => {
      transport.open({ connected() {}, data() {}, end() {}, error: resolve });
      if (what === 'end') events?.end();
      else events?.data(new Uint8Array(1));
    });
    expect(String(error)).toMatch(why);
  });
});
