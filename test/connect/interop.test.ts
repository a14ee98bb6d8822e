// TLS and socket activation with the servers that people run: qemu-nbd, qemu-storage-daemon, nbd-server and nbdkit, as upstream's
// interop/ has them.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { NBD } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { noise } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { type Pki, pki } from '../support/pki.js';
import { OwnedProcess, run, temporaryFolder } from '../support/processes.js';
import { nbdServer, qemuNbd, type Server } from '../support/servers.js';
import { tlsClient } from '../support/tls_client.js';

const keys = pki();
const content = noise(65536);

const client = tlsClient(keys);

async function expectContent(nbd: NBD): Promise<void> {
  expect(nbd.getTlsNegotiated()).toBe(true);
  expect(Buffer.compare(await nbd.pread(content.length, 0), content)).toBe(0);
}

describe('qemu-nbd', () => {
  const secured = (object: string) =>
    qemuNbd({ format: 'raw', size: 65536, content, options: [`--object=${object}`, '--tls-creds=tls0'] });
  const x509 = (verify: 'yes' | 'no', folder: keyof Pki = 'server') =>
    secured(`tls-creds-x509,id=tls0,endpoint=server,dir=${keys[folder]},verify-peer=${verify}`);

  it('with certificates', async () => {
    const nbd = await client('anonymous');
    await nbd.connectUnix((await x509('no')).path);
    await expectContent(nbd);
  });

  it('that asks for a certificate of the client', async () => {
    const nbd = await client('client');
    await nbd.connectUnix((await x509('yes')).path);
    await expectContent(nbd);
  });

  it('that asks for a certificate of the client, which it has not', async () => {
    const nbd = await client('anonymous');
    const error = await nbdError(nbd.connectUnix((await x509('yes')).path));
    expect(error.message).toMatch(/^nbd_connect_unix: /);
    expect(nbd.aioIsReady()).toBe(false);
  });

  it('with the certificate of another host', async () => {
    const nbd = await client('anonymous', (nbd) => nbd.setTlsHostname('localhost'));
    const error = await nbdError(nbd.connectUnix((await x509('no', 'elsewhere')).path));
    expect(error.message).toContain('elsewhere.example');
  });

  it('with pre-shared keys', async () => {
    const { path } = await secured(`tls-creds-psk,id=tls0,endpoint=server,dir=${dirname(keys.psk)}`);
    const nbd = await newHandle();
    nbd.setUriAllowLocalFile(true);
    await nbd.connectUri(`nbds+unix://alice@/?socket=${path}&tls-psk-file=${keys.psk}`);
    await expectContent(nbd);
  });

  it('with pre-shared keys, and another one', async () => {
    const { path } = await secured(`tls-creds-psk,id=tls0,endpoint=server,dir=${dirname(keys.psk)}`);
    const nbd = await newHandle();
    nbd.setUriAllowLocalFile(true);
    const error = await nbdError(nbd.connectUri(`nbds+unix://alice@/?socket=${path}&tls-psk-file=${keys.otherPsk}`));
    expect(error.message).toMatch(/^nbd_connect_uri: .*the TLS handshake failed/);
  });

  // Over a Unix socket its end is a reset where the client's goodbye of TLS was not read; upstream takes it for the end.
  it('is left in good order, each time, though it ends TLS without a word', async () => {
    const { path } = await x509('no');
    for (let i = 0; i < 20; i++) {
      const nbd = await client('anonymous');
      await nbd.connectUnix(path);
      await nbd.shutdown();
      expect(nbd.aioIsClosed()).toBe(true);
    }
  });
});

describe('nbd-server', () => {
  const settings = () => [
    `cacertfile = ${keys.server}/ca-cert.pem`,
    `certfile = ${keys.server}/server-cert.pem`,
    `keyfile = ${keys.server}/server-key.pem`,
    'force_tls = true',
  ];
  const secured = (...exportSettings: string[]) => nbdServerWithTls(settings(), exportSettings);

  it('with TLS, which it requires', async () => {
    const nbd = await client('client', (nbd) => {
      nbd.setExportName('disk');
      nbd.setTlsHostname('localhost');
    });
    await nbd.connectUnix((await secured()).path);
    await expectContent(nbd);
  });

  it('without TLS where the client requires it', async () => {
    const nbd = await client('client', (nbd) => nbd.setExportName('disk'));
    const error = await nbdError(nbd.connectUnix((await nbdServer(content)).path));
    expect(error.message).toMatch(/TLS/);
    expect(nbd.aioIsReady()).toBe(false);
  });
});

// nbdServer takes settings of the export; TLS belongs to [generic], which may be written in parts.
const nbdServerWithTls = (generic: string[], exportSettings: string[]): Promise<Server> =>
  nbdServer(content, [...exportSettings, '[generic]', ...generic]);

const hasStorageDaemon = (() => {
  try {
    execFileSync('qemu-storage-daemon', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.runIf(hasStorageDaemon)('qemu-storage-daemon', () => {
  async function storageDaemon(...options: string[]): Promise<{ path: string }> {
    const folder = await temporaryFolder();
    const [path, pidfile, image] = ['socket', 'pid', 'image'].map((name) => join(folder, name)) as [string, string, string];
    const source = join(folder, 'source');
    await writeFile(source, content);
    await run('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', source, image);
    const server = [
      '--nbd-server',
      ['addr.type=unix', `addr.path=${path}`, ...(options.length > 0 ? ['tls-creds=tls0'] : [])].join(),
    ];
    const process = new OwnedProcess([
      'qemu-storage-daemon',
      '--blockdev',
      `qcow2,node-name=disk0,file.driver=file,file.filename=${image}`,
      ...options,
      ...server,
      '--export',
      'nbd,id=nbd0,node-name=disk0,name=,writable=on',
      '--pidfile',
      pidfile,
    ]);
    await process.untilFileExists(pidfile);
    return { path };
  }

  it('reads and writes', async () => {
    const { path } = await storageDaemon();
    const nbd = await newHandle();
    await nbd.connectUnix(path);
    await nbd.pwrite(content.subarray(0, 512), 1024);
    expect(await nbd.pread(512, 1024)).toEqual(content.slice(0, 512));
    await nbd.shutdown();
  });

  it('with certificates', async () => {
    const { path } = await storageDaemon('--object', `tls-creds-x509,id=tls0,endpoint=server,dir=${keys.server},verify-peer=yes`);
    const nbd = await client('client', (nbd) => nbd.setTlsHostname('localhost'));
    await nbd.connectUnix(path);
    await expectContent(nbd);
  });
});
