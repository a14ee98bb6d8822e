// A server that is killed while requests are in flight (tests/server-death.c).
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('what was in flight is complete, and failed', async () => {
  const server = await nbdkit('--filter=delay', 'memory', '1M', 'delay-read=15', 'delay-trim=15');
  const nbd = await connected(server);
  const read = nbd.aioPread(new Uint8Array(512), 0);
  const codes: (string | null)[] = [];
  nbd.aioTrim(512, 0, {
    completion: (error) => {
      codes.push(error.code);
      return 1;
    },
  });
  expect(nbd.aioPeekCommandCompleted()).toBe(0n);
  expect(nbd.aioCommandCompleted(read)).toBe(false);
  expect(nbd.aioInFlight()).toBe(2);

  await server.kill();
  const isOver = () => nbd.aioIsDead() || nbd.aioIsClosed();
  try {
    while (!isOver()) await nbd.poll(-1);
  } catch {
    // Whether the end of the stream or a reset was seen, it is over.
  }
  expect(isOver()).toBe(true);
  expect(nbd.aioInFlight()).toBe(0);
  expect(nbd.aioPeekCommandCompleted()).toBe(read);
  expect(await nbdError(() => nbd.aioCommandCompleted(read))).toMatchObject({
    message: 'nbd_aio_command_completed: read: command failed: Socket not connected',
    code: 'ENOTCONN',
  });
  expect(codes).toEqual(['ENOTCONN']);
  expect((await nbdError(() => nbd.aioPeekCommandCompleted())).code).toBe('EINVAL');
});
