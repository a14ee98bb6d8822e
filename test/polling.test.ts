// poll and poll2: they wait for the handle, and poll2 for one more descriptor.
import type { TransportEvents } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { pattern } from './support/bytes.js';
import { connected, nbdError, newHandle } from './support/handles.js';
import { nbdkit, peer } from './support/platform.js';
import { handshake, request, simpleReply } from './support/protocol.js';

test('poll resolves with 1 when something happened, and with 0 when its time is up', async () => {
  const server = await peer([...handshake('simple', 512n), { receive: request }, { send: simpleReply(1, 0, pattern(0, 8)) }]);
  const nbd = await connected(server);
  expect(await nbd.poll(0)).toBe(0);
  expect(await nbd.poll(20)).toBe(0);
  const buffer = new Uint8Array(8);
  const cookie = nbd.aioPread(buffer, 0);
  while (!nbd.aioCommandCompleted(cookie)) expect(await nbd.poll(60_000)).toBe(1);
  expect(buffer).toEqual(pattern(0, 8));
});

test('several polls at a time are all told', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const polls = [nbd.poll(-1), nbd.poll(-1), nbd.poll(60_000)];
  nbd.aioFlush();
  expect(await Promise.all(polls)).toEqual([1, 1, 1]);
});

test('poll rejects when the connection dies, and while there is none', async () => {
  const server = await nbdkit('memory', '1M');
  const nbd = await connected(await peer([...handshake('simple', 512n), { receive: request }, { send: new Uint8Array(64) }]));
  nbd.aioPread(new Uint8Array(8), 0);
  const error = await nbdError(async () => {
    for (;;) await nbd.poll(-1);
  });
  expect(error.message).toMatch(/^nbd_poll: .*magic/);
  expect((await nbdError((await newHandle()).poll(0))).message).toContain('nbd_poll: nothing to poll for in state START');
  await server.kill();
});

/** A descriptor on which bytes arrive when the test says so. */
function descriptor() {
  let events: TransportEvents | undefined;
  const transport = {
    open: (given: TransportEvents) => {
      events = given;
    },
    write: () => {},
    close: () => {},
  };
  return { transport, arrive: () => events?.data(Uint8Array.of(1)), end: () => events?.end() };
}

test('poll2 resolves at once when the other descriptor is readable', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const { transport, arrive } = descriptor();
  const fd = nbd.lib.openSocket(transport);
  expect(await nbd.poll2(fd, 0)).toBe(0);
  arrive();
  expect(await nbd.poll2(fd, 60_000)).toBe(1);
  nbd.lib.closeSocket(fd);
});

test.for(['arrive', 'end'] as const)('poll2 resolves when the other descriptor becomes readable: %s', async (how) => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const other = descriptor();
  const fd = nbd.lib.openSocket(other.transport);
  const polling = nbd.poll2(fd, -1);
  other[how]();
  expect(await polling).toBe(1);
  nbd.lib.closeSocket(fd);
});

test('poll2 resolves for the handle as well', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const fd = nbd.lib.openSocket(descriptor().transport);
  const polling = nbd.poll2(fd, -1);
  nbd.aioFlush();
  expect(await polling).toBe(1);
  nbd.lib.closeSocket(fd);
});
