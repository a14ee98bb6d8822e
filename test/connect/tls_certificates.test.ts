// TLS with certificates: upstream's tests/connect-tls.c, and everything that a server's certificate can have wrong, each an
// error that says which. Nothing is left open by one: the server sees the connection closed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NBD, TLS_ALLOW, TLS_DISABLE, TLS_REQUIRE } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { type Pki, pki } from '../support/pki.js';
import { nbdkit, nbdkitOnTcp, type Server } from '../support/servers.js';
import { tlsClient } from '../support/tls_client.js';

const keys = pki();

const secured = (folder: keyof Pki = 'server', ...more: string[]): Promise<Server> =>
  nbdkitOnTcp('--tls=require', `--tls-certificates=${keys[folder]}`, ...more, 'memory', '1M');

const client = tlsClient(keys);

function connect(nbd: NBD, server: Server, host = 'localhost'): Promise<void> {
  if ('path' in server.address) return nbd.connectUnix(server.address.path);
  return nbd.connectTcp(host, String(server.address.port));
}

async function expectWorks(nbd: NBD): Promise<void> {
  expect(nbd.getTlsNegotiated()).toBe(true);
  await nbd.pwrite(new Uint8Array([1, 2, 3]), 1000);
  expect(await nbd.pread(3, 1000)).toEqual(new Uint8Array([1, 2, 3]));
  await nbd.shutdown();
}

async function expectRefusal(nbd: NBD, server: Server, why: RegExp, host?: string): Promise<void> {
  const error = await nbdError(connect(nbd, server, host));
  expect(error.message).toMatch(/^nbd_connect_(tcp|unix): /);
  expect(error.message).toMatch(why);
  expect(error.code).toBe('EPROTO');
  expect(nbd.aioIsDead()).toBe(true);
  nbd.close();
  expect(holdings(nbd.lib)).toEqual(nothing);
}

describe('a server that can be trusted', () => {
  it.each(['localhost', '127.0.0.1'])('is connected to as %s', async (host) => {
    const nbd = await client('anonymous');
    await connect(nbd, await secured(), host);
    await expectWorks(nbd);
  });

  it('is connected to over a Unix socket, where there is no name to be verified', async () => {
    const nbd = await client('anonymous');
    await connect(nbd, await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '1M'));
    await expectWorks(nbd);
  });

  it("gets the client's certificate where it asks for one", async () => {
    const nbd = await client('client');
    await connect(nbd, await secured('server', '--tls-verify-peer'));
    await expectWorks(nbd);
  });

  it('is connected to where the list of revoked certificates has another', async () => {
    const nbd = await client('careful');
    await connect(nbd, await secured());
    await expectWorks(nbd);
  });

  it('carries any number of bytes', async () => {
    const server = await nbdkitOnTcp('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '16M');
    const nbd = await client('anonymous');
    await connect(nbd, server);
    const bytes = new Uint8Array(3_000_001).map((_, i) => i * 13 + (i >> 8));
    await Promise.all([0, 1, 2, 3].map((i) => nbd.pwrite(bytes, i * 4_000_000)));
    const copies = await Promise.all([0, 1, 2, 3].map((i) => nbd.pread(bytes.length, i * 4_000_000)));
    for (const copy of copies) expect(Buffer.compare(copy, bytes)).toBe(0);
  });
});

describe('the name that is verified', () => {
  it('is the host that was connected to', async () => {
    const nbd = await client('anonymous');
    await expectRefusal(nbd, await secured('elsewhere'), /elsewhere\.example/);
  });

  it('is the one that was set, whatever was connected to', async () => {
    const nbd = await client('anonymous', (nbd) => nbd.setTlsHostname('elsewhere.example'));
    await connect(nbd, await secured('elsewhere'));
    await expectWorks(nbd);
  });

  it('is the one that was set, though the host would have been right', async () => {
    const nbd = await client('anonymous', (nbd) => nbd.setTlsHostname('elsewhere.example'));
    await expectRefusal(nbd, await secured(), /elsewhere\.example/);
  });

  it.each([
    ['right', 'server'],
    ['wrong', 'elsewhere'],
  ] as const)('is verified over a Unix socket where one was set: %s', async (which, folder) => {
    const server = await nbdkit('--tls=require', `--tls-certificates=${keys[folder]}`, 'memory', '1M');
    const nbd = await client('anonymous', (nbd) => nbd.setTlsHostname('localhost'));
    if (which === 'wrong') await expectRefusal(nbd, server, /localhost/);
    else {
      await connect(nbd, server);
      await expectWorks(nbd);
    }
  });
});

it('an empty name is the name of no server', async () => {
  const server = await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '1M');
  await expectRefusal(await client('anonymous', (nbd) => nbd.setTlsHostname('')), server, /TLS handshake failed/);
});

describe('a server that cannot be trusted is refused', () => {
  it('of an authority that is not known', async () => {
    await expectRefusal(await client('anonymous'), await secured('stranger'), /certificate/);
  });

  it('where the client trusts another authority', async () => {
    await expectRefusal(await client('misled'), await secured(), /certificate/);
  });

  it('where the client has no authority of its own, and the system does not know it', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    await expectRefusal(nbd, await secured(), /certificate/);
  });

  it('whose certificate has expired', async () => {
    await expectRefusal(await client('anonymous'), await secured('expired'), /expired/);
  });

  it('whose certificate was revoked', async () => {
    await expectRefusal(await client('careful'), await secured('revoked'), /revoked/);
  });

  it('unless verification is off', async () => {
    for (const folder of ['stranger', 'expired', 'elsewhere'] as const) {
      const nbd = await client('anonymous', (nbd) => nbd.setTlsVerifyPeer(false));
      await connect(nbd, await secured(folder));
      await expectWorks(nbd);
    }
  });
});

