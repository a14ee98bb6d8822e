// Calls that the handle's state does not permit. Each test has the name of upstream's, in tests/.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AIO_DIRECTION_WRITE, load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { holdings } from '../support/internals.js';
import { nbdkit } from '../support/platform.js';
import { temporaryFolder } from '../support/processes.js';

test('errors-not-connected', async () => {
  const nbd = await newHandle();
  expect(nbd.getPreadInitialize()).toBe(true);
  const buffer = new Uint8Array(512).fill(1);
  expect(await nbdError(nbd.preadInto(buffer, 0))).toMatchObject({
    message: 'nbd_pread: invalid state: START: the handle must be connected with the server: Socket not connected',
    code: 'ENOTCONN',
  });
  expect(buffer).toEqual(new Uint8Array(512)); // cleared even so
});

test('errors-connect-twice', async () => {
  const server = await nbdkit('memory', '1M');
  const nbd = await connected(server);
  const second = server.socket();
  expect(await nbdError(nbd.connectSocket(second))).toMatchObject({
    message: 'nbd_connect_socket: invalid state: READY: the handle must be newly created: Invalid argument',
    code: 'EINVAL',
  });
  expect(await nbd.pread(4, 0)).toEqual(new Uint8Array(4));

  // Nothing has been done to the socket: another handle can have it.
  const other = await newHandle();
  await other.connectSocket(second);
  expect(other.getSize()).toBe(2n ** 20n);
});

test('errors-not-negotiating', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  expect(await nbdError(nbd.optAbort())).toMatchObject({
    message: 'nbd_opt_abort: invalid state: READY: the handle must be negotiating: Invalid argument',
    code: 'EINVAL',
  });
});

test('errors-not-negotiating-aio', async () => {
  const lib = await load();
  const nbd = await newHandle(lib);
  const calls: string[] = [];
  const issue = () => nbd.aioOptList(() => void calls.push('list'), { completion: () => void calls.push('completion') });
  expect(await nbdError(issue)).toMatchObject({
    message: 'nbd_aio_opt_list: invalid state: START: the handle must be negotiating: Socket not connected',
    code: 'ENOTCONN',
  });
  expect(holdings(lib).closures).toBe(0);
  await nbd.connectSocket((await nbdkit('memory', '1M')).socket());
  expect(await nbdError(issue)).toMatchObject({
    message: 'nbd_aio_opt_list: invalid state: READY: the handle must be negotiating: Invalid argument',
    code: 'EINVAL',
  });
  expect(holdings(lib).closures).toBe(0);
  expect(calls).toEqual([]);
});

test('errors-notify-not-blocked', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const error = await nbdError(() => nbd.aioNotifyWrite());
  expect(error.message).toMatch(/^nbd_aio_notify_write: .*: Invalid argument$/);
  expect(error.code).toBe('EINVAL');
});

test('errors-poll-no-fd', async () => {
  const nbd = await newHandle();
  expect(await nbdError(() => nbd.aioGetFd())).toMatchObject({
    message: 'nbd_aio_get_fd: connection is not in a connected state: Invalid argument',
    code: 'EINVAL',
  });
  expect(await nbdError(nbd.poll(1000))).toMatchObject({
    message: 'nbd_poll: nothing to poll for in state START: Invalid argument',
    code: 'EINVAL',
  });
  expect((await nbdError(nbd.poll2(-1, 1000))).message).toBe('nbd_poll2: nothing to poll for in state START: Invalid argument');
});

test('errors-bad-cookie', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  expect(await nbdError(() => nbd.aioCommandCompleted(0))).toMatchObject({
    message: 'nbd_aio_command_completed: invalid aio cookie 0: Invalid argument',
    code: 'EINVAL',
  });
  expect(nbd.aioCommandCompleted(4711)).toBe(false); // one that never was, or was retired
});

test('errors-multiple-disconnects', async () => {
  const witness = join(await temporaryFolder(), 'witness');
  await writeFile(witness, '');
  const server = await nbdkit(
    'eval',
    'get_size=echo 128M',
    'thread_model=echo serialize_all_requests',
    'pread=echo ENOMEM >&2; exit 1',
    'can_write=exit 0',
    `pwrite=while test -e '${witness}'; do sleep 0.02; done; cat >/dev/null`,
  );
  const nbd = await connected(server);
  expect((await nbdError(nbd.pread(512, 0))).code).toBe('ENOMEM');

  // More than is taken from libnbd at a time, so that it waits to go on.
  const bytes = new Uint8Array(16 * 2 ** 20);
  nbd.aioPwrite(bytes, 0);
  nbd.aioPwrite(bytes, 0);
  expect(nbd.aioGetDirection() & AIO_DIRECTION_WRITE).not.toBe(0);
  nbd.aioDisconnect();
  for (const again of [() => nbd.aioDisconnect(), () => nbd.aioPread(new Uint8Array(512), 0)]) {
    const error = await nbdError(again);
    expect(error.message).toMatch(/^nbd_aio_[a-z]+: cannot request more commands after NBD_CMD_DISC: Invalid argument$/);
    expect(error.code).toBe('EINVAL');
  }

  await rm(witness);
  await nbd.shutdown().catch(() => {}); // whether the server ends in good order is its affair
  const late = await nbdError(nbd.pread(512, 0));
  expect(late.message).toMatch(/^nbd_pread: the connection was (shut down|lost: .+)$/);
  expect(late.code).toBe('ENOTCONN');
});
