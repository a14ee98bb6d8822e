// A handle: made, named, closed.
import { load, NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { newHandle } from '../support/handles.js';

test('a handle is made and closed', async () => {
  const nbd = await NBD.create();
  expect(nbd).toBeInstanceOf(NBD);
  expect(nbd.closed).toBe(false);
  expect(nbd.aioIsCreated()).toBe(true);
  expect(nbd.connectionState()).toMatch(/^START: /);
  nbd.close();
  expect(nbd.closed).toBe(true);
});

test('each handle of an instance has a name of its own, which can be changed', async () => {
  const lib = await load();
  const handles = [await newHandle(lib), await newHandle(lib)] as const;
  expect(handles.map((nbd) => nbd.getHandleName())).toEqual(['nbd1', 'nbd2']);
  handles[0].setHandleName('source');
  expect(handles.map((nbd) => nbd.getHandleName())).toEqual(['source', 'nbd2']);
});

test('tells which libnbd it is (tests/get-version.c)', async () => {
  const nbd = await newHandle();
  expect(nbd.getPackageName()).toBe('libnbd');
  expect(nbd.getVersion()).toMatch(/^1\.22\.\d+$/);
});
