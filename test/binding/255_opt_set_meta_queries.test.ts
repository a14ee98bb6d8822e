// Choosing metadata contexts by queries given with the call.
import { CONTEXT_BASE_ALLOCATION, type NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

async function set(nbd: NBD, queries: string[]): Promise<string[]> {
  const names: string[] = [];
  expect(await nbd.optSetMetaContextQueries(queries, (name) => void names.push(name))).toBe(names.length);
  return names;
}

test('queries stand in for the contexts of the handle', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
  const canAllocation = () => nbd.canMetaContext(CONTEXT_BASE_ALLOCATION);
  expect(await set(nbd, ['base:'])).toEqual([]);
  expect(canAllocation()).toBe(false);

  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  expect(await set(nbd, [])).toEqual([]);
  expect(canAllocation()).toBe(false);

  expect(await set(nbd, ['x-nosuch:context', CONTEXT_BASE_ALLOCATION])).toEqual([CONTEXT_BASE_ALLOCATION]);
  expect(canAllocation()).toBe(true);

  nbd.setRequestMetaContext(false);
  await nbd.optGo();
  expect(canAllocation()).toBe(true);
  await nbd.shutdown();
});

test('aioOptSetMetaContext and aioOptSetMetaContextQueries', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
  const names: string[] = [];
  const note = (name: string) => void names.push(name);
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  expect(nbd.aioOptSetMetaContext(note)).toBe(0);
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  expect(nbd.aioOptSetMetaContextQueries([CONTEXT_BASE_ALLOCATION], note)).toBe(0);
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  expect(names).toEqual([CONTEXT_BASE_ALLOCATION, CONTEXT_BASE_ALLOCATION]);
});
