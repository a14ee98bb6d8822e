// Asking for structured replies twice (tests/opt-structured-twice.c).
import { CONTEXT_BASE_ALLOCATION, type ErrorRef } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

test('aioOptStructuredReply and aioOptExtendedHeaders', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => {
    nbd.setOptMode(true);
    nbd.setRequestExtendedHeaders(false);
    nbd.setRequestStructuredReplies(false);
  });
  const codes: (string | null)[] = [];
  const completion = (error: ErrorRef) => void codes.push(error.code);
  nbd.aioOptExtendedHeaders({ completion });
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  nbd.aioOptStructuredReply({ completion });
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  expect(codes).toEqual(['ENOTSUP', null]);
  expect([nbd.getExtendedHeadersNegotiated(), nbd.getStructuredRepliesNegotiated()]).toEqual([false, true]);
});

test('the second time the server may refuse, and they are negotiated all the same', async () => {
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => {
    nbd.setOptMode(true);
    nbd.setRequestStructuredReplies(false);
  });
  expect(nbd.getStructuredRepliesNegotiated()).toBe(false);
  expect(await nbd.optStructuredReply()).toBe(true);
  expect(nbd.getStructuredRepliesNegotiated()).toBe(true);
  expect(await nbd.optStructuredReply()).toBeTypeOf('boolean');
  expect(nbd.getStructuredRepliesNegotiated()).toBe(true);
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  await nbd.optGo();
  expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(true);
  const contexts: string[] = [];
  await nbd.blockStatus(65536, 0, (name) => void contexts.push(name));
  expect(contexts).toEqual([CONTEXT_BASE_ALLOCATION]);
});
