// What a server says about an export before it is chosen.
import { CONTEXT_BASE_ALLOCATION, type NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

// Each export has the length of its own name; 'a' does not exist, and only 'b' can be written.
const exportsByName = [
  'open=if test "$3" = a; then echo ENOENT export not available >&2; exit 1; fi; echo "$3"',
  'get_size=printf %s "$2" | wc -c',
  'can_write=test "$2" = b || exit 3',
  'pread=printf %s "$2" | dd bs=1 count=$3 skip=$4',
  'pwrite=dd of=/dev/null',
];

async function negotiating(): Promise<NBD> {
  return connected(await nbdkit('eval', ...exportsByName), (nbd) => nbd.setOptMode(true));
}

/** Nothing is known about the export. */
async function expectNothingKnown(nbd: NBD): Promise<void> {
  const first = 'you need to connect to the server first: Invalid argument';
  expect((await nbdError(() => nbd.getSize())).message).toBe(`nbd_get_size: server has not returned export size, ${first}`);
  expect((await nbdError(() => nbd.isReadOnly())).message).toBe(
    `nbd_is_read_only: server has not returned export flags, ${first}`,
  );
  expect((await nbdError(() => nbd.canMetaContext(CONTEXT_BASE_ALLOCATION))).message).toBe(
    'nbd_can_meta_context: need a successful server meta context request first: Invalid argument',
  );
}

test('optInfo tells, changing the name forgets, optGo tells again', async () => {
  const nbd = await negotiating();
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  await expectNothingKnown(nbd);

  await nbd.optInfo(); // about the export ''
  expect([nbd.getSize(), nbd.isReadOnly(), nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)]).toEqual([0n, true, true]);

  nbd.setExportName('b');
  await expectNothingKnown(nbd);

  nbd.setExportName('a');
  const refused = await nbdError(nbd.optInfo());
  expect(refused.message).toMatch(/^nbd_opt_info: /);

  nbd.setExportName('b');
  nbd.setRequestMetaContext(false);
  await nbd.optInfo();
  nbd.setExportName('b'); // the name that it has already: nothing is forgotten
  expect([nbd.getSize(), nbd.isReadOnly()]).toEqual([1n, false]);
  await nbdError(() => nbd.canMetaContext(CONTEXT_BASE_ALLOCATION));
  nbd.setRequestMetaContext(true);

  nbd.setExportName('a');
  expect((await nbdError(nbd.optGo())).message).toMatch(/^nbd_opt_go: /);
  await expectNothingKnown(nbd);

  nbd.setExportName('good');
  await nbd.optGo();
  expect([nbd.getSize(), nbd.isReadOnly(), nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)]).toEqual([4n, true, true]);

  // From here on it is too late to ask, and nothing is lost by trying.
  expect((await nbdError(() => nbd.setExportName('a'))).code).toBe('EINVAL');
  expect(nbd.getExportName()).toBe('good');
  expect((await nbdError(nbd.optInfo())).code).toBe('EINVAL');
  expect([nbd.getSize(), nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)]).toEqual([4n, true]);
  await nbd.shutdown();
});

test('the contexts that optInfo set stay set for optGo', async () => {
  const nbd = await negotiating();
  nbd.addMetaContext('x-unexpected:bogus');
  await nbdError(() => nbd.canMetaContext(CONTEXT_BASE_ALLOCATION));
  await nbd.optInfo();
  expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(false);
  nbd.setRequestMetaContext(false);
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION); // not asked for any more
  await nbd.optGo();
  expect(nbd.canMetaContext(CONTEXT_BASE_ALLOCATION)).toBe(false);
  await nbd.shutdown();
});
