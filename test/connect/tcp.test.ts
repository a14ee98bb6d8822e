// connectTcp: upstream's tests/connect-tcp.c and connect-tcp6.c, and what its getaddrinfo answers for.
import { describe, expect, it } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';
import { hasIPv6, portTo } from '../support/tcp.js';

describe('connectTcp', () => {
  it('connects to an IPv4 address', async () => {
    const port = await portTo(await nbdkit('null', '1M'));
    const nbd = await newHandle();
    await nbd.connectTcp('127.0.0.1', String(port));
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getUri()).toBe(`nbd://127.0.0.1:${port}/`);
    await nbd.shutdown();
  });

  it.runIf(hasIPv6)('connects to an IPv6 address', async () => {
    const port = await portTo(await nbdkit('null', '1M'), '::1');
    const nbd = await newHandle();
    await nbd.connectTcp('::1', String(port));
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getUri()).toBe(`nbd://[::1]:${port}/`);
    await nbd.shutdown();
  });

  it('connects to a host name', async () => {
    const port = await portTo(await nbdkit('null', '1M'));
    const nbd = await newHandle();
    await nbd.connectTcp('localhost', String(port));
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getUri()).toBe(`nbd://localhost:${port}/`);
  });

  it('reads and writes through it, at any size', async () => {
    const port = await portTo(await nbdkit('memory', '8M'));
    const nbd = await newHandle();
    await nbd.connectTcp('localhost', String(port));
    const bytes = new Uint8Array(4 * 2 ** 20).map((_, i) => i * 7);
    await nbd.pwrite(bytes, 2 ** 20);
    expect(Buffer.compare(await nbd.pread(bytes.length, 2 ** 20), bytes)).toBe(0);
  });

  it.each(['no-such-service', '65536', '-1', '10809 ', ''])('refuses the port "%s", as getaddrinfo does', async (port) => {
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectTcp('localhost', port));
    expect(error.message).toBe(`nbd_connect_tcp: getaddrinfo: hostname "localhost" port "${port}": Unrecognized service`);
    expect(error.code).toBeNull();
  });

  it('leaves a handle that could not resolve its port as it was: it can connect elsewhere', async () => {
    const port = await portTo(await nbdkit('null', '1M'));
    const nbd = await newHandle();
    await nbdError(nbd.connectTcp('localhost', 'no-such-service'));
    expect(nbd.aioIsCreated()).toBe(true);
    await nbd.connectTcp('localhost', String(port));
    expect(nbd.getSize()).toBe(1048576n);
  });
});
