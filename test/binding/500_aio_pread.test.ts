// Reading in the background: a cookie, polling, and the buffer that the caller gave.
import { load, NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { pattern } from '../support/bytes.js';
import { connected, failure, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('aioPread fills the buffer, again and again', async () => {
  const nbd = await connected(await nbdkit('pattern', '1024'));
  const buffer = new Uint8Array(512);
  await retired(nbd, nbd.aioPread(buffer, 0));
  expect(buffer).toEqual(pattern(0, 512));
  await retired(nbd, nbd.aioPread(buffer, 512));
  expect(buffer).toEqual(pattern(512, 512));
});

test('cookies are unique and 64 bits wide', async () => {
  const nbd = await connected(await nbdkit('pattern', '1024'));
  const cookies = [1, 2, 3].map(() => nbd.aioPread(new Uint8Array(8), 0));
  expect(new Set(cookies).size).toBe(3);
  for (const cookie of cookies) {
    expect(cookie).toBeTypeOf('bigint');
    await retired(nbd, cookie);
  }
});

test('a command is retired once: after that its cookie says nothing', async () => {
  const nbd = await connected(await nbdkit('pattern', '1024'));
  const cookie = nbd.aioPread(new Uint8Array(8), 0);
  await retired(nbd, cookie);
  expect(nbd.aioCommandCompleted(cookie)).toBe(false);
});

// Python refuses to resize an array that is in use. JavaScript does not: a buffer can be transferred to another thread.
test('a buffer that is transferred while it is read into: that read fails, and nobody else suffers', async () => {
  const lib = await load();
  const server = await nbdkit('pattern', '1M');
  const [nbd, other] = [await connected(server, () => {}, lib), await connected(server, () => {}, lib)];
  const buffer = new Uint8Array(65536);
  const cookie = nbd.aioPread(buffer, 0);
  structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
  expect(await failure(retired(nbd, cookie))).toBeInstanceOf(NBDError);
  expect(await other.pread(512, 512)).toEqual(pattern(512, 512));
});

test('what is not a buffer of bytes is refused', async () => {
  const nbd = await newHandle();
  expect(() => nbd.aioPread('bytes' as unknown as Uint8Array, 0)).toThrow(TypeError);
  expect(() => nbd.aioPread(new ArrayBuffer(8) as unknown as Uint8Array, 0)).toThrow(
    'nbd_aio_pread: buf must be a Uint8Array or another view of bytes, not an object (ArrayBuffer)',
  );
});
