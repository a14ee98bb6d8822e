// A failure inside the module, which leaves its memory in the middle of something: that instance is lost, and only that one.
import { type Library, load, NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { connected, failure, nbdError, newHandle } from './support/handles.js';
import { holdings, internals } from './support/internals.js';
import { nbdkit, peer } from './support/platform.js';
import { handshake } from './support/protocol.js';
import { ScriptedTransport } from './support/scripted_transport.js';

/** Makes an instance's module trap, by a pointer to nothing. */
async function trap(lib: Library): Promise<unknown> {
  return failure(() => internals(lib).module.exports.nbd_get_handle_name?.(2 ** 31 - 8));
}

test('every pending and every later call rejects with ENOTRECOVERABLE, and another instance goes on', async () => {
  const lib = await load();
  const silent = await peer(handshake('simple', 2n ** 20n));
  const nbd = await connected(silent, () => {}, lib);
  const [connecting, idle] = [await newHandle(lib), await newHandle(lib)];
  const other = await connected(await nbdkit('memory', '1M'));
  const pending = [
    nbd.pread(512, 0),
    nbd.pwrite(new Uint8Array(512), 0),
    nbd.poll(-1),
    connecting.connectSocket((await peer([])).socket()),
  ].map(nbdError);

  const cause = await trap(lib);
  expect(cause).toMatchObject({ name: 'NBDError', code: 'ENOTRECOVERABLE', errno: 131 });

  const later = [
    () => nbd.pread(1, 0),
    () => nbd.shutdown(),
    () => idle.getHandleName(),
    () => idle.connectSocket(silent.socket()),
    () => lib.create(),
    () => nbd.aioIsReady(),
  ].map((call) => nbdError(async () => call()));
  for (const error of await Promise.all([...pending, ...later])) {
    expect(error.code).toBe('ENOTRECOVERABLE');
    expect(error.message).toContain('make a new one with load()');
    expect(error.cause).toBeInstanceOf(WebAssembly.RuntimeError);
  }
  for (const handle of [nbd, connecting, idle]) handle.close(); // does nothing worse than before

  expect(await other.pread(16, 0)).toEqual(new Uint8Array(16));
  const fresh = await connected(await nbdkit('memory', '1M'), () => {}, await load());
  expect(fresh.getSize()).toBe(2n ** 20n);
});

test('its sockets are closed', async () => {
  const lib = await load();
  const transport = new ScriptedTransport(handshake('simple', 512n));
  const nbd = await newHandle(lib);
  await nbd.connectSocket(transport);
  expect(transport.closed).toBe(false);
  await trap(lib);
  expect(transport.closed).toBe(true);
  nbd.close();
  expect(holdings(lib).connections).toBe(0);
});

test('an option in flight rejects too', async () => {
  const lib = await load();
  const nbd = await connected(await peer(handshake('simple', 512n).slice(0, -1)), (nbd) => nbd.setOptMode(true), lib);
  const going = nbdError(nbd.optGo());
  await trap(lib);
  expect((await going).code).toBe('ENOTRECOVERABLE');
});

test('NBD.create() goes on, whatever happened to an instance of load()', async () => {
  await trap(await load());
  using nbd = await NBD.create();
  expect(nbd.getPackageName()).toBe('libnbd');
});

test('NBD.create() makes another shared instance once that of the others has failed', async () => {
  const before = await NBD.create();
  const other = await NBD.create();
  const transport = new ScriptedTransport(handshake('simple', 512n));
  await other.connectSocket(transport);
  await trap(before.lib);
  expect([before.connected, other.connected, transport.closed]).toEqual([false, false, true]);
  expect(await other.lost).toMatchObject({ code: 'ENOTRECOVERABLE', isFatal: true });
  const after = await Promise.all([NBD.create(), NBD.create(), NBD.create()]);
  for (const nbd of after) expect(nbd.lib).toBe(after[0]?.lib);
  expect(after[0]?.lib).not.toBe(before.lib);
  const nbd = await connected(await nbdkit('memory', '1M'));
  expect(nbd.lib).toBe(after[0]?.lib);
  expect(await nbd.pread(16, 0)).toEqual(new Uint8Array(16));
  for (const handle of [before, other, ...after]) handle.close();
});
