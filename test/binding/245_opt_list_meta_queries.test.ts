// The metadata contexts that a server has, by queries given with the call.
import { CONTEXT_BASE_ALLOCATION, type NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

async function listed(nbd: NBD, queries: string[]): Promise<string[]> {
  const names: string[] = [];
  expect(await nbd.optListMetaContextQueries(queries, (name) => void names.push(name))).toBe(names.length);
  return names;
}

test('queries stand in for the contexts to be requested', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
  nbd.addMetaContext('x-nosuch:');
  expect(await listed(nbd, [])).toContain(CONTEXT_BASE_ALLOCATION);
  nbd.clearMetaContexts();
  expect(await listed(nbd, ['x-nosuch:'])).toEqual([]);
  expect(await listed(nbd, ['x-nosuch:', CONTEXT_BASE_ALLOCATION])).toEqual([CONTEXT_BASE_ALLOCATION]);
  expect(nbd.getNrMetaContexts()).toBe(0);
  await nbd.optAbort();
});

test('aioOptListMetaContextQueries', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
  const names: string[] = [];
  expect(nbd.aioOptListMetaContextQueries(['base:'], (name) => void names.push(name))).toBe(0);
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  expect(names).toEqual([CONTEXT_BASE_ALLOCATION]);
});
