// TLS inside every kind of connection that the library takes: the handshake starts in the middle of its stream.
import { TLS_REQUIRE } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { firstDifference, noise } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { pki } from '../support/pki.js';
import { nbdkit } from '../support/servers.js';
import { socketKinds } from '../support/socket_kinds.js';

const keys = pki();

describe.each(Object.entries(socketKinds))('%s', (_kind, open) => {
  it('reads and writes', async () => {
    const server = await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'memory', '8M');
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCertificates(keys.anonymous);
    nbd.setTlsHostname('localhost');
    await nbd.connectSocket(await open(server));
    expect(nbd.getTlsNegotiated()).toBe(true);
    const bytes = noise(3_000_000);
    await nbd.pwrite(bytes, 4_000_001);
    expect(firstDifference(await nbd.pread(bytes.length, 4_000_001), bytes)).toBe(-1);
    await nbd.shutdown();
  });

  it('refuses a server that it cannot verify, and says why', async () => {
    const server = await nbdkit('--tls=require', `--tls-certificates=${keys.elsewhere}`, 'memory', '8M');
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCertificates(keys.anonymous);
    nbd.setTlsHostname('localhost');
    const error = await nbdError(nbd.connectSocket(await open(server)));
    expect(error.message).toMatch(/^nbd_connect_socket: .*elsewhere\.example/);
    expect(error.code).toBe('EPROTO');
    nbd.close();
    expect(holdings(nbd.lib)).toEqual(nothing);
  });
});
