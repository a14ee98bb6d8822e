// A server's name has several addresses, which are tried in turn, as libnbd does: one that is slow is waited for.
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { lateAddress, name, resolveTo } from '../support/addresses.js';
import { pattern } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';
import { closedPort, portTo } from '../support/tcp.js';
import { proxyTo } from './support.js';

test('the first address answers late, and is the one that is taken', async () => {
  const { path } = await nbdkit('pattern', 'size=1M');
  const { port, listen } = await lateAddress(path);
  resolveTo('127.0.0.2', '127.0.0.1'); // where nobody listens on this port
  const proxy = await proxyTo(`nbd://${name}:${port}`);
  const connecting = connected(proxy);
  await delay(600); // Node by itself waits 250 ms for each address
  listen();
  expect(await (await connecting).pread(8, 8)).toEqual(pattern(8, 8));
});

test('an address where nobody listens is followed by the next', async () => {
  const port = await portTo(await nbdkit('pattern', 'size=1M'));
  resolveTo('127.0.0.2', '127.0.0.1');
  expect(await (await connected(await proxyTo(`nbd://${name}:${port}`))).pread(8, 8)).toEqual(pattern(8, 8));
});

test('when nobody listens at any address, the client is told', async () => {
  const port = await closedPort();
  resolveTo('127.0.0.2', '127.0.0.1');
  await expect(connected(await proxyTo(`nbd://${name}:${port}`))).rejects.toThrow(
    '4502 the NBD server cannot be reached: ECONNREFUSED',
  );
});
