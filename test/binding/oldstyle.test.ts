// The oldstyle handshake, in which the client says nothing (tests/oldstyle.c).
import { CONTEXT_BASE_ALLOCATION, TLS_REQUIRE } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';
import { expectWrittenBlockIsReadBack } from '../support/written_block.js';

const server = () => nbdkit('--oldstyle', 'memory', '65536');

test('TLS cannot be had', async (context) => {
  const attempt = connected(await server(), (nbd) => {
    context.skip(!nbd.supportsTls(), 'the library has no TLS');
    nbd.setTls(TLS_REQUIRE);
  });
  expect((await nbdError(attempt)).code).toBe('ENOTSUP');
});

test('a name, contexts and option mode are asked for in vain', async () => {
  const nbd = await connected(await server(), (nbd) => {
    nbd.setOptMode(true);
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    nbd.setExportName('ignored');
  });
  expect(nbd.aioIsReady()).toBe(true);
  expect(nbd.getProtocol()).toBe('oldstyle');
  expect(nbd.getStructuredRepliesNegotiated()).toBe(false);
  expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(false);
  expect(nbd.getSize()).toBe(65536n);
  await expectWrittenBlockIsReadBack(nbd);
  await nbd.shutdown();
});
