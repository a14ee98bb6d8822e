// Polling: what a main loop over the aio calls waits with. Progress is made without it as well.
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit, peer } from '../support/platform.js';
import { handshake, request } from '../support/protocol.js';

test('0 when the time is over and nothing has happened', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  expect(await nbd.poll(0)).toBe(0);
  expect(await nbd.poll(10)).toBe(0);
  expect(await nbd.poll2(-1, 0)).toBe(0);
});

test('1 when something has happened, to everyone who waits', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const cookie = nbd.aioPread(new Uint8Array(512), 0);
  expect(await Promise.all([nbd.poll(-1), nbd.poll(60_000), nbd.poll2(-1, -1)])).toEqual([1, 1, 1]);
  while (!nbd.aioCommandCompleted(cookie)) await nbd.poll(-1);
});

test('1 when the other end closes the connection in good order', async () => {
  const nbd = await connected(await peer([...handshake('simple', 512n), { receive: request }, { close: 'end' }]));
  nbd.aioPread(new Uint8Array(512), 0);
  while (!nbd.aioIsClosed()) expect(await nbd.poll(-1)).toBe(1);
  expect((await nbdError(nbd.poll(-1))).message).toBe('nbd_poll: nothing to poll for in state CLOSED: Invalid argument');
});

test('the error that the connection died of', async () => {
  const garbage = new Uint8Array(16).fill(0x55);
  const nbd = await connected(await peer([...handshake('simple', 512n), { receive: request }, { send: garbage }]));
  nbd.aioPread(new Uint8Array(512), 0);
  const error = await nbdError(nbd.poll(-1));
  expect(error.message).toBe('nbd_poll: invalid or unexpected reply magic 0x55555555');
  expect([error.code, error.errno]).toEqual([null, 0]);
  expect(nbd.aioIsDead()).toBe(true);
  expect((await nbdError(nbd.poll(-1))).message).toBe('nbd_poll: nothing to poll for in state DEAD: Invalid argument');
});

test('an error when the handle is closed meanwhile', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const polling = nbdError(nbd.poll(-1));
  nbd.close();
  expect((await polling).message).toMatch(/^nbd_poll: the handle was closed/);
});

test('poll2: 1 as well when another descriptor can be read, which it may be later', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const fd = nbd.lib.openSocket((await nbdkit('memory', '1M')).socket()); // an NBD server speaks first
  expect(await nbd.poll2(fd, 5000)).toBe(1);
  expect(await nbd.poll2(fd, 5000)).toBe(1); // it still can
  nbd.lib.closeSocket(fd);
});
