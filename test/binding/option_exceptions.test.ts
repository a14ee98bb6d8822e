// What the callbacks of an option throw. A call that waits rejects with it; an `aioOpt*` call has returned already and has no
// cookie to be asked about, so the exception reaches the platform, as one thrown by an event listener does.

import type { NBD } from 'libnbd-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { connected, nbdError } from '../support/handles.js';
import { nbdkit } from '../support/platform.js';

const thrown = new Error('from the callback');
const throwing = () => {
  throw thrown;
};

const negotiating = async (): Promise<NBD> => connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true));

test('optList and optListMetaContext reject with it as the cause, and the handle goes on', async () => {
  const nbd = await negotiating();
  for (const call of [() => nbd.optList(throwing), () => nbd.optListMetaContext(throwing)]) {
    const error = await nbdError(call());
    expect(error.code).toBe('EPROTO');
    expect(error.cause).toBe(thrown);
  }
  await nbd.optGo();
  expect(nbd.getSize()).toBe(2n ** 20n);
});

/** The next exception that nobody caught, which is kept from the test runner. */
function uncaught(): Promise<unknown> {
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  });
  return new Promise((resolve) => process.once('uncaughtException', resolve));
}

test.for([
  ['the list callback of aioOptList', (nbd: NBD) => nbd.aioOptList(throwing)],
  ['the context callback of aioOptListMetaContext', (nbd: NBD) => nbd.aioOptListMetaContext(throwing)],
  ['the completion of aioOptInfo', (nbd: NBD) => nbd.aioOptInfo({ completion: throwing })],
] as const)('%s', async ([, issue]) => {
  const nbd = await negotiating();
  const exception = uncaught();
  issue(nbd);
  expect(await exception).toBe(thrown);
  while (nbd.aioIsConnecting()) await nbd.poll(-1);
  await nbd.optGo();
  expect(nbd.getSize()).toBe(2n ** 20n);
});
