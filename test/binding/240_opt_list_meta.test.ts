// The metadata contexts that a server has, by the contexts that the handle is to request.
import { CONTEXT_BASE_ALLOCATION, type NBD, NBDError } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

async function listed(nbd: NBD): Promise<string[]> {
  const names: string[] = [];
  expect(await nbd.optListMetaContext((name) => void names.push(name))).toBe(names.length);
  return names;
}

test('optListMetaContext', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));

  const all = await listed(nbd); // without a request, all that there are
  expect(all).toContain(CONTEXT_BASE_ALLOCATION);

  nbd.addMetaContext('x-nosuch:');
  expect(await listed(nbd)).toEqual([]);

  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  expect([nbd.getNrMetaContexts(), nbd.getMetaContext(1)]).toEqual([2, CONTEXT_BASE_ALLOCATION]);
  expect(await listed(nbd)).toEqual([CONTEXT_BASE_ALLOCATION]);

  // Listing neither needs what optInfo finds out nor changes it.
  await nbdError(() => nbd.canMetaContext(CONTEXT_BASE_ALLOCATION));
  await nbdError(() => nbd.getSize());
  await nbd.optInfo();
  expect([nbd.getSize(), nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)]).toEqual([2n ** 20n, true]);
  nbd.clearMetaContexts();
  nbd.addMetaContext('x-nosuch:');
  expect(await listed(nbd)).toEqual([]);
  expect([nbd.getSize(), nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)]).toEqual([2n ** 20n, true]);

  nbd.addMetaContext('base:'); // a namespace
  const base = await listed(nbd);
  expect(base).toContain(CONTEXT_BASE_ALLOCATION);
  expect(all).toEqual(expect.arrayContaining(base));

  await nbd.optAbort();
});

test('without structured replies it is asked all the same, and may be refused', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => {
    nbd.setOptMode(true);
    nbd.setRequestStructuredReplies(false);
  });
  const sent = nbd.statsBytesSent();
  try {
    expect(await listed(nbd)).toContain(CONTEXT_BASE_ALLOCATION);
  } catch (error) {
    expect(error).toBeInstanceOf(NBDError); // an older server
  }
  expect(nbd.statsBytesSent()).toBeGreaterThan(sent);
  expect(await nbd.optStructuredReply()).toBe(true);
  expect(await listed(nbd)).toContain(CONTEXT_BASE_ALLOCATION);
  await nbd.optAbort();
});

test('aioOptListMetaContext returns 0 once it is issued', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));
  const events: string[] = [];
  const issued = nbd.aioOptListMetaContext((name) => void events.push(name), {
    completion: (error) => void events.push(`done ${error.code}`),
  });
  expect(issued).toBe(0);
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  expect(events).toEqual([CONTEXT_BASE_ALLOCATION, 'done null']);
});
