// The plain newstyle handshake, where an export's name is all that can be sent (tests/newstyle-limited.c).
import { CONTEXT_BASE_ALLOCATION, type NBD, TLS_REQUIRE } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit, type TestServer } from '../support/platform.js';
import { expectWrittenBlockIsReadBack } from '../support/written_block.js';

/** It has one export, 'a'. */
const server = (): Promise<TestServer> =>
  nbdkit(
    '--mask-handshake=0',
    'eval',
    'list_exports=echo a; echo b',
    'get_size=echo 65536',
    'open=if [ "$3" != a ]; then exit 1; fi; truncate --size=65536 $tmpdir/a',
    'pread=dd bs=1 skip=$4 count=$3 if=$tmpdir/a',
    'pwrite=dd bs=1 conv=notrunc seek=$4 of=$tmpdir/a',
    'can_write=exit 0',
  );

const negotiating = async (): Promise<NBD> => connected(await server(), (nbd) => nbd.setOptMode(true));

test('TLS cannot be had', async (context) => {
  const attempt = connected(await server(), (nbd) => {
    context.skip(!nbd.supportsTls(), 'the library has no TLS');
    nbd.setExportName('a');
    nbd.setTls(TLS_REQUIRE);
  });
  expect((await nbdError(attempt)).code).toBe('ENOTSUP');
});

test('in option mode every question is refused', async () => {
  const nbd = await negotiating();
  expect(nbd.aioIsNegotiating()).toBe(true);
  expect(nbd.getProtocol()).toBe('newstyle');
  const never = () => {
    throw new Error('called although nothing was asked of the server');
  };
  for (const ask of [
    () => nbd.optList(never),
    () => nbd.optInfo(),
    () => nbd.optListMetaContext(never),
    () => nbd.optSetMetaContext(never),
    () => nbd.optStructuredReply(),
    () => nbd.optExtendedHeaders(),
    ...(nbd.supportsTls() ? [() => nbd.optStarttls()] : []),
  ]) {
    const error = await nbdError(ask());
    expect(error.message).toMatch(/^nbd_opt_[a-z_]+: server is not using fixed newstyle protocol: Not supported$/);
    expect(error.code).toBe('ENOTSUP');
  }
  expect(nbd.aioIsNegotiating()).toBe(true);
});

test('optAbort has no words for the server: it succeeds, and the handle is dead', async () => {
  const nbd = await negotiating();
  await nbd.optAbort();
  expect(nbd.aioIsDead()).toBe(true);
});

test('a wrong name ends the connection', async () => {
  const nbd = await negotiating();
  nbd.setExportName('b');
  const error = await nbdError(nbd.optGo());
  expect(error.message).toMatch(/^nbd_opt_go: /);
  expect(nbd.aioIsDead()).toBe(true);
});

test.for([
  ['at once', false],
  ['by optGo', true],
] as const)('the right name, %s', async ([, optMode]) => {
  const nbd = await connected(await server(), (nbd) => {
    nbd.setExportName('a');
    nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
    nbd.setOptMode(optMode);
  });
  expect(nbd.aioIsNegotiating()).toBe(optMode);
  if (optMode) await nbd.optGo();
  expect(nbd.aioIsReady()).toBe(true);
  expect(nbd.getProtocol()).toBe('newstyle');
  expect(nbd.getStructuredRepliesNegotiated()).toBe(false);
  expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(false);
  expect(nbd.getSize()).toBe(65536n);
  await expectWrittenBlockIsReadBack(nbd);
  await nbd.shutdown();
});
