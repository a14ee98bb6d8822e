// Requests that libnbd refuses before it asks the server. Each test has the name of upstream's, in tests/.
import { CMD_FLAG_MASK, type CmdFlag, load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { holdings } from '../support/internals.js';
import { nbdkit } from '../support/platform.js';

const MiB = 2 ** 20;
const buffer = new Uint8Array(512);

test('errors-client-oversize', async () => {
  const nbd = await connected(
    await nbdkit('--filter=blocksize-policy', 'memory', '65M', 'blocksize-maximum=32M', 'blocksize-error-policy=error'),
  );
  const bytes = new Uint8Array(65 * MiB);
  const more = 'request too large: maximum request size is 67108864: Result not representable';
  expect(await nbdError(nbd.pread(65 * MiB, 0))).toMatchObject({ message: `nbd_pread: ${more}`, code: 'ERANGE' });
  expect(await nbdError(nbd.preadInto(bytes, 0))).toMatchObject({ message: `nbd_pread: ${more}`, code: 'ERANGE' });
  const payload = 'request too large: maximum payload size is 33554432: Result not representable';
  for (const size of [65 * MiB, 33 * MiB]) {
    expect(await nbdError(() => nbd.aioPwrite(bytes.subarray(0, size), 0))).toMatchObject({
      message: `nbd_aio_pwrite: ${payload}`,
      code: 'ERANGE',
      errno: 34,
    });
  }
});

test('errors-client-unadvertised-cmd', async () => {
  const nbd = await connected(await nbdkit('eval', 'get_size=echo 512', 'can_write=exit 0', 'pread=exit 1'));
  expect(await nbdError(() => nbd.aioTrim(512, 0))).toMatchObject({
    message: 'nbd_aio_trim: server does not support trim operations: Invalid argument',
    code: 'EINVAL',
  });
});

test('errors-client-unaligned', async () => {
  const nbd = await connected(await nbdkit('--filter=blocksize-policy', 'memory', '1024', 'blocksize-minimum=512'));
  expect(await nbdError(() => nbd.aioPread(new Uint8Array(1), 1))).toMatchObject({
    message: 'nbd_aio_pread: request is unaligned: Invalid argument',
    code: 'EINVAL',
  });
});

test('errors-client-unknown-flags', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  expect(await nbdError(() => nbd.aioPread(buffer, 0, { flags: CMD_FLAG_MASK + 1 }))).toMatchObject({
    message: 'nbd_aio_pread: flags: invalid value for flag: 0x40: Invalid argument',
    code: 'EINVAL',
  });
  // One that does not even fit in the request is refused in every mode.
  for (const strict of [nbd.getStrictMode(), 0]) {
    nbd.setStrictMode(strict as ReturnType<typeof nbd.getStrictMode>);
    expect((await nbdError(() => nbd.aioPread(buffer, 0, { flags: 0x10000 as CmdFlag }))).message).toBe(
      'nbd_aio_pread: flags: invalid value for flag: 0x10000: Invalid argument',
    );
  }
});

test('errors-client-zerosize', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  expect(await nbdError(() => nbd.aioPread(new Uint8Array(0), 0))).toMatchObject({
    message: 'nbd_aio_pread: count cannot be 0: Invalid argument',
    code: 'EINVAL',
  });
});

test('errors-pread-structured', async () => {
  const lib = await load();
  const nbd = await connected(await nbdkit('memory', '1M'), () => {}, lib);
  const never = () => {
    throw new Error('called although nothing was asked of the server');
  };
  expect(await nbdError(() => nbd.aioPreadStructured(buffer, 2n ** 64n - 1n, never, { completion: never }))).toMatchObject({
    message: 'nbd_aio_pread_structured: request out of bounds: Invalid argument',
    code: 'EINVAL',
  });
  expect(holdings(lib).closures).toBe(0);
});

test('a write, trim or zero beyond the end is ENOSPC', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const outOfBounds = { code: 'ENOSPC', message: expect.stringContaining(': request out of bounds: No space left on device') };
  expect(await nbdError(nbd.pwrite(buffer, MiB))).toMatchObject(outOfBounds);
  expect(await nbdError(nbd.trim(512, MiB))).toMatchObject(outOfBounds);
  expect(await nbdError(nbd.zero(512n, BigInt(MiB)))).toMatchObject(outOfBounds);
  expect((await nbdError(nbd.cache(512, MiB))).code).toBe('EINVAL');
});

test('what is refused leaves nothing in flight, and the handle as it was', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  await nbdError(nbd.pread(0, 0));
  await nbdError(nbd.pwrite(buffer, MiB));
  expect([nbd.aioInFlight(), nbd.aioIsReady()]).toEqual([0, true]);
  await nbd.pwrite(buffer.slice().fill(1), 0);
  expect(await nbd.pread(512, 0)).toEqual(buffer.slice().fill(1));
});