describe('a client that the server does not trust is told', () => {
  // In TLS 1.3 the client's half of the handshake is over before the server has seen its certificate.
  it.each([
    ['without a certificate', 'anonymous'],
    ['with a certificate of an authority that the server does not know', 'unknown'],
  ] as const)('%s', async (_name, folder) => {
    const nbd = await client(folder);
    const error = await nbdError(connect(nbd, await secured('server', '--tls-verify-peer')));
    expect(error.message).toMatch(/^nbd_connect_tcp: /);
    expect(error.message).toMatch(/TLS|SSL|certificate|disconnected|reset/i);
    expect(nbd.aioIsDead() || nbd.aioIsClosed()).toBe(true);
  });
});

describe('who wants TLS', () => {
  const modes = { disable: TLS_DISABLE, allow: TLS_ALLOW, require: TLS_REQUIRE };
  it.each([
    ['disable', 'off', 'plain'],
    ['disable', 'on', 'plain'],
    ['disable', 'require', 'refused'],
    ['allow', 'off', 'plain'],
    ['allow', 'on', 'secure'],
    ['allow', 'require', 'secure'],
    ['require', 'off', 'refused'],
    ['require', 'on', 'secure'],
    ['require', 'require', 'secure'],
  ] as const)('client %s, server %s: %s', async (mode, tls, outcome) => {
    const server = await nbdkitOnTcp(`--tls=${tls}`, `--tls-certificates=${keys.server}`, 'memory', '1M');
    const nbd = await client('anonymous', (nbd) => nbd.setTls(modes[mode]));
    if (outcome === 'refused') {
      const error = await nbdError(connect(nbd, server));
      expect(error.message).toMatch(/^nbd_connect_tcp: .*TLS/);
      expect(nbd.aioIsDead()).toBe(true);
    } else {
      await connect(nbd, server);
      expect(nbd.getTlsNegotiated()).toBe(outcome === 'secure');
      expect(nbd.getUri()).toMatch(outcome === 'secure' ? /^nbds:/ : /^nbd:/);
      expect(await nbd.pread(1, 0)).toEqual(new Uint8Array(1));
    }
  });

  it('require: a plain server is refused in words that say so', async () => {
    const nbd = await client('anonymous');
    const error = await nbdError(connect(nbd, await nbdkitOnTcp('--tls=off', 'null', '1M')));
    expect(error.message).toBe(
      "nbd_connect_tcp: handshake: server refused TLS, but handle TLS setting is 'require' (2): Not supported",
    );
    expect(error.code).toBe('ENOTSUP');
  });

  it('allow: a handshake that fails does not fall back to plain bytes', async () => {
    const server = await nbdkitOnTcp('--tls=on', `--tls-certificates=${keys.stranger}`, 'memory', '1M');
    const nbd = await client('anonymous', (nbd) => nbd.setTls(TLS_ALLOW));
    await expectRefusal(nbd, server, /certificate/);
  });
});

describe('credentials in memory', () => {
  const pem = (name: string) => readFile(join(keys.client, name), 'utf8');

  it('as strings', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    const [ca, cert, key] = await Promise.all(['ca-cert.pem', 'client-cert.pem', 'client-key.pem'].map(pem));
    nbd.setTlsCredentials({ ca: ca ?? '', cert: cert ?? '', key: key ?? '' });
    await connect(nbd, await secured('server', '--tls-verify-peer'));
    await expectWorks(nbd);
  });

  it('as bytes', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCredentials({ ca: new TextEncoder().encode(await pem('ca-cert.pem')) });
    await connect(nbd, await secured());
    await expectWorks(nbd);
  });

  it('are verified with as strictly', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCredentials({ ca: await pem('ca-cert.pem') });
    await expectRefusal(nbd, await secured('stranger'), /certificate/);
  });

  it('with a list of revoked certificates', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    const crl = await readFile(join(keys.careful, 'ca-crl.pem'));
    nbd.setTlsCredentials({ ca: await pem('ca-cert.pem'), crl });
    await expectRefusal(nbd, await secured('revoked'), /revoked/);
  });

  it('take the place of files', async () => {
    const nbd = await client('misled');
    nbd.setTlsCredentials({ ca: await pem('ca-cert.pem') });
    await connect(nbd, await secured());
    await expectWorks(nbd);
  });

  it('are those of one handle alone', async () => {
    const first = await newHandle();
    first.setTlsCredentials({ ca: await pem('ca-cert.pem') });
    const second = await newHandle();
    second.setTls(TLS_REQUIRE);
    await expectSecondRefused(second);
  });

  async function expectSecondRefused(nbd: NBD): Promise<void> {
    expect((await nbdError(connect(nbd, await secured()))).message).toMatch(/certificate/);
  }

  it('that are no certificates are refused, and say so', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCredentials({ cert: 'not a certificate', key: 'nor a key' });
    const error = await nbdError(connect(nbd, await secured()));
    expect(error.message).toMatch(/^nbd_connect_tcp: .*TLS/);
    expect(error.cause).toBeInstanceOf(Error);
  });
});

describe('a folder of certificates', () => {
  it('that is not there is refused before the server is told anything', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    const error = await nbdError(async () => {
      nbd.setTlsCertificates('/nonexistent/pki');
      await connect(nbd, await secured());
    });
    expect(error.message).toMatch(/TLS|certificate/i);
    expect(nbd.aioIsReady()).toBe(false);
  });
});
