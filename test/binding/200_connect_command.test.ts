// A server that is a child process: started by libnbd, and one whose standard streams were joined by hand.
import { expect, test } from 'vitest';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { nbdkitOnStdio } from '../support/stdio_server.js';

test('connectCommand', async () => {
  const nbd = await newHandle();
  await nbd.connectCommand(['nbdkit', '--single', '--exit-with-parent', 'null']);
  expect(nbd.aioIsReady()).toBe(true);
  expect(nbd.getSize()).toBe(0n);
  await nbd.shutdown();
  expect(nbd.aioIsClosed()).toBe(true);
});

test('aioConnectCommand', async () => {
  const nbd = await newHandle();
  nbd.aioConnectCommand(['nbdkit', '--single', '--exit-with-parent', 'pattern', '1M']);
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  expect(await nbd.pread(8, 4096)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 16, 0));
});

test('the streams of a child process, joined to one', async () => {
  const server = nbdkitOnStdio('null');
  const nbd = await connected(server);
  expect(nbd.getSize()).toBe(0n);
  await nbd.shutdown();
  expect(nbd.aioIsClosed()).toBe(true);
  expect(await server.exited()).toBe(0);
});

test('closing the handle without a word ends that child too', async () => {
  const server = nbdkitOnStdio('pattern', '1M');
  const nbd = await connected(server);
  expect(await nbd.pread(8, 4096)).toEqual(Uint8Array.of(0, 0, 0, 0, 0, 0, 16, 0));
  nbd.close();
  expect(await server.exited()).toBe(0);
});

test('a handle that started no subprocess has none to ask after or to kill', async () => {
  const nbd = await connected(nbdkitOnStdio('null'));
  const none = { message: expect.stringMatching(/: no subprocess exists: No such process$/), code: 'ESRCH' };
  expect(await nbdError(() => nbd.getSubprocessPid())).toMatchObject(none);
  expect(await nbdError(() => nbd.killSubprocess(0))).toMatchObject(none);
});
