// Connections that do not come about: each rejects with its own code and a text that names the target, and leaves nothing open.
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { NBD } from 'libnbd-wasm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deferred } from '../support/deferred.js';
import { failure, nbdError, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { temporaryFolder } from '../support/processes.js';
import {
  goReplies,
  greeting,
  NBD_OPT_EXTENDED_HEADERS,
  NBD_OPT_STRUCTURED_REPLY,
  NBD_REP_ERR_UNSUP,
  optionReply,
} from '../support/protocol.js';
import { listen } from '../support/servers.js';
import { closedPort } from '../support/tcp.js';

interface Listener {
  readonly port: number;
  /** Resolves with the first client's socket; `closed` once that client has gone. */
  readonly accepted: Promise<Socket>;
  readonly closed: Promise<void>;
}

/** A server that accepts, and does what the test says. */
async function listener(onConnection: (socket: Socket) => void = () => {}): Promise<Listener> {
  const accepted = deferred<Socket>();
  const closed = deferred<void>();
  const server = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => closed.resolve());
    socket.resume(); // or its end would not be seen
    accepted.resolve(socket);
    onConnection(socket);
  });
  await listen(server, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  return { port, accepted: accepted.promise, closed: closed.promise };
}

function expectNothingLeft(nbd: NBD): void {
  nbd.close();
  expect(holdings(nbd.lib)).toEqual(nothing);
}

// Upstream's state machine looks at SO_ERROR as soon as connect is in progress, finds none and goes on to wait for the server's
// greeting: so it is recv that fails, as it does natively where a refusal takes its time. It is told as one that is known at once.
describe('refused', () => {
  it.each(['127.0.0.1', 'localhost'])('by %s', async (host) => {
    const port = await closedPort();
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectTcp(host, String(port)));
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.message).toBe(`nbd_connect_tcp: connect: ${host}:${port}: could not connect to remote host: Connection refused`);
    expect(error.cause).toBeInstanceOf(Error);
    expect(nbd.aioIsConnecting()).toBe(false);
    expectNothingLeft(nbd);
  });

  it('by URI', async () => {
    const port = await closedPort();
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectUri(`nbd://localhost:${port}/`));
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.message).toBe(
      `nbd_connect_uri: connect: localhost:${port}: could not connect to remote host: Connection refused`,
    );
    expectNothingLeft(nbd);
  });

  it('by a Unix socket that nobody listens on any more', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, '');
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectUnix(path));
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.message).toContain(path);
    expectNothingLeft(nbd);
  });
});

describe('a host that has no address', () => {
  it.each(['connectTcp', 'connectUri'])('%s', async (call) => {
    const nbd = await newHandle();
    const host = 'nosuch.invalid';
    const error = await nbdError(call === 'connectTcp' ? nbd.connectTcp(host, '10809') : nbd.connectUri(`nbd://${host}/`));
    expect(error.message).toMatch(
      /^nbd_connect_\w+: getaddrinfo: hostname "nosuch.invalid" port "10809": (Name or service not known|Temporary failure in name resolution)$/,
    );
    expect(error.code).toBe('EHOSTUNREACH');
    expectNothingLeft(nbd);
  });
});

describe('a server that says nothing', () => {
  it('is waited for until the caller gives up, and then sees the connection closed', async () => {
    const { port, accepted, closed } = await listener();
    const controller = new AbortController();
    const nbd = await newHandle();
    const connecting = failure(nbd.connectTcp('127.0.0.1', String(port), { signal: controller.signal }));
    await accepted;
    const reason = new Error('waited long enough');
    controller.abort(reason);
    expect(await connecting).toBe(reason);
    expect(nbd.aioIsDead()).toBe(true);
    await closed; // though nobody has closed the handle
    expectNothingLeft(nbd);
  });

  it('sees the connection closed when the handle is', async () => {
    const { port, accepted, closed } = await listener();
    const nbd = await newHandle();
    const connecting = nbdError(nbd.connectUri(`nbd://127.0.0.1:${port}`));
    await accepted;
    nbd.close();
    expect((await connecting).code).toBe('ENOTCONN');
    await closed;
  });
});

