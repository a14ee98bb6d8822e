// A callback lives until libnbd frees it, never shorter and never longer (tests/closure-lifetimes.c).
import { CONTEXT_BASE_ALLOCATION, load } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { retired } from '../support/aio.js';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { holdings } from '../support/internals.js';
import { nbdkit, peer } from '../support/platform.js';
import { handshake } from '../support/protocol.js';

test('a debug callback: until another takes its place, or the handle is closed', async () => {
  const lib = await load();
  const held = () => holdings(lib).closures;
  const nbd = lib.create();
  expect(held()).toBe(0);
  nbd.setDebugCallback(() => {});
  nbd.setDebugCallback(() => {});
  expect(held()).toBe(1);
  nbd.clearDebugCallback();
  expect(held()).toBe(0);
  nbd.setDebugCallback(() => {});
  nbd.close();
  expect(held()).toBe(0);
});

test('those of a command: until it is retired', async () => {
  const lib = await load();
  const nbd = await connected(await nbdkit('null', '512'), () => {}, lib);
  const calls: string[] = [];
  const cookie = nbd.aioPreadStructured(new Uint8Array(512), 0, () => void calls.push('chunk'), {
    completion: () => void calls.push('completion'),
  });
  expect(holdings(lib).closures).toBe(2);
  while (nbd.aioPeekCommandCompleted() === 0n) await nbd.poll(-1);
  expect(calls).toEqual(['chunk', 'completion']);
  expect(holdings(lib).closures).toBe(2); // complete, and not retired yet
  await retired(nbd, cookie);
  expect(holdings(lib).closures).toBe(0);
});

test('those of a call that waits: until its promise has settled', async () => {
  const lib = await load();
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.addMetaContext(CONTEXT_BASE_ALLOCATION), lib);
  await nbd.preadStructured(512, 0, () => {});
  await nbd.blockStatus(512, 0, () => {});
  await nbdError(nbd.blockStatus64(512, 0, () => -1));
  expect(holdings(lib).closures).toBe(0);
});

test('those of an option: until the server has answered', async () => {
  const lib = await load();
  const nbd = await connected(await nbdkit('memory', '1M'), (nbd) => nbd.setOptMode(true), lib);
  await nbd.optList(() => {});
  await nbd.optListMetaContext(() => {});
  nbd.setExportName('a name');
  await nbd.optInfo();
  expect(holdings(lib).closures).toBe(0);
});

test('those of a command that is in flight when the handle is closed: called once more, and freed', async () => {
  const lib = await load();
  const nbd = await connected(await peer(handshake('simple', 512n)), () => {}, lib); // it never answers
  const calls: unknown[] = [];
  nbd.aioPreadStructured(new Uint8Array(512), 0, () => void calls.push('chunk'), {
    completion: (error) => void calls.push(error.code),
  });
  nbd.close();
  expect(calls).toEqual(['ENOTCONN']);
  expect(holdings(lib).closures).toBe(0);
});

test('those of a command that was refused: never called, and freed', async () => {
  const lib = await load();
  const nbd = await newHandle(lib);
  const never = () => {
    throw new Error('called although the command was refused');
  };
  await nbdError(() => nbd.aioBlockStatus(512, 0, never, { completion: never })); // in the wrong state
  expect(holdings(lib).closures).toBe(0);
  await nbd.connectSocket((await nbdkit('null', '512')).socket());
  await nbdError(() => nbd.aioBlockStatus(512, 0, never, { completion: never })); // without a metadata context
  expect(holdings(lib).closures).toBe(0);
  expect(() => nbd.aioBlockStatus(512, 2 ** 53, never, { completion: never })).toThrow(RangeError);
  expect(() => nbd.aioPread(new Uint8Array(512), 0, { completion: 'no function' as unknown as () => void })).toThrow(TypeError);
  expect(holdings(lib).closures).toBe(0);
});
