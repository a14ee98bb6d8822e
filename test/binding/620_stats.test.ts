// What libnbd counts of what it sent and received.
import type { NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

const statistics = (nbd: NBD) => ({
  bytesSent: nbd.statsBytesSent(),
  chunksSent: nbd.statsChunksSent(),
  bytesReceived: nbd.statsBytesReceived(),
  chunksReceived: nbd.statsChunksReceived(),
});

test('nothing at first, then what the protocol costs', async () => {
  const nbd = await newHandle();
  expect(statistics(nbd)).toEqual({ bytesSent: 0n, chunksSent: 0n, bytesReceived: 0n, chunksReceived: 0n });

  await nbd.connectSocket((await nbdkit('null')).socket());
  const connected = statistics(nbd);
  expect(connected.chunksSent).toBeGreaterThan(0n);
  expect(connected.bytesSent).toBeGreaterThan(connected.chunksSent);
  expect(connected.chunksReceived).toBeGreaterThan(0n);
  expect(connected.bytesReceived).toBeGreaterThan(connected.chunksReceived);

  await nbd.flush(); // a request, and a simple reply
  const flushed = statistics(nbd);
  expect(flushed).toEqual({
    bytesSent: connected.bytesSent + 28n,
    chunksSent: connected.chunksSent + 1n,
    bytesReceived: connected.bytesReceived + 16n,
    chunksReceived: connected.chunksReceived + 1n,
  });

  await nbd.shutdown();
  const after = statistics(nbd);
  expect(after.bytesSent).toBe(flushed.bytesSent + 28n);
  expect(after.chunksSent).toBe(flushed.chunksSent + 1n);
  expect(after.bytesReceived).toBe(flushed.bytesReceived); // nothing answers NBD_CMD_DISC
  expect(after.chunksReceived).toBe(flushed.chunksReceived);
});

test('payload is counted too', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'));
  const before = statistics(nbd);
  await nbd.pwrite(new Uint8Array(65536), 0);
  expect(nbd.statsBytesSent() - before.bytesSent).toBe(28n + 65536n);
});
