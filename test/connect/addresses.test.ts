// A host with addresses of both families, which the test's own resolver gives it: all are tried, in their order.
import type { LookupFunction } from 'node:net';
import { type Library, load, openConnection } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';
import { closedPort, hasIPv6, portTo } from '../support/tcp.js';

const both = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

function libraryWith(addresses: typeof both): Promise<Library> {
  const lookup: LookupFunction = (_hostname, _options, callback) => callback(null, addresses);
  return load({ connect: (target) => openConnection('path' in target ? target : { ...target, lookup, autoSelectFamily: true }) });
}

describe.runIf(hasIPv6)('a host with two addresses', () => {
  it.each(['::1', '127.0.0.1'])('is connected to at the one that answers: %s', async (host) => {
    const port = await portTo(await nbdkit('memory', '8M'), host);
    for (const addresses of [both, both.toReversed()]) {
      const nbd = await newHandle(await libraryWith(addresses));
      await nbd.connectTcp('host.example', String(port));
      const bytes = new Uint8Array(2_000_000).fill(7);
      await nbd.pwrite(bytes, 1000);
      expect(Buffer.compare(await nbd.pread(bytes.length, 1000), bytes)).toBe(0);
      await nbd.shutdown();
    }
  });

  it('that both refuse is told with both', async () => {
    const port = await closedPort();
    const nbd = await newHandle(await libraryWith(both));
    const error = await nbdError(nbd.connectTcp('host.example', String(port)));
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.message).toContain(`::1:${port}`);
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });
});
