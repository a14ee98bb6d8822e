// Writes, zeroes and trims: what was written is read back, from the same handle and from another.
import { CMD_FLAG_FAST_ZERO, CMD_FLAG_FUA, CMD_FLAG_NO_HOLE, SIZE_PAYLOAD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise } from './support/bytes.js';
import { connected, nbdError } from './support/handles.js';
import { nbdkit, nbdServer, qemuNbd, type TestServer } from './support/platform.js';

const MiB = 2 ** 20;

test('writes of 1 byte to 32 MiB', async () => {
  const nbd = await connected(await nbdkit('memory', '1G'));
  for (const size of [1, 3, 512, 4096, 8191, 8192, 8193, 65535, 65536, 65537, MiB, 4 * MiB - 1, 4 * MiB, 5 * MiB + 1, 32 * MiB]) {
    const bytes = noise(size, size);
    await nbd.pwrite(bytes, 100 * MiB + 7);
    const back = await nbd.pread(size + 2, 100 * MiB + 6);
    expect([back[0], back.at(-1)]).toEqual([0, 0]);
    expect(firstDifference(back.subarray(1, size + 1), bytes), `${size} bytes`).toBe(-1);
    await nbd.zero(size, 100 * MiB + 7);
  }
});

test('a write of more than the server takes is refused before it is sent', async () => {
  const nbd = await connected(await nbdkit('memory', '1G'));
  const limit = Number(nbd.getBlockSize(SIZE_PAYLOAD));
  expect(limit).toBe(32 * MiB);
  const error = await nbdError(nbd.pwrite(new Uint8Array(limit + 1), 0));
  expect(error.message).toContain(`nbd_pwrite: request too large: maximum payload size is ${limit}`);
  expect(error.code).toBe('ERANGE');
});

const servers: [string, () => Promise<TestServer>][] = [
  ['nbdkit memory', () => nbdkit('memory', '8M')],
  ['qemu-nbd raw', () => qemuNbd({ format: 'raw', size: 8 * MiB })],
  ['qemu-nbd qcow2', () => qemuNbd({ format: 'qcow2', size: 8 * MiB })],
];

test.for(servers)('%s: another handle sees what was written, zeroed and trimmed', async ([, start]) => {
  const server = await start();
  const writer = await connected(server);
  const expected = noise(8 * MiB, 5);
  await writer.pwrite(expected, 0);
  await writer.zero(65536, MiB);
  expected.fill(0, MiB, MiB + 65536);
  await writer.zero(65536, 2 * MiB, { flags: CMD_FLAG_NO_HOLE });
  expected.fill(0, 2 * MiB, 2 * MiB + 65536);
  await writer.trim(65536, 3 * MiB); // what it leaves there is the server's affair
  const patch = noise(4096, 6);
  await writer.pwrite(patch, 3 * MiB, { flags: CMD_FLAG_FUA });
  await writer.flush();
  await writer.cache(65536, 0);

  const reader = await connected(server);
  const bytes = await reader.pread(8 * MiB, 0);
  expect(firstDifference(bytes.subarray(3 * MiB, 3 * MiB + 4096), patch)).toBe(-1);
  expected.set(bytes.subarray(3 * MiB, 3 * MiB + 65536), 3 * MiB);
  expect(firstDifference(bytes, expected)).toBe(-1);
});

test('nbd-server: writes, and what it cannot do is refused before it is asked', async () => {
  const server = await nbdServer(new Uint8Array(MiB), ['flush = true', 'fua = true']);
  const nbd = await connected(server, (nbd) => nbd.setExportName('disk'));
  const bytes = noise(100_000);
  await nbd.pwrite(bytes, 1000, { flags: CMD_FLAG_FUA });
  await nbd.flush();
  expect(firstDifference(await nbd.pread(100_000, 1000), bytes)).toBe(-1);
  expect(nbd.canCache()).toBe(false);
  expect((await nbdError(nbd.cache(512, 0))).code).toBe('EINVAL');
});

test('a fast zero is refused where the server cannot promise one', async () => {
  const server = await nbdkit('--filter=nozero', 'memory', '1M', 'zeromode=emulate', 'fastzeromode=slow');
  const nbd = await connected(server);
  expect((await nbdError(nbd.zero(65536, 0, { flags: CMD_FLAG_FAST_ZERO }))).code).toBe('ENOTSUP');
  await nbd.zero(65536, 0);
});

test('a read-only export takes no writes', async () => {
  const nbd = await connected(await nbdkit('--readonly', 'memory', '1M'));
  const error = await nbdError(nbd.pwrite(new Uint8Array(512), 0));
  expect(error.message).toBe('nbd_pwrite: server does not support write operations: Operation not permitted');
  expect(error.code).toBe('EPERM');
  expect(error.errno).toBe(1);
});

test('a write is sent as it was when the call was made, if the caller waits before changing it', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const bytes = new Uint8Array(65536).fill(1);
  await nbd.pwrite(bytes, 0);
  bytes.fill(2);
  expect(firstDifference(await nbd.pread(65536, 0), new Uint8Array(65536).fill(1))).toBe(-1);
});

test('small writes one after another in one turn, each from the same buffer, all arrive as they were', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const writes: Promise<void>[] = [];
  for (let i = 0; i < 1000; i++) writes.push(nbd.pwrite(new Uint8Array(512).fill(i), i * 512));
  await Promise.all(writes);
  const bytes = await nbd.pread(512_000, 0);
  for (let i = 0; i < 1000; i++) expect([bytes[i * 512], bytes[i * 512 + 511]]).toEqual([i % 256, i % 256]);
});
