// Many handles at a time on one instance of the module, and many after one another.
import { load, type NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, pattern } from './support/bytes.js';
import { connected } from './support/handles.js';
import { holdings, nothing } from './support/internals.js';
import { nbdkit, peer } from './support/platform.js';
import { handshake } from './support/protocol.js';
import { ScriptedTransport } from './support/scripted_transport.js';

// Firefox opens 200 WebSockets at most, Chromium 255.
test('150 connections at once, all reading', async () => {
  const lib = await load();
  const server = await nbdkit('pattern', '1G');
  const handles = await Promise.all(Array.from({ length: 150 }, () => connected(server, () => {}, lib)));
  expect(holdings(lib)).toMatchObject({ descriptors: 150, connections: 150 });
  const read = async (nbd: NBD, i: number) => {
    for (let offset = i * 4096; offset < 2 ** 20; offset += 2 ** 18) {
      expect(firstDifference(await nbd.pread(4096, offset), pattern(offset, 4096)), `handle ${i}`).toBe(-1);
    }
  };
  await Promise.all(handles.map(read));
  await Promise.all(handles.map((nbd) => nbd.shutdown()));
  for (const nbd of handles) nbd.close();
  expect(holdings(lib)).toEqual(nothing);
});

test('each to a server of its own', async () => {
  const sizes = Array.from({ length: 50 }, (_, i) => BigInt(512 * (i + 1)));
  const handles = await Promise.all(sizes.map(async (size) => connected(await peer(handshake('simple', size)))));
  expect(handles.map((nbd) => nbd.getSize())).toEqual(sizes);
});

test('1,000 handles that are never connected', async () => {
  const lib = await load();
  const handles = Array.from({ length: 1000 }, () => lib.create());
  for (const [i, nbd] of handles.entries()) nbd.setExportName(`export ${i}`);
  expect(handles.map((nbd) => nbd.getExportName())).toEqual(handles.map((_, i) => `export ${i}`));
  expect(new Set(handles.map((nbd) => nbd.getHandleName())).size).toBe(1000);
  for (const nbd of handles) nbd.close();
  expect(holdings(lib)).toEqual(nothing);
});

test('a closed handle’s memory and descriptor are used again', async () => {
  const lib = await load();
  const use = async () => {
    using nbd = lib.create();
    nbd.setExportName('x'.repeat(1000));
    await nbd.connectSocket(new ScriptedTransport(handshake('simple', 512n)));
    const fd = nbd.aioGetFd();
    expect(nbd.getSize()).toBe(512n);
    return fd;
  };
  const script = handshake('simple', 512n);
  expect(script.length).toBeGreaterThan(0);
  const fd = await use();
  const { memorySize } = lib;
  for (let i = 0; i < 1000; i++) expect(await use()).toBe(fd);
  expect(lib.memorySize).toBe(memorySize);
});
