// A server's name has several addresses, which are tried in turn, as libnbd does: one that is slow is waited for.
import { getDefaultAutoSelectFamily, setDefaultAutoSelectFamily } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { NBD } from 'libnbd-wasm';
import { openConnection } from 'libnbd-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { lateAddress, name, resolveTo } from '../support/addresses.js';
import { pattern } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';
import { closedPort, portTo } from '../support/tcp.js';

const ways: [string, (nbd: NBD, port: number) => Promise<void>][] = [
  ['connectTcp', (nbd, port) => nbd.connectTcp(name, String(port))],
  ['connectUri', (nbd, port) => nbd.connectUri(`nbd://${name}:${port}`)],
  ['openConnection', (nbd, port) => nbd.connectSocket(openConnection({ host: name, port }))],
];

test.for(ways)('%s: the first address answers late, and is the one that is taken', async ([, connect]) => {
  const { path } = await nbdkit('pattern', 'size=1M');
  const { port, listen } = await lateAddress(path);
  resolveTo('127.0.0.2', '127.0.0.1'); // where nobody listens on this port
  const nbd = await newHandle();
  const connecting = connect(nbd, port);
  await delay(600); // Node by itself waits 250 ms for each address
  listen();
  await connecting;
  expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
});

test.for(ways)('%s: an address where nobody listens is followed by the next', async ([, connect]) => {
  const port = await portTo(await nbdkit('pattern', 'size=1M'));
  resolveTo('127.0.0.2', '127.0.0.1');
  const nbd = await newHandle();
  await connect(nbd, port);
  expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
});

test('in a process that has told Node to try one address alone, each is tried all the same', async () => {
  const before = getDefaultAutoSelectFamily();
  onTestFinished(() => setDefaultAutoSelectFamily(before));
  setDefaultAutoSelectFamily(false);
  const port = await portTo(await nbdkit('pattern', 'size=1M'));
  resolveTo('127.0.0.2', '127.0.0.1');
  const nbd = await newHandle();
  await nbd.connectTcp(name, String(port));
  expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
});

test('when nobody listens at any address, the error names each', async () => {
  const port = await closedPort();
  resolveTo('127.0.0.2', '127.0.0.3');
  const error = await nbdError((await newHandle()).connectTcp(name, String(port)));
  expect(error.code).toBe('ECONNREFUSED');
  for (const address of ['127.0.0.2', '127.0.0.3']) expect(error.message).toContain(`${address}:${port}`);
});
