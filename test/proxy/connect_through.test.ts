// load({ connect: connectThrough(…) }): libnbd's own connecting calls reach the proxy's targets.
import { connectThrough, load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, pattern } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';
import { proxyTo } from './support.js';

test('a URI names a target of the proxy', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', '1M'));
  const lib = await load({ connect: connectThrough(`ws://127.0.0.1:${proxy.port}`) });
  const nbd = await newHandle(lib);
  await nbd.connectUri('nbd://disk/an%20export');
  expect(nbd.getExportName()).toBe('an export');
  expect(firstDifference(await nbd.pread(65536, 4096), pattern(4096, 65536))).toBe(-1);
  await nbd.shutdown();
});

test('a target that the proxy does not have', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', '1M'));
  const lib = await load({ connect: connectThrough(`ws://127.0.0.1:${proxy.port}/`) });
  const error = await nbdError((await newHandle(lib)).connectTcp('nosuch', '10809'));
  expect(error.message).toMatch(/^nbd_connect_tcp: .*4404 unknown target nosuch/);
});

test('a Unix socket is nothing that a proxy reaches', async () => {
  const lib = await load({ connect: connectThrough('ws://127.0.0.1:1') });
  const error = await nbdError((await newHandle(lib)).connectUnix('/tmp/socket'));
  expect(error.code).toBe('ENOTSUP');
  expect(error.message).toContain('nbd://TARGET');
});
