// However a socket ends, every pending call rejects, with the code of what happened and, if that was an error, its cause.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { MessageChannel } from 'node:worker_threads';
import { type BytePair, type NBD, NBDError, type SocketLike, type TransportEvents } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { newHandle } from '../../support/handles.js';
import { peer } from '../../support/peer.js';
import { handshake } from '../../support/protocol.js';
import { nbdkit } from '../../support/servers.js';
import { asSocket, tlsSocket } from '../../support/socket_kinds.js';

const silent = async () => (await peer(handshake('simple', 2n ** 30n))).socket() as Socket;

/** The errors of some calls in flight on a socket to which something happens. */
async function errors(socket: SocketLike, happen: () => unknown): Promise<NBDError[]> {
  const nbd = await newHandle();
  await nbd.connectSocket(socket);
  const calls = [nbd.pread(512, 0), nbd.pwrite(new Uint8Array(2 ** 20), 0), nbd.pread(512, 512)];
  const settled = Promise.allSettled(calls);
  await nbd.poll(0); // what was issued is on its way
  happen();
  const reasons = (await settled).map((result) => (result.status === 'rejected' ? result.reason : result));
  for (const reason of reasons) expect(reason).toBeInstanceOf(NBDError);
  await expectDead(nbd);
  return reasons as NBDError[];
}

async function expectDead(nbd: NBD): Promise<void> {
  expect(nbd.aioIsDead() || nbd.aioIsClosed()).toBe(true);
  expect(nbd.aioInFlight()).toBe(0);
  await expect(nbd.pread(1, 0)).rejects.toThrow(NBDError);
}

describe('a net.Socket', () => {
  test('whose server has ended the stream', async () => {
    const server = await peer([...handshake('simple', 2n ** 30n), { receive: 28 }, { close: 'end' }]);
    for (const error of await errors(server.socket(), () => {})) expect(error.code).toBe('ENOTCONN');
  });

  test('that is destroyed', async () => {
    const socket = await silent();
    for (const error of await errors(socket, () => socket.destroy())) expect(error.code).toBe('ECONNABORTED');
  });

  test('that is destroyed with an error', async () => {
    const socket = await silent();
    const cause = Object.assign(new Error('cable cut'), { code: 'EHOSTUNREACH' });
    for (const error of await errors(socket, () => socket.destroy(cause))) {
      expect(error.code).toBe('EHOSTUNREACH');
      expect(error.cause).toBe(cause);
    }
  });

  test('that is destroyed with an error that has no code of an errno’s', async () => {
    const socket = await silent();
    const cause = new Error('something else');
    for (const error of await errors(socket, () => socket.destroy(cause))) expect(error).toMatchObject({ code: 'EIO', cause });
  });

  test('that emits an error', async () => {
    const socket = await silent();
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    for (const error of await errors(socket, () => socket.emit('error', cause))) {
      expect(error).toMatchObject({ code: 'ECONNRESET', cause });
    }
    socket.destroy();
  });

  test('whose owner has ended it, while the server does not mind', async () => {
    const socket = await silent();
    const nbd = await newHandle();
    await nbd.connectSocket(socket);
    socket.end();
    await expect(nbd.pwrite(new Uint8Array(512), 0)).rejects.toMatchObject({ name: 'NBDError', code: 'EPIPE' });
  });
});

describe('while it is connecting', () => {
  test('nobody listens on that port', async () => {
    const listener = createServer();
    const port = await new Promise<number>((resolve) => {
      listener.listen(0, '127.0.0.1', () => resolve((listener.address() as { port: number }).port));
    });
    await new Promise((resolve) => listener.close(resolve));
    const nbd = await newHandle();
    const error = await nbd.connectSocket(connect(port, '127.0.0.1')).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'NBDError', code: 'ECONNREFUSED', errno: 111, cause: { syscall: 'connect' } });
    expect((error as NBDError).message).toMatch(/^nbd_connect_socket: /);
  });

  test('there is no such path', async () => {
    const nbd = await newHandle();
    const error = await nbd.connectSocket(connect('/nonexistent/socket')).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'NBDError', code: 'ENOENT', errno: 2 });
  });

  test('the name cannot be found', async () => {
    const lookup = (_name: string, _options: unknown, callback: (error: Error, address: string, family: number) => void) =>
      setImmediate(callback, Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), '', 4);
    const nbd = await newHandle();
    const error = await nbd.connectSocket(connect({ host: 'disks.invalid', port: 1, lookup })).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'NBDError', cause: { code: 'ENOTFOUND' } });
  });

  test('it is aborted: the socket is closed', async () => {
    const socket = await silent();
    const controller = new AbortController();
    const connecting = (await newHandle()).connectSocket(socket, { signal: controller.signal });
    const closed = once(socket, 'close');
    controller.abort('enough');
    await expect(connecting).rejects.toBe('enough');
    await closed;
  });

  test('it is destroyed', async () => {
    const socket = await silent();
    const nbd = await newHandle();
    const connecting = nbd.connectSocket(socket);
    socket.destroy();
    await expect(connecting).rejects.toMatchObject({ name: 'NBDError', code: 'ECONNABORTED' });
  });

  test('the server ends it after the greeting', async () => {
    const server = await peer([handshake('simple', 1n)[0] ?? { close: 'end' }, { close: 'end' }]);
    await expect((await newHandle()).connectSocket(server.socket())).rejects.toThrow('server disconnected unexpectedly');
  });

  test('the certificate is not trusted', async () => {
    const trusted = await tlsSocket(await nbdkit('memory', '1M'));
    const port = await new Promise<number>((resolve) => trusted.once('secureConnect', () => resolve(trusted.remotePort ?? 0)));
    trusted.destroy();
    const socket = connectTls({ host: '127.0.0.1', port, servername: 'localhost' });
    const error = await (await newHandle()).connectSocket(socket).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'NBDError', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } });
  });
});

