// Reads of every size: what arrives is what the server has there, and nothing around it is touched.
import { CMD_FLAG_DF } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise, pattern, text } from './support/bytes.js';
import { connected } from './support/handles.js';
import { nbdkit, nbdServer, qemuNbd } from './support/platform.js';

const MiB = 2 ** 20;
const sizes = [1, 2, 7, 8, 9, 511, 512, 4095, 4096, 4097, 65535, 65536, 262144 + 1, MiB, 8 * MiB - 3, 32 * MiB, 64 * MiB];

test.for(['structured', 'simple'])('reads of 1 byte to 64 MiB, %s replies', async (replies) => {
  const nbd = await connected(await nbdkit('pattern', '1T'), (nbd) => nbd.setRequestStructuredReplies(replies === 'structured'));
  for (const size of sizes) {
    for (const offset of [0, 3 * MiB + 5, 2 ** 40 - size]) {
      const bytes = await nbd.pread(size, offset);
      expect(firstDifference(bytes, pattern(offset, size)), `${size} bytes at ${offset}`).toBe(-1);
    }
  }
});

test('the data that a read returns is the caller’s: it shares no memory with another read', async () => {
  const nbd = await connected(await nbdkit('pattern', '1M'));
  const [a, b] = await Promise.all([nbd.pread(4096, 0), nbd.pread(4096, 4096)]);
  expect(a.buffer).not.toBe(b.buffer);
  a.fill(0xff);
  expect(firstDifference(b, pattern(4096, 4096))).toBe(-1);
});

describe('preadInto', () => {
  test('fills the view that it was given, and nothing around it', async () => {
    const nbd = await connected(await nbdkit('pattern', '1M'));
    const around = new Uint8Array(300).fill(0xaa);
    await nbd.preadInto(around.subarray(100, 200), 1001);
    expect(around.subarray(100, 200)).toEqual(pattern(1001, 100));
    expect([...around.subarray(0, 100), ...around.subarray(200)].every((byte) => byte === 0xaa)).toBe(true);
  });

  test('takes any kind of view', async () => {
    const nbd = await connected(await nbdkit('pattern', '1M'));
    const view = new DataView(new ArrayBuffer(24), 8, 8);
    await nbd.preadInto(view, 4096);
    expect(view.getBigUint64(0)).toBe(4096n);
    const words = new BigUint64Array(2);
    await nbd.preadInto(words, 8192);
    expect(new DataView(words.buffer).getBigUint64(8)).toBe(8200n);
  });

  // A page has them only when it is isolated from all others.
  test.skipIf(typeof SharedArrayBuffer === 'undefined')('fills a shared buffer', async () => {
    const nbd = await connected(await nbdkit('pattern', '1M'));
    const bytes = new Uint8Array(new SharedArrayBuffer(70000));
    await nbd.preadInto(bytes, 7);
    expect(firstDifference(bytes, pattern(7, 70000))).toBe(-1);
  });
});

test('nbdkit data: bytes and holes in one read', async () => {
  const nbd = await connected(await nbdkit('data', '0x55 0xaa @0x1fff "across" @0x20000 "end"'));
  const expected = new Uint8Array(0x20003);
  expected.set([0x55, 0xaa], 0);
  expected.set(text('across'), 0x1fff);
  expected.set(text('end'), 0x20000);
  expect(nbd.getSize()).toBe(BigInt(expected.length));
  expect(firstDifference(await nbd.pread(expected.length, 0), expected)).toBe(-1);
});

test('nbdkit sparse-random: what one read gives, many small ones give too', async () => {
  const nbd = await connected(await nbdkit('sparse-random', 'size=16M', 'seed=7', 'percent=50'));
  const whole = await nbd.pread(16 * MiB, 0);
  expect(whole.some((byte) => byte !== 0)).toBe(true);
  expect(whole.some((byte) => byte === 0)).toBe(true);
  const parts = await Promise.all(Array.from({ length: 256 }, (_, i) => nbd.pread(65536, i * 65536)));
  for (const [i, part] of parts.entries()) {
    expect(firstDifference(part, whole.subarray(i * 65536, (i + 1) * 65536)), `part ${i}`).toBe(-1);
  }
});

test.for(['raw', 'qcow2'] as const)('qemu-nbd %s: data and a hole, in chunks and, with CMD_FLAG_DF, in one', async (format) => {
  const content = noise(MiB);
  const nbd = await connected(await qemuNbd({ format, size: 4 * MiB, content }));
  const bytes = await nbd.pread(2 * MiB, 0);
  expect(firstDifference(bytes.subarray(0, MiB), content)).toBe(-1);
  expect(firstDifference(bytes.subarray(MiB), new Uint8Array(MiB))).toBe(-1);

  const chunks: [offset: bigint, count: number][] = [];
  const note = (subbuf: Uint8Array, offset: bigint) => void chunks.push([offset, subbuf.length]);
  await nbd.preadStructured(65536, MiB - 32768, note);
  expect(chunks.length).toBeGreaterThan(1);
  chunks.length = 0;
  const unfragmented = await nbd.preadStructured(65536, MiB - 32768, note, { flags: CMD_FLAG_DF });
  expect(chunks).toEqual([[BigInt(MiB - 32768), 65536]]);
  expect(firstDifference(unfragmented.subarray(0, 32768), content.subarray(MiB - 32768))).toBe(-1);
  expect(firstDifference(unfragmented.subarray(32768), new Uint8Array(32768))).toBe(-1);
});

test('nbd-server: every byte of a file', async () => {
  const content = noise(MiB, 3);
  const nbd = await connected(await nbdServer(content), (nbd) => nbd.setExportName('disk'));
  expect(firstDifference(await nbd.pread(MiB, 0), content)).toBe(-1);
  const parts = await Promise.all(Array.from({ length: 64 }, (_, i) => nbd.pread(1000, 1001 * i)));
  for (const [i, part] of parts.entries()) expect(part).toEqual(content.subarray(1001 * i, 1001 * i + 1000));
});

test('what libnbd counts is what was sent and received', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const [sent, received] = [nbd.statsBytesSent(), nbd.statsBytesReceived()];
  await nbd.pread(4096, 0);
  expect(nbd.statsBytesSent() - sent).toBe(28n);
  expect(nbd.statsBytesReceived() - received).toBeGreaterThan(16n);
});
