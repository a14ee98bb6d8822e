// A connection that goes away while calls wait for it: each of them rejects, and says why.
import type { NBD, NBDError } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { pattern } from './support/bytes.js';
import { connected, failure, nbdError, newHandle } from './support/handles.js';
import { nbdkit, nbdServer, peer, qemuNbd, type TestServer } from './support/platform.js';
import { handshake, request, simpleReply } from './support/protocol.js';
import type { Step } from './support/script.js';

/** The errors of 64 reads and writes that are in flight when something happens. */
async function errorsOfMany(nbd: NBD, happening: () => unknown): Promise<unknown[]> {
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 32; i++) calls.push(nbd.pread(65536, i * 65536), nbd.pwrite(new Uint8Array(512), i * 65536));
  const settled = Promise.allSettled(calls);
  await happening();
  return (await settled).flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}

const lostCodes = ['ECONNRESET', 'ENOTCONN', 'EPIPE'];

const servers: [string, () => Promise<TestServer>][] = [
  ['nbdkit', () => nbdkit('--filter=delay', 'memory', '8M', 'rdelay=100', 'wdelay=100')],
  ['qemu-nbd', () => qemuNbd({ format: 'raw', size: 8 * 2 ** 20 })],
  ['nbd-server', () => nbdServer(new Uint8Array(8 * 2 ** 20))],
];

test.for(servers)('%s is killed', async ([name, start]) => {
  const server = await start();
  const nbd = await connected(server, (nbd) => nbd.setExportName(name === 'nbd-server' ? 'disk' : ''));
  const errors = await errorsOfMany(nbd, () => server.kill());
  if (name === 'nbdkit') expect(errors.length).toBe(64); // it was in no hurry to answer any of them
  for (const error of errors) {
    expect(error).toMatchObject({ name: 'NBDError', message: expect.stringMatching(/^nbd_p(read|write): /) });
    expect(lostCodes).toContain((error as NBDError).code);
  }
  const later = await nbdError(nbd.pread(512, 0));
  expect(later.message).toMatch(/^nbd_pread: /);
  expect(nbd.aioIsDead() || nbd.aioIsClosed()).toBe(true); // closed, if it had answered all of them
  expect(nbd.aioInFlight()).toBe(0);
});

const endings: [string, Step[]][] = [
  ['ends the stream instead of answering', [{ close: 'end' }]],
  ['resets the connection instead of answering', [{ close: 'reset' }]],
  ['ends the stream in the middle of a header', [{ send: simpleReply(1).subarray(0, 7) }, { close: 'end' }]],
  ['ends the stream in the middle of the data', [{ send: simpleReply(1, 0, pattern(0, 30_000)) }, { close: 'end' }]],
  ['resets the connection in the middle of the data', [{ send: simpleReply(1, 0, pattern(0, 30_000)) }, { close: 'reset' }]],
];

test.for(endings)('the server %s', async ([, ending]) => {
  const nbd = await connected(await peer([...handshake('simple', 2n ** 23n), { receive: request }, ...ending]));
  const errors = await errorsOfMany(nbd, () => {});
  expect(errors.length).toBe(64);
  for (const error of errors) expect(lostCodes, String(error)).toContain((error as NBDError).code);
  await nbdError(nbd.pread(512, 0));
});

test('the server goes while nobody asks it anything, and the next call fails', async () => {
  const server = await nbdkit('memory', '1M');
  const nbd = await connected(server);
  await server.kill();
  const error = await nbdError(nbd.pread(512, 0));
  expect(error.message).toMatch(/^nbd_pread: /);
});