describe('aborting', () => {
  it('before the call: nothing is opened', async () => {
    const nbd = await newHandle();
    const signal = AbortSignal.abort();
    expect(await failure(nbd.connectTcp('127.0.0.1', String(await closedPort()), { signal }))).toBe(signal.reason);
    expect(nbd.aioIsCreated()).toBe(true);
    expectNothingLeft(nbd);
  });

  it.each(['connectTcp', 'connectUri'] as const)('in the same turn as the call: %s', async (call) => {
    const { port, closed } = await listener();
    const controller = new AbortController();
    const nbd = await newHandle();
    const options = { signal: controller.signal };
    const connecting = failure(
      call === 'connectTcp'
        ? nbd.connectTcp('localhost', String(port), options)
        : nbd.connectUri(`nbd://localhost:${port}`, options),
    );
    controller.abort();
    expect(await connecting).toBe(controller.signal.reason);
    expect(nbd.aioIsReady()).toBe(false);
    nbd.close();
    // The connection may have been made by then, or not: what was made is closed.
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 50))]);
    expectNothingLeft(nbd);
  });

  it('while the name is being resolved', async () => {
    const controller = new AbortController();
    const nbd = await newHandle();
    const connecting = failure(nbd.connectUri('nbd://nosuch.invalid', { signal: controller.signal }));
    controller.abort();
    expect(await connecting).toBe(controller.signal.reason);
    expectNothingLeft(nbd);
  });

  it('in the middle of the negotiation', async () => {
    const { port, accepted, closed } = await listener((socket) => void socket.write(greeting()));
    const controller = new AbortController();
    const nbd = await newHandle();
    const connecting = failure(nbd.connectTcp('127.0.0.1', String(port), { signal: controller.signal }));
    const socket = await accepted;
    await new Promise((resolve) => socket.once('data', resolve)); // the client's options
    controller.abort();
    expect(await connecting).toBe(controller.signal.reason);
    await closed;
    expectNothingLeft(nbd);
  });

  it('after the connection is there does nothing', async () => {
    const { port } = await listener((socket) => {
      socket.write(greeting());
      socket.write(optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_UNSUP));
      socket.write(optionReply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP));
      socket.write(goReplies(4096n));
    });
    const controller = new AbortController();
    const nbd = await newHandle();
    await nbd.connectTcp('127.0.0.1', String(port), { signal: controller.signal });
    controller.abort();
    expect(nbd.aioIsReady()).toBe(true);
  });
});

describe('a server that goes', () => {
  it('at once', async () => {
    const { port } = await listener((socket) => void socket.end());
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectTcp('127.0.0.1', String(port)));
    expect(error.message).toBe('nbd_connect_tcp: recv: server disconnected unexpectedly');
    expectNothingLeft(nbd);
  });

  it('with a reset', async () => {
    const { port } = await listener((socket) => {
      socket.write('NBD', () => socket.resetAndDestroy());
    });
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectTcp('127.0.0.1', String(port)));
    expect(error.code).toBe('ECONNRESET');
    expect(error.message).toMatch(/^nbd_connect_tcp: recv: Connection reset by peer/);
    expectNothingLeft(nbd);
  });

  it('in the middle of its greeting', async () => {
    const { port } = await listener((socket) => void socket.end(greeting().subarray(0, 11)));
    const nbd = await newHandle();
    const error = await nbdError(nbd.connectTcp('127.0.0.1', String(port)));
    expect(error.message).toBe('nbd_connect_tcp: recv: server disconnected unexpectedly');
  });
});

it('a slow server is waited for: one byte a turn', async () => {
  const { port } = await listener(async (socket) => {
    const script = [
      greeting(),
      optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_UNSUP),
      optionReply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP),
      goReplies(4096n),
    ];
    for (const byte of Buffer.concat(script)) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const nbd = await newHandle();
  await nbd.connectTcp('127.0.0.1', String(port));
  expect(nbd.getSize()).toBe(4096n);
});
