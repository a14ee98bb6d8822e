// The export's flags, each on and off (tests/eflags.c, read-only-flag.c, read-write-flag.c): what a script says the server
// can do is what the handle reports.
import type { NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

const yes = 'exit 0';
const no = 'exit 3';

const reported = {
  canCache: (nbd: NBD) => nbd.canCache(),
  canFastZero: (nbd: NBD) => nbd.canFastZero(),
  canFlush: (nbd: NBD) => nbd.canFlush(),
  canFua: (nbd: NBD) => nbd.canFua(),
  canMultiConn: (nbd: NBD) => nbd.canMultiConn(),
  canTrim: (nbd: NBD) => nbd.canTrim(),
  canZero: (nbd: NBD) => nbd.canZero(),
  isRotational: (nbd: NBD) => nbd.isRotational(),
};

test.for([
  ['canCache', 'can_cache=echo native', true],
  ['canCache', 'can_cache=echo none', false],
  ['canFastZero', `can_fast_zero=${yes}`, true],
  ['canFastZero', `can_fast_zero=${no}`, false],
  ['canFlush', `can_flush=${yes}`, true],
  ['canFlush', `can_flush=${no}`, false],
  ['canFua', 'can_fua=echo native', true],
  ['canFua', 'can_fua=echo none', false],
  ['canMultiConn', `can_multi_conn=${yes}`, true],
  ['canMultiConn', `can_multi_conn=${no}`, false],
  ['canTrim', `can_trim=${yes}`, true],
  ['canTrim', `can_trim=${no}`, false],
  ['canZero', `can_zero=${yes}`, true],
  ['isRotational', `is_rotational=${yes}`, true],
  ['isRotational', `is_rotational=${no}`, false],
] as const)('%s: %s → %s', async ([flag, script, expected]) => {
  const writable = ['get_size=echo 1M', 'pread=exit 1', `can_write=${yes}`];
  const base = script.startsWith('can_zero') ? writable : [...writable, `can_zero=${yes}`];
  const nbd = await connected(await nbdkit('eval', ...base, script));
  expect(reported[flag](nbd)).toBe(expected);
  await nbd.shutdown();
});

test('canZero is false where the server has a filter that says so', async () => {
  const nbd = await connected(await nbdkit('--filter=nozero', 'memory', '1M'));
  expect(nbd.canZero()).toBe(false);
  expect(nbd.canFastZero()).toBe(false);
});

test('canDf comes with structured replies, and only with them', async () => {
  const server = await nbdkit('null');
  expect((await connected(server)).canDf()).toBe(true);
  expect((await connected(server, (nbd) => nbd.setRequestStructuredReplies(false))).canDf()).toBe(false);
});

test.for([
  [['--readonly'], true],
  [[], false],
] as const)('isReadOnly of nbdkit %j is %s', async ([options, expected]) => {
  const nbd = await connected(await nbdkit(...options, 'null'));
  expect(nbd.isReadOnly()).toBe(expected);
  await nbd.shutdown();
});
