// Choosing metadata contexts by hand, from the list of the handle.
import { CONTEXT_BASE_ALLOCATION, type NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

async function set(nbd: NBD): Promise<string[]> {
  const names: string[] = [];
  expect(await nbd.optSetMetaContext((name) => void names.push(name))).toBe(names.length);
  return names;
}

/** optSetMetaContext fails, and its callback was not called. */
async function expectRefused(nbd: NBD): Promise<string> {
  const names: string[] = [];
  const error = await nbdError(nbd.optSetMetaContext((name) => void names.push(name)));
  expect(names).toEqual([]);
  return error.message;
}

test('optSetMetaContext', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => {
    nbd.setOptMode(true);
    nbd.setRequestStructuredReplies(false);
  });
  const canAllocation = () => nbd.canMetaContext(CONTEXT_BASE_ALLOCATION);

  expect(nbd.getStructuredRepliesNegotiated()).toBe(false);
  expect(canAllocation()).toBe(false); // none was requested
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  await nbdError(canAllocation);

  // The server refuses before there are structured replies.
  expect(await expectRefused(nbd)).toBe(
    'nbd_opt_set_meta_context: server replied with error to meta context request: Not supported',
  );
  expect(await nbd.optStructuredReply()).toBe(true);
  expect(nbd.getStructuredRepliesNegotiated()).toBe(true);
  await nbdError(canAllocation);

  // nbdkit expands a namespace when it lists, not when it sets.
  nbd.clearMetaContexts();
  nbd.addMetaContext('base:');
  expect(await set(nbd)).toEqual([]);
  expect(canAllocation()).toBe(false);

  nbd.clearMetaContexts();
  expect(await set(nbd)).toEqual([]);
  expect(canAllocation()).toBe(false);

  nbd.addMetaContext('x-nosuch:context');
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  nbd.setRequestMetaContext(false);
  expect(await set(nbd)).toEqual([CONTEXT_BASE_ALLOCATION]);
  expect(canAllocation()).toBe(true);

  // What was set last stays set when the export is chosen.
  nbd.clearMetaContexts();
  nbd.addMetaContext('x-nosuch:context');
  await nbd.optGo();
  expect(canAllocation()).toBe(true);

  // Now it is too late, and nothing is lost by trying.
  expect(await expectRefused(nbd)).toMatch(/^nbd_opt_set_meta_context: invalid state: READY: /);
  expect(canAllocation()).toBe(true);
  await nbd.shutdown();
});

test('a server without structured replies has no contexts', async () => {
  const nbd = await connected(await nbdkit('--no-sr', 'memory', '1M'), (nbd) => {
    nbd.setOptMode(true);
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  });
  expect(nbd.getStructuredRepliesNegotiated()).toBe(false);
  await expectRefused(nbd);
  await nbdError(() => nbd.canMetaContext(CONTEXT_BASE_ALLOCATION));
  await nbd.optGo();
  expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(false);
  await nbd.shutdown();
});
