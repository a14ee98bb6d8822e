// aioConnect with a sockaddr: upstream's tests/aio-connect.c and aio-connect-port.c, and what getUri makes of the address.
import { load, type NBD } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { concat } from '../support/bytes.js';
import { failure, nbdError, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';
import { loopback6, sockaddrInet, sockaddrInet6, sockaddrUnix, sockaddrVsock } from '../support/sockaddr.js';
import { closedPort, hasIPv6, portTo } from '../support/tcp.js';

async function connectTo(address: Uint8Array): Promise<NBD> {
  const nbd = await newHandle();
  nbd.aioConnect(address);
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  return nbd;
}

describe('aioConnect', () => {
  it('connects to a Unix socket', async () => {
    const { path } = await nbdkit('null', '1M');
    const nbd = await connectTo(sockaddrUnix(path));
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getUri()).toBe(`nbd+unix:///?socket=${path}`);
  });

  it('connects to an IPv4 address', async () => {
    const port = await portTo(await nbdkit('null', '1M'));
    const nbd = await connectTo(sockaddrInet('127.0.0.1', port));
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getUri()).toBe(`nbd://127.0.0.1:${port}/`);
  });

  it.runIf(hasIPv6)('connects to an IPv6 address', async () => {
    const port = await portTo(await nbdkit('null', '1M'), '::1');
    const nbd = await connectTo(sockaddrInet6(loopback6, port));
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getUri()).toBe(`nbd://[::1]:${port}/`);
  });

  it('has the export name in its URI', async () => {
    const port = await portTo(await nbdkit('null', '1M'));
    const nbd = await newHandle();
    nbd.setExportName('a disk');
    nbd.aioConnect(sockaddrInet('127.0.0.1', port));
    while (nbd.aioIsConnecting()) await nbd.poll(-1);
    expect(nbd.getUri()).toBe(`nbd://127.0.0.1:${port}/a%20disk`);
  });

  it('dies of a connection that is refused', async () => {
    const nbd = await newHandle();
    nbd.aioConnect(sockaddrInet('127.0.0.1', await closedPort()));
    const error = await nbdError(async () => {
      while (nbd.aioIsConnecting()) await nbd.poll(-1);
    });
    expect(error.code).toBe('ECONNREFUSED');
    expect(nbd.aioIsDead()).toBe(true);
  });

  it('refuses a family that it does not know', async () => {
    const nbd = await newHandle();
    const error = await nbdError(() => nbd.aioConnect(sockaddrVsock()));
    expect(error.code).toBe('EAFNOSUPPORT');
    expect(error.message).toMatch(/^nbd_aio_connect: /);
  });

  it.each([0, 1, 2, 3])('refuses an address of %i bytes, as the kernel does', async (length) => {
    const nbd = await newHandle();
    const address = sockaddrInet('127.0.0.1', 1).subarray(0, length);
    expect((await nbdError(() => nbd.aioConnect(address))).code).toBe('EINVAL');
  });

  // libnbd copies as many bytes as it is told to into a structure of 128.
  it('refuses an address that is larger than any, and nothing is overwritten', async () => {
    const lib = await load();
    const nbd = await newHandle(lib);
    nbd.setExportName('disk');
    const path = `/nonexistent/${'x'.repeat(90)}`;
    const address = concat(sockaddrUnix(path), new Uint8Array(100_000).fill(0xff));
    expect(await failure(() => nbd.aioConnect(address))).toBeInstanceOf(RangeError);
    expect(nbd.getExportName()).toBe('disk');
    const other = await newHandle(lib);
    await other.connectUnix((await nbdkit('null', '1M')).path);
    expect(other.getSize()).toBe(1048576n);
  });
});
