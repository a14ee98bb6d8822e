// The variable LIBNBD_DEBUG, which each new handle looks at (tests/debug-environment.c).
import { NBD } from 'libnbd-wasm';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test.for([
  ['1', true],
  ['0', false],
  ['', false],
  [undefined, false],
] as const)('LIBNBD_DEBUG=%s', async ([value, expected]) => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.stubEnv('LIBNBD_DEBUG', value);
  using nbd = await NBD.create();
  expect(nbd.getDebug()).toBe(expected);
  nbd.setDebug(false);
  expect(printed.mock.calls.length > 0).toBe(expected); // 'opening handle' at least
});
