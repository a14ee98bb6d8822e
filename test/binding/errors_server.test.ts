// The same requests with strict mode off: it is the server that refuses. Each test has the name of upstream's, in tests/.
import {
  CMD_FLAG_MASK,
  type NBD,
  STRICT_ALIGN,
  STRICT_BOUNDS,
  STRICT_COMMANDS,
  STRICT_FLAGS,
  STRICT_PAYLOAD,
  STRICT_ZERO_SIZE,
  type Strict,
} from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit, type TestServer } from '../support/platform.js';

const buffer = new Uint8Array(512);

const connectedWithout = (strict: Strict, server: TestServer): Promise<NBD> =>
  connected(server, (nbd) => nbd.setStrictMode(nbd.getStrictMode() & ~strict));

/** A command that was sent comes back with EINVAL, and the connection goes on. */
async function expectServerRefuses(nbd: NBD, command: string, issue: () => bigint): Promise<void> {
  expect(await nbdError(retired(nbd, issue()))).toMatchObject({
    message: `nbd_aio_command_completed: ${command}: command failed: Invalid argument`,
    code: 'EINVAL',
  });
  expect(nbd.aioIsReady()).toBe(true);
}

test('errors-server-invalid-offset', async () => {
  const nbd = await connectedWithout(STRICT_BOUNDS, await nbdkit('memory', '1M'));
  await expectServerRefuses(nbd, 'read', () => nbd.aioPread(buffer, 2n ** 64n - 1n));
});

test('errors-server-oversize', async () => {
  // Upstream goes on to a write that makes the server hang up; nbdkit's scripts can do so from 1.34 on.
  const server = await nbdkit(
    'eval',
    'get_size=echo 65M',
    'block_size=echo 1 512 16M',
    'pread=echo EIO >&2; exit 1',
    'can_write=exit 0',
    // All of it is read first: a script that has not makes nbdkit fail with EIO, now and then.
    'pwrite=cat >/dev/null; if test $3 -gt $((16*1024*1024)); then echo EOVERFLOW >&2; exit 1; fi',
  );
  const nbd = await connectedWithout(STRICT_PAYLOAD, server);
  await expectServerRefuses(nbd, 'write', () => nbd.aioPwrite(new Uint8Array(17 * 2 ** 20), 0));
  await nbd.pwrite(new Uint8Array(2 ** 20), 0);
});

test('errors-server-unadvertised-cmd', async () => {
  const server = await nbdkit('eval', 'get_size=echo 512', 'can_write=exit 0', 'pread=exit 1');
  const nbd = await connectedWithout(STRICT_COMMANDS, server);
  await expectServerRefuses(nbd, 'trim', () => nbd.aioTrim(512, 0));
});

test('errors-server-unaligned', async () => {
  const policy = ['blocksize-minimum=512', 'blocksize-error-policy=error'];
  const nbd = await connectedWithout(STRICT_ALIGN, await nbdkit('--filter=blocksize-policy', 'memory', '1024', ...policy));
  await expectServerRefuses(nbd, 'read', () => nbd.aioPread(new Uint8Array(1), 1));
});

test('errors-server-unknown-flags', async () => {
  const nbd = await connectedWithout(STRICT_FLAGS, await nbdkit('memory', '1M'));
  await expectServerRefuses(nbd, 'read', () => nbd.aioPread(buffer, 0, { flags: CMD_FLAG_MASK + 1 }));
});

test('errors-server-zerosize', async () => {
  const nbd = await connectedWithout(STRICT_ZERO_SIZE, await nbdkit('memory', '1M'));
  await expectServerRefuses(nbd, 'read', () => nbd.aioPread(new Uint8Array(0), 0));
});
