// connectUri: upstream's table of URIs (tests/connect-uri.c), each connected to and compared with what getUri gives back.
import { describe, expect, it } from 'vitest';
import { newHandle } from '../support/handles.js';
import { pki } from '../support/pki.js';
import { nbdkit, nbdkitOnTcp, type Server } from '../support/servers.js';
import { hasIPv6, portTo } from '../support/tcp.js';

const { tcp, unix } = { tcp: nbdkitOnTcp, unix: nbdkit };
const keys = pki();

interface Row {
  readonly name: string;
  readonly serve: (...args: string[]) => Promise<Server>;
  readonly server: () => string[];
  readonly uri: (where: string) => string;
}

const plain = () => [];
const certificates = () => ['--tls=require', '--tls-verify-peer', `--tls-certificates=${keys.server}`];
const preshared = () => ['--tls=require', '--tls-verify-peer', `--tls-psk=${keys.psk}`];

const table: Row[] = [
  { name: 'nbd', serve: tcp, server: plain, uri: (port) => `nbd://localhost:${port}/` },
  { name: 'nbd, an IPv4 address', serve: tcp, server: plain, uri: (port) => `nbd://127.0.0.1:${port}/` },
  { name: 'nbd+unix', serve: unix, server: plain, uri: (path) => `nbd+unix:///?socket=${path}` },
  { name: 'nbd+unix in capitals', serve: unix, server: plain, uri: (path) => `NBD+UNIX:///?SOCKET=${path}` },
  {
    name: 'nbds, certificates',
    serve: tcp,
    server: certificates,
    uri: (port) => `nbds://localhost:${port}/?tls-certificates=${keys.client}`,
  },
  {
    name: 'nbds+unix, certificates',
    serve: unix,
    server: certificates,
    uri: (path) => `nbds+unix://alice@/?tls-certificates=${keys.client}&socket=${path}`,
  },
  {
    name: 'nbds+unix, tls-hostname',
    serve: unix,
    server: certificates,
    uri: (path) => `nbds+unix://alice@/?tls-certificates=${keys.client}&socket=${path}&tls-hostname=localhost`,
  },
  {
    name: 'nbds+unix, tls-verify-peer=false',
    serve: unix,
    server: certificates,
    uri: (path) => `nbds+unix://alice@/?tls-certificates=${keys.client}&socket=${path}&tls-verify-peer=false`,
  },
  {
    name: 'nbds, pre-shared keys',
    serve: tcp,
    server: preshared,
    uri: (port) => `nbds://alice@localhost:${port}/?tls-psk-file=${keys.psk}`,
  },
  {
    name: 'nbds+unix, pre-shared keys',
    serve: unix,
    server: preshared,
    uri: (path) => `nbds+unix://alice@/?tls-psk-file=${keys.psk}&socket=${path}`,
  },
];

describe("upstream's table", () => {
  it.each(table)('$name', async ({ serve, server, uri }) => {
    const started = await serve(...server(), 'null', '1M');
    const { address } = started;
    const text = uri('path' in address ? address.path : String(address.port));
    const nbd = await newHandle();
    nbd.setUriAllowLocalFile(true);
    expect(nbd.isUri(text)).toBe(true);
    await nbd.connectUri(text);
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getTlsNegotiated()).toBe(text.startsWith('nbds'));
    expectSameUri(nbd.getUri(), text);
    await nbd.shutdown();
  });
});

// The order of the queries is libnbd's, and so is the case of what is not a value.
function expectSameUri(actual: string, expected: string): void {
  const [actualStart, actualQueries = ''] = actual.split('?');
  const [expectedStart, expectedQueries = ''] = expected.split('?');
  expect(actualStart?.toLowerCase()).toBe(expectedStart?.toLowerCase());
  const sorted = (queries: string) => queries.toLowerCase().split('&').sort();
  expect(sorted(actualQueries)).toEqual(sorted(expectedQueries));
}

describe('what a URI can have', () => {
  it.runIf(hasIPv6)('an IPv6 address in brackets', async () => {
    const port = await portTo(await nbdkit('null', '1M'), '::1');
    const nbd = await newHandle();
    await nbd.connectUri(`nbd://[::1]:${port}/disk`);
    expect(nbd.getUri()).toBe(`nbd://[::1]:${port}/disk`);
  });

  it.each([
    ['/disk', 'disk'],
    ['/', ''],
    ['', ''],
    ['//slash', '/slash'],
    ['/with%20space%2Fand%3Fmore%23', 'with space/and?more#'],
    ['/B%C3%BCchse', 'Büchse'],
    ['/a/b/c', 'a/b/c'],
    ['/percent%25', 'percent%'],
  ])('an export name: "%s"', async (path, name) => {
    const server = await nbdkit('info', 'mode=exportname');
    const nbd = await newHandle();
    await nbd.connectUri(`nbd+unix://${path}?socket=${server.path}`);
    expect(nbd.getExportName()).toBe(name);
    const size = Number(nbd.getSize());
    expect(new TextDecoder().decode(size === 0 ? new Uint8Array() : await nbd.pread(size, 0))).toBe(name);
  });

  it('a socket whose path is percent-encoded', async () => {
    const server = await nbdkit('null', '1M');
    const nbd = await newHandle();
    await nbd.connectUri(`nbd+unix:///?socket=${encodeURIComponent(server.path)}`);
    expect(nbd.getSize()).toBe(1048576n);
  });

  it('queries that libnbd does not know, and empty ones', async () => {
    const server = await nbdkit('null', '1M');
    const nbd = await newHandle();
    await nbd.connectUri(`nbd+unix:///?&&unknown=1&empty=&=nothing&flag&socket=${server.path}`);
    expect(nbd.getSize()).toBe(1048576n);
  });

  it.each(['1', 'true', 'T', 'yes', 'Y', 'on'])('tls-verify-peer=%s', async (value) => {
    const server = await nbdkit('null', '1M');
    const nbd = await newHandle();
    nbd.setTlsVerifyPeer(false);
    await nbd.connectUri(`nbd+unix:///?socket=${server.path}&tls-verify-peer=${value}`);
    expect(nbd.getTlsVerifyPeer()).toBe(true);
  });

  it.each(['0', 'false', 'F', 'no', 'N', 'off'])('tls-verify-peer=%s', async (value) => {
    const server = await nbdkit('null', '1M');
    const nbd = await newHandle();
    await nbd.connectUri(`nbd+unix:///?socket=${server.path}&tls-verify-peer=${value}`);
    expect(nbd.getTlsVerifyPeer()).toBe(false);
  });

  it('a user and a host name for TLS', async () => {
    const server = await nbdkit('null', '1M');
    const nbd = await newHandle();
    await nbd.connectUri(`nbd+unix://alice@/?socket=${server.path}&tls-hostname=disks.example`);
    expect(nbd.getTlsUsername()).toBe('alice');
    expect(nbd.getTlsHostname()).toBe('disks.example');
  });

  it('what getUri gave back for another handle', async () => {
    const server = await nbdkitOnTcp(...certificates(), 'memory', '1M');
    const first = await newHandle();
    first.setTls(2);
    first.setTlsCertificates(keys.client);
    first.setExportName('a disk');
    const { host, port } = server.address as { host: string; port: number };
    await first.connectTcp(host, String(port));
    const second = await newHandle();
    second.setUriAllowLocalFile(true);
    await second.connectUri(first.getUri());
    expect(second.getTlsNegotiated()).toBe(true);
    expect(second.getExportName()).toBe('a disk');
    expect(second.getUri()).toBe(first.getUri());
  });
});
