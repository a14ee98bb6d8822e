// What a handle tells of a connection that is over: nbd.lost, nbd.connected, and the errors of the calls that come too late.
import { type NBD, NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { pattern, u32 } from './support/bytes.js';
import { connected, nbdError, newHandle } from './support/handles.js';
import { nbdkit, peer } from './support/platform.js';
import { handshake, request, simpleReply } from './support/protocol.js';
import { ScriptedTransport } from './support/scripted_transport.js';

/** Calls that need a connection, each by the name that its error begins with. */
const calls: [string, (nbd: NBD) => unknown][] = [
  ['nbd_pread', (nbd) => nbd.pread(512, 0)],
  ['nbd_pread', (nbd) => nbd.preadInto(new Uint8Array(512), 0)],
  ['nbd_pwrite', (nbd) => nbd.pwrite(new Uint8Array(512), 0)],
  ['nbd_flush', (nbd) => nbd.flush()],
  ['nbd_zero', (nbd) => nbd.zero(512, 0)],
  ['nbd_shutdown', (nbd) => nbd.shutdown()],
  ['nbd_aio_pread', (nbd) => nbd.aioPread(new Uint8Array(512), 0)],
  ['nbd_aio_flush', (nbd) => nbd.aioFlush()],
];

/** Whether a promise is still pending, after everything that waits has had its turn. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
  const pending = Symbol();
  return (await Promise.race([promise, pending])) === pending;
}

const scripted = (...steps: ConstructorParameters<typeof ScriptedTransport>[0]) =>
  new ScriptedTransport([...handshake('simple', 512n), ...steps]);

describe('a connection lost while nothing is in flight', () => {
  test('nbd.lost says why, and so does each later call, as the cause of ENOTCONN', async () => {
    const nbd = await newHandle();
    await nbd.connectSocket(scripted({ close: 'reset' }));
    const lost = await nbd.lost;
    expect(lost).toBeInstanceOf(NBDError);
    expect(lost).toMatchObject({ code: 'ECONNRESET', isFatal: true });
    expect(nbd.connected).toBe(false);
    for (const [name, call] of calls) {
      const error = await nbdError(async () => call(nbd));
      expect(error.message, name).toMatch(new RegExp(`^${name}: the connection was lost: `));
      expect(error, name).toMatchObject({ code: 'ENOTCONN', errno: 107, isFatal: true });
      expect(error.cause, name).toBe(lost);
    }
    for (const call of [() => nbd.getSize(), () => nbd.readFully(512, 0)]) {
      expect(await nbdError(async () => call())).toMatchObject({ code: 'ENOTCONN', isFatal: true, cause: lost });
    }
    expect(await nbd.lost).toBe(lost);
  });

  test('of a server that was killed', async () => {
    const server = await nbdkit('memory', '1M');
    const nbd = await connected(server);
    expect(await isPending(nbd.lost)).toBe(true);
    await server.kill();
    const lost = await nbd.lost;
    expect(lost.isFatal).toBe(true);
    const error = await nbdError(nbd.pread(512, 0));
    expect([error.code, error.isFatal, error.cause === lost]).toEqual(['ENOTCONN', true, true]);
  });

  test('of a server that ends the stream in good order', async () => {
    const nbd = await newHandle();
    await nbd.connectSocket(scripted({ close: 'end' }));
    expect(await nbd.lost).toMatchObject({ code: 'ENOTCONN', isFatal: true });
    expect((await nbd.lost).message).toContain('the server closed the connection');
    expect((await nbdError(nbd.pread(1, 0))).message).toBe(
      'nbd_pread: the connection was lost: the server closed the connection',
    );
  });

  test('of a server that says what nobody asked for', async () => {
    const nbd = await newHandle();
    await nbd.connectSocket(scripted({ send: u32(0x12345678) }, { send: new Uint8Array(12) }));
    const lost = await nbd.lost;
    expect(lost.message).toContain('invalid or unexpected reply magic 0x12345678');
    expect((await nbdError(nbd.pread(1, 0))).cause).toBe(lost);
  });

  test('a handle whose calls are refused for another reason says that', async () => {
    const nbd = await newHandle();
    await nbd.connectSocket(scripted({ close: 'reset' }));
    await nbd.lost;
    const error = await nbdError(nbd.connectUri('nbd://localhost'));
    expect([error.code, error.cause]).toEqual(['EINVAL', undefined]);
    expect(error.message).toContain('the handle must be newly created');
    expect(nbd.aioIsDead()).toBe(true);
  });
});

test('a connection lost while a call is in flight: the call says why, and nbd.lost says the same', async () => {
  const nbd = await newHandle();
  await nbd.connectSocket(scripted({ receive: request }, { close: 'reset' }));
  const error = await nbdError(nbd.pread(512, 0));
  const lost = await nbd.lost;
  expect(error).toMatchObject({ code: 'ECONNRESET', isFatal: true });
  expect(lost).toMatchObject({ code: 'ECONNRESET', isFatal: true });
  expect(await nbdError(nbd.pread(512, 0))).toMatchObject({ code: 'ENOTCONN', cause: lost });
});

test('a handshake that fails: the connect rejects, and nbd.lost is fulfilled', async () => {
  const nbd = await newHandle();
  const error = await nbdError(nbd.connectSocket(new ScriptedTransport([{ close: 'reset' }])));
  expect(error).toMatchObject({ code: 'ECONNRESET', isFatal: true });
  expect(await nbd.lost).toMatchObject({ code: 'ECONNRESET', isFatal: true });
  expect(nbd.connected).toBe(false);
});

describe('an end that was asked for', () => {
  test('shutdown(): later calls say so, and nbd.lost stays pending', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    await nbd.shutdown();
    expect(nbd.connected).toBe(false);
    for (const [name, call] of calls) {
      const error = await nbdError(async () => call(nbd));
      expect(error.message).toBe(`${name}: the connection was shut down`);
      expect([error.code, error.isFatal, error.cause]).toEqual(['ENOTCONN', true, undefined]);
    }
    expect(await isPending(nbd.lost)).toBe(true);
  });

  test('close(): calls say EBADF, and nbd.lost stays pending', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    nbd.close();
    expect(nbd.connected).toBe(false);
    for (const [, call] of calls) expect(await nbdError(async () => call(nbd))).toMatchObject({ code: 'EBADF', isFatal: true });
    expect(await isPending(nbd.lost)).toBe(true);
  });
});

test('nbd.connected: from the handshake on, in option mode as well', async () => {
  const server = await nbdkit('memory', '1M');
  const nbd = await newHandle();
  expect(nbd.connected).toBe(false);
  nbd.setOptMode(true);
  const connecting = nbd.connectSocket(server.socket());
  expect(nbd.connected).toBe(false);
  await connecting;
  expect(nbd.connected).toBe(true);
  await nbd.optGo();
  expect(nbd.connected).toBe(true);
  const reading = nbd.pread(512, 0);
  expect(nbd.connected).toBe(true);
  await reading;
  await nbd.shutdown();
  expect(nbd.connected).toBe(false);
});

test('an error that the server reports is not fatal, nor one of a wrong argument', async () => {
  const nbd = await connected(await peer([...handshake('simple', 512n), { receive: request }, { send: simpleReply(1, 5) }]));
  expect(await nbdError(nbd.pread(8, 0))).toMatchObject({ code: 'EIO', isFatal: false });
  expect(await nbdError(nbd.pread(8, 4096))).toMatchObject({ code: 'EINVAL', isFatal: false });
  expect(await nbdError(nbd.optGo())).toMatchObject({ code: 'EINVAL', isFatal: false });
  expect(await nbdError(() => nbd.setExportName('x'))).toMatchObject({ code: 'EINVAL', isFatal: false });
  expect(nbd.connected).toBe(true);
});

test('before there was a connection, no call speaks of a lost one', async () => {
  const nbd = await newHandle();
  const error = await nbdError(nbd.pread(512, 0));
  expect([error.code, error.isFatal, error.cause]).toEqual(['ENOTCONN', false, undefined]);
  expect(error.message).not.toContain('lost');
  expect(await isPending(nbd.lost)).toBe(true);
});

test('a reply that had arrived before the connection broke still counts', async () => {
  const reply = simpleReply(1, 0, pattern(0, 8));
  const nbd = await newHandle();
  await nbd.connectSocket(scripted({ receive: request }, { send: reply }, { close: 'reset' }));
  expect(await nbd.pread(8, 0)).toEqual(pattern(0, 8));
  expect((await nbd.lost).code).toBe('ECONNRESET');
});