describe('a server that never answers', () => {
  const silent = () => peer(handshake('simple', 2n ** 20n));

  test('an aborted call rejects at once with the signal’s reason, and the others wait on', async () => {
    const nbd = await connected(await silent());
    const controller = new AbortController();
    const other = nbd.pread(512, 0);
    const calls = [
      nbd.pread(512, 0, { signal: controller.signal }),
      nbd.preadInto(new Uint8Array(512), 0, { signal: controller.signal }),
      nbd.pwrite(new Uint8Array(512), 0, { signal: controller.signal }),
    ];
    const reason = new Error('changed my mind');
    controller.abort(reason);
    for (const call of calls) expect(await failure(call)).toBe(reason);
    expect(nbd.aioInFlight()).toBe(4); // what was sent cannot be taken back
    nbd.close();
    await nbdError(other);
  });

  test('a timeout signal', async () => {
    const nbd = await connected(await silent());
    const error = await failure(nbd.pread(512, 0, { signal: AbortSignal.timeout(10) }));
    expect(error).toMatchObject({ name: 'TimeoutError' });
  });

  test('a signal that was aborted before: the call is not made', async () => {
    const nbd = await connected(await silent());
    expect(await failure(nbd.pread(512, 0, { signal: AbortSignal.abort('never') }))).toBe('never');
    expect(nbd.aioInFlight()).toBe(0);
  });

  test('a signal that fires after the answer does nothing', async () => {
    const script = [...handshake('simple', 512n), { receive: request }, { send: simpleReply(1, 0, pattern(0, 8)) }];
    const nbd = await connected(await peer(script));
    const controller = new AbortController();
    const bytes = await nbd.pread(8, 0, { signal: controller.signal });
    controller.abort();
    expect(bytes).toEqual(pattern(0, 8));
  });

  test('an aborted call’s answer still comes, and harms nobody', async () => {
    const script = [
      ...handshake('simple', 512n),
      { receive: 2 * request },
      { send: simpleReply(1, 0, pattern(0, 8)) },
      { send: simpleReply(2, 0, pattern(8, 8)) },
    ];
    const nbd = await connected(await peer(script));
    const controller = new AbortController();
    const aborted = nbd.pread(8, 0, { signal: controller.signal });
    controller.abort('gone');
    expect(await failure(aborted)).toBe('gone');
    expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
    expect(nbd.aioInFlight()).toBe(0);
  });

  test('an aborted connect rejects with the reason and leaves no connection', async () => {
    const server = await peer([]);
    const nbd = await newHandle();
    const controller = new AbortController();
    const connecting = nbd.connectSocket(server.socket(), { signal: controller.signal });
    controller.abort('too slow');
    expect(await failure(connecting)).toBe('too slow');
    expect(nbd.aioIsConnecting()).toBe(false);
  });

  test('an aborted shutdown', async () => {
    const nbd = await connected(await silent());
    const controller = new AbortController();
    const [reading, shuttingDown] = [nbdError(nbd.pread(512, 0)), nbd.shutdown({ signal: controller.signal })];
    controller.abort('long enough');
    expect(await failure(shuttingDown)).toBe('long enough');
    await reading;
    expect(nbd.aioIsDead()).toBe(true);
  });

  test('an aborted option', async () => {
    const server = await nbdkit('memory', '1M');
    const nbd = await connected(server, (nbd) => nbd.setOptMode(true));
    const controller = new AbortController();
    const going = nbd.optGo({ signal: controller.signal });
    controller.abort('enough');
    expect(await failure(going)).toBe('enough');
  });
});

describe('the client closes the handle', () => {
  test('every pending call rejects', async () => {
    const nbd = await connected(await peer(handshake('simple', 2n ** 23n)));
    const errors = await errorsOfMany(nbd, () => nbd.close());
    expect(errors.length).toBe(64);
    for (const error of errors) {
      expect(error).toMatchObject({ code: 'ENOTCONN', errno: 107 });
      expect((error as NBDError).message).toMatch(/^nbd_p(read|write): the handle was closed before the server had answered$/);
    }
  });

  test('while it is connecting', async () => {
    const server = await peer([]);
    const nbd = await newHandle();
    const connecting = nbd.connectSocket(server.socket());
    nbd.close();
    const error = await nbdError(connecting);
    expect(error.message).toBe('nbd_connect_socket: the handle was closed before the server had answered');
    expect(error.code).toBe('ENOTCONN');
  });

  test('while it waits for an option, a shutdown or a poll', async () => {
    const nbd = await connected(await peer(handshake('simple', 512n)));
    const shuttingDown = nbdError(nbd.shutdown());
    nbd.close();
    expect((await shuttingDown).code).toBe('ENOTCONN');

    const idle = await connected(await peer(handshake('simple', 512n)));
    const polling = nbdError(idle.poll(-1));
    idle.close();
    expect((await polling).code).toBe('ENOTCONN');

    const negotiating = await connected(await peer(handshake('simple', 512n).slice(0, -1)), (nbd) => nbd.setOptMode(true));
    const going = nbdError(negotiating.optGo());
    negotiating.close();
    expect((await going).code).toBe('ENOTCONN');
  });

  test('every call after it is refused, and closing again does nothing', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    nbd.close();
    nbd.close();
    expect(nbd.closed).toBe(true);
    const calls: (() => unknown)[] = [
      () => nbd.pread(1, 0),
      () => nbd.shutdown(),
      () => nbd.poll(0),
      () => nbd.getSize(),
      () => nbd.setExportName('x'),
      () => nbd.aioFlush(),
      () => nbd.aioIsReady(),
      () => nbd.connectUri('nbd://localhost'),
    ];
    for (const call of calls) {
      const error = await nbdError(async () => call());
      expect(error.message).toContain('the handle is closed');
      expect(error).toMatchObject({ code: 'EBADF', errno: 9 });
    }
  });

  test('`using` closes it, and `await using` tells the server first', async () => {
    const server = await peer([...handshake('simple', 512n), { receive: request }, { close: 'end' }]);
    let used: NBD;
    {
      using nbd = await connected(server);
      used = nbd;
    }
    expect(used.closed).toBe(true);
    {
      await using nbd = await connected(server);
      used = nbd;
    }
    expect(used.closed).toBe(true);
  });
});
