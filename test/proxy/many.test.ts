// Many connections at once: each gets its own bytes, and none is left over.
import type { NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';
import { proxyTo } from './support.js';

const count = 200;
const size = 2 ** 18;

test('200 connections read at once', async () => {
  const proxy = await proxyTo(await nbdkit('--threads', '1', 'pattern', 'size=1G'));
  const handles = await Promise.all(Array.from({ length: count }, () => connected(proxy)));
  expect(proxy.proxy.connections).toBe(count);
  const wrong = await Promise.all(
    handles.map(async (nbd, i) => {
      const offset = i * 4_000_001;
      const parts = await Promise.all([0, 1, 2, 3].map((part) => nbd.pread(size / 4, offset + (part * size) / 4)));
      return parts.some((bytes, part) => firstDifference(bytes, pattern(offset + (part * size) / 4, size / 4)) !== -1);
    }),
  );
  expect(wrong.filter(Boolean)).toEqual([]);
  await endAll(handles);
  const log = await proxy.logOf(count);
  expect(proxy.proxy.connections).toBe(0);
  for (const entry of log) {
    expect(entry.code).toBe(1000);
    expect(entry.bytesToClient).toBeGreaterThan(size);
    expect(entry.bytesToClient).toBeLessThan(size + 2000);
  }
});

test('200 connections write at once', async () => {
  const proxy = await proxyTo(await nbdkit('--threads', '1', 'memory', '256M'));
  const handles = await Promise.all(Array.from({ length: count }, () => connected(proxy)));
  await Promise.all(handles.map((nbd, i) => nbd.pwrite(noise(size, i), i * size)));
  const wrong = await Promise.all(
    handles.map(async (nbd, i) => {
      const other = (i + 77) % count;
      return firstDifference(await nbd.pread(size, other * size), noise(size, other)) !== -1;
    }),
  );
  expect(wrong.filter(Boolean)).toEqual([]);
  await endAll(handles);
});

const endAll = (handles: NBD[]) => Promise.all(handles.map((nbd) => nbd.shutdown()));
