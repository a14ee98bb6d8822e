// Ending a connection: with requests still waiting to be sent (tests/shutdown-flags.c), and in option mode
// (tests/shutdown-opt-mode.c).
import { type NBD, SHUTDOWN_ABANDON_PENDING, type Shutdown } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';
import { nbdkitOnStdio } from '../support/stdio_server.js';

test('SHUTDOWN_ABANDON_PENDING: what was not begun fails, what was begun is finished', async () => {
  const server = nbdkitOnStdio('memory', '64M');
  const nbd = await connected(server);
  server.signal('SIGSTOP');
  // Larger than what is taken from libnbd at a time: the second waits behind the first.
  const bytes = new Uint8Array(16 * 2 ** 20);
  const begun = nbd.aioPwrite(bytes, 0);
  const codes: (string | null)[] = [];
  nbd.aioPwrite(bytes, 0, {
    completion: (error) => {
      codes.push(error.code);
      return 1;
    },
  });
  server.signal('SIGCONT');
  expect(nbd.aioPeekCommandCompleted()).toBe(0n);
  expect(nbd.aioCommandCompleted(begun)).toBe(false);

  await nbd.shutdown({ flags: SHUTDOWN_ABANDON_PENDING });
  expect(codes).toEqual(['ENOTCONN']);
  expect(nbd.aioInFlight()).toBe(0);
  expect(nbd.aioPeekCommandCompleted()).toBe(begun);
  try {
    nbd.aioCommandCompleted(begun);
  } catch {
    // Whether the server still answered it is the server's affair.
  }
  expect(await nbdError(() => nbd.aioPeekCommandCompleted())).toMatchObject({
    message: 'nbd_aio_peek_command_completed: no commands are in flight: Invalid argument',
    code: 'EINVAL',
  });
});

test('without it, all that was asked for is done first', async () => {
  // One request after the other: of several at a time, nbdkit answers none any more that NBD_CMD_DISC overtakes.
  const server = await nbdkit('--filter=noparallel', 'memory', '1M');
  const nbd = await connected(server);
  const writes = Array.from({ length: 100 }, (_, i) => nbd.pwrite(new Uint8Array(4096).fill(i), i * 4096));
  const results = Promise.allSettled(writes);
  await nbd.shutdown();
  expect((await results).map(({ status }) => status)).toEqual(writes.map(() => 'fulfilled'));
  const bytes = await (await connected(server)).pread(4096 * 100, 0);
  for (let i = 0; i < 100; i++) expect(bytes[i * 4096]).toBe(i);
});

test('flags that libnbd does not know', async () => {
  const nbd = await connected(await nbdkit('null'));
  expect(await nbdError(nbd.shutdown({ flags: 1 as Shutdown }))).toMatchObject({
    message: 'nbd_shutdown: flags: invalid value for flag: 0x1: Invalid argument',
    code: 'EINVAL',
  });
  expect(nbd.aioIsReady()).toBe(true);
});

test('a connection that is over, or never was, cannot be shut down', async () => {
  const nbd = await connected(await nbdkit('null'));
  await nbd.shutdown();
  expect(nbd.aioIsClosed()).toBe(true);
  const error = await nbdError(nbd.shutdown());
  expect([error.message, error.code]).toEqual(['nbd_shutdown: the connection was shut down', 'ENOTCONN']);
});

describe('option mode', () => {
  const negotiating = async (...options: string[]): Promise<NBD> =>
    connected(await nbdkit(...options, 'memory', '2M'), (nbd) => nbd.setOptMode(true));

  test('an oldstyle server has none: shutdown as ever, and nothing to abort', async () => {
    const nbd = await negotiating('--oldstyle');
    expect(nbd.aioIsReady()).toBe(true);
    expect((await nbdError(nbd.optAbort())).code).toBe('EINVAL');
    await nbd.shutdown();
    expect(nbd.aioIsClosed()).toBe(true);
  });

  test('aioDisconnect is refused there, optAbort is not', async () => {
    const nbd = await negotiating();
    expect(nbd.aioIsNegotiating()).toBe(true);
    expect(await nbdError(() => nbd.aioDisconnect())).toMatchObject({
      message: 'nbd_aio_disconnect: invalid state: NEGOTIATING: the handle must be connected with the server: Invalid argument',
      code: 'EINVAL',
    });
    await nbd.optAbort();
    expect(nbd.aioIsClosed()).toBe(true);
  });

  test('shutdown works there too', async () => {
    const nbd = await negotiating();
    await nbd.shutdown();
    expect(nbd.aioIsClosed()).toBe(true);
  });
});