test('a tls.TLSSocket whose server is gone', async () => {
  const server = await nbdkit('--filter=delay', 'memory', '1G', 'rdelay=100', 'wdelay=100');
  const socket = await tlsSocket(server);
  for (const error of await errors(socket, () => void server.kill())) expect(error.code).toMatch(/^E/);
});

describe('web streams', () => {
  test('whose readable ends', async () => {
    const server = await peer([...handshake('simple', 2n ** 30n), { receive: 28 }, { close: 'end' }]);
    const pair = Duplex.toWeb(server.socket() as Socket) as BytePair;
    for (const error of await errors(pair, () => {})) expect(error.code).toBe('ENOTCONN');
  });

  test('that fail', async () => {
    const socket = await silent();
    const cause = Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    for (const error of await errors(Duplex.toWeb(socket) as BytePair, () => socket.destroy(cause))) {
      expect(error).toMatchObject({ code: 'ECONNRESET', cause });
    }
  });

  test('that deliver something else than bytes', async () => {
    const pair = {
      readable: new ReadableStream({ start: (c) => c.enqueue('text' as unknown as Uint8Array) }),
      writable: new WritableStream(),
    } as BytePair;
    const error = await (await newHandle()).connectSocket(pair).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: 'NBDError', code: 'EIO', cause: expect.any(TypeError) });
  });
});

describe('a MessagePort', () => {
  /** A port that has delivered a handshake, and its other end. */
  function port() {
    const { port1, port2 } = new MessageChannel();
    for (const step of handshake('simple', 2n ** 30n)) if ('send' in step) port2.postMessage(step.send);
    return { near: asSocket(port1), far: port2 };
  }

  test.for<[string, (far: ReturnType<typeof port>['far']) => void, string]>([
    ['null: the end of the stream', (far) => far.postMessage(null), 'ENOTCONN'],
    ['a string: what went wrong', (far) => far.postMessage('the proxy is tired'), 'EIO'],
    ['what is no bytes', (far) => far.postMessage({ bytes: 1 }), 'EIO'],
    ['nothing more: it is closed', (far) => far.close(), 'ENOTCONN'],
  ])('that delivers %s', async ([, happen, code]) => {
    const { near, far } = port();
    for (const error of await errors(near, () => happen(far))) expect(error.code).toBe(code);
    far.close();
  });

  test('the string is the cause', async () => {
    const { near, far } = port();
    const [error] = await errors(near, () => far.postMessage('the proxy is tired'));
    expect(error?.cause).toMatchObject({ message: 'the proxy is tired' });
    far.close();
  });
});

describe('a Transport', () => {
  /** A transport whose events the test makes. */
  function transport() {
    let events: TransportEvents | undefined;
    return {
      open: (given: TransportEvents) => {
        events = given;
        for (const step of handshake('simple', 2n ** 30n)) if ('send' in step) given.data(step.send);
      },
      write: (_chunks: readonly Uint8Array[], written: () => void) => written(),
      close: () => {},
      get events() {
        if (events === undefined) throw new Error('not open');
        return events;
      },
    };
  }

  test('that ends', async () => {
    const one = transport();
    for (const error of await errors(one, () => one.events.end())) expect(error.code).toBe('ENOTCONN');
  });

  test.for<[string, unknown, string]>([
    ['an errno’s code', { code: 'ETIMEDOUT' }, 'ETIMEDOUT'],
    ['another code', { code: 'ERR_SOMETHING' }, 'EIO'],
    ['an Error', new Error('text'), 'EIO'],
    ['a string', 'text', 'EIO'],
    ['nothing', undefined, 'EIO'],
  ])('that fails with %s', async ([, failure, code]) => {
    const one = transport();
    for (const error of await errors(one, () => one.events.error(failure))) {
      expect(error.code).toBe(code);
      expect(error.cause).toBe(failure);
    }
  });

  test('that goes on reporting after its end', async () => {
    const one = transport();
    const happen = () => {
      one.events.error(new Error('first'));
      one.events.error(new Error('second'));
      one.events.end();
      one.events.data(new Uint8Array(1000));
    };
    const [error] = await errors(one, happen);
    expect(error?.cause).toMatchObject({ message: 'first' });
    one.events.data(new Uint8Array(1000));
  });
});
