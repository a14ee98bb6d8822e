// Who owns a socket, as nbd_connect_socket(3) has it: once the call has returned without error it is libnbd's, which closes
// it with the handle; until then, and if the call fails, it is the caller's.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type BytePair, load, type SocketLike } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { text } from '../../support/bytes.js';
import { connected, failure, nbdError, newHandle } from '../../support/handles.js';
import { holdings, nothing } from '../../support/internals.js';
import { nbdkit } from '../../support/servers.js';
import {
  asSocket,
  connectedSocket,
  greeted,
  PlainTransport,
  portTo,
  recordingRelay,
  socketKinds,
} from '../../support/socket_kinds.js';

/** Reads the server's greeting from a socket that is still the caller's. */
async function greetingOf(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  while (chunks.reduce((sum, chunk) => sum + chunk.length, 0) < 18) {
    chunks.push(await new Promise<Buffer>((resolve) => socket.once('data', resolve)));
  }
  return Buffer.concat(chunks);
}

describe('a handle that is not newly created', () => {
  test('refuses, and the socket stays usable by its owner', async () => {
    const server = await nbdkit('memory', '1M');
    const nbd = await connected(server);
    for (const socket of [server.socket(), await connectedSocket(server.socket()), await greeted(server.socket())]) {
      const error = await nbdError(nbd.connectSocket(socket));
      expect(error.message).toBe('nbd_connect_socket: invalid state: READY: the handle must be newly created: Invalid argument');
      expect(error.code).toBe('EINVAL');
      expect((await nbdError(() => nbd.aioConnectSocket(socket))).message).toMatch(/^nbd_aio_connect_socket: .*newly created/);

      expect(socket.listenerCount('data') + socket.listenerCount('close') + socket.listenerCount('end')).toBeLessThanOrEqual(1);
      expect((await greetingOf(socket)).subarray(0, 16)).toEqual(Buffer.from(text('NBDMAGICIHAVEOPT')));
      socket.destroy();
    }
    expect(await nbd.pread(4, 0)).toEqual(new Uint8Array(4));
  });

  test('refuses every other kind, and another handle can have it then', async () => {
    const server = await nbdkit('memory', '1M');
    const nbd = await connected(server);
    const sockets: SocketLike[] = [
      server.socket(),
      Duplex.toWeb(server.socket()) as BytePair,
      asSocket(portTo(server.socket())),
      new PlainTransport(server.socket()),
    ];
    for (const socket of sockets) {
      expect((await nbdError(nbd.connectSocket(socket))).message).toContain('the handle must be newly created');
      const other = await newHandle();
      await other.connectSocket(socket);
      expect(other.getSize()).toBe(2n ** 20n);
    }
  });

  test('refuses a descriptor, which stays open', async () => {
    const server = await nbdkit('memory', '1M');
    const nbd = await connected(server);
    const fd = nbd.lib.openSocket(server.socket());
    expect((await nbdError(nbd.connectSocket(fd))).message).toContain('the handle must be newly created');
    const other = await newHandle();
    await other.connectSocket(fd);
    expect(other.getSize()).toBe(2n ** 20n);
  });
});

describe('a socket that has an owner', () => {
  test('is refused to a second handle with EBUSY, and the first goes on', async () => {
    const server = await nbdkit('memory', '1M');
    const socket = server.socket();
    const first = await newHandle();
    await first.connectSocket(socket);
    const second = await newHandle();
    expect(await nbdError(second.connectSocket(socket))).toMatchObject({ code: 'EBUSY', errno: 16 });
    expect(await nbdError(() => second.aioConnectSocket(socket))).toMatchObject({ code: 'EBUSY' });
    expect(await nbdError(() => second.lib.openSocket(socket))).toMatchObject({ code: 'EBUSY' });
    expect(second.aioIsCreated()).toBe(true);
    expect(await first.pread(4, 0)).toEqual(new Uint8Array(4));
  });

  test('by its descriptor too', async () => {
    const server = await nbdkit('memory', '1M');
    const first = await newHandle();
    const fd = first.lib.openSocket(server.socket());
    const connecting = first.connectSocket(fd);
    const second = await newHandle();
    expect(await nbdError(second.connectSocket(fd))).toMatchObject({ code: 'EBUSY' });
    await connecting;
    expect(await nbdError(second.connectSocket(fd))).toMatchObject({ code: 'EBUSY' });
    expect(await first.pread(4, 0)).toEqual(new Uint8Array(4));
  });

  test('is refused to another instance of the library', async () => {
    const server = await nbdkit('memory', '1M');
    const socket = server.socket();
    const first = await newHandle();
    await first.connectSocket(socket);
    const second = await newHandle(await load());
    await failure(second.connectSocket(socket));
    expect(second.aioIsCreated()).toBe(true);
    expect(await first.pread(4, 0)).toEqual(new Uint8Array(4));
  });

  test('cannot be closed behind its owner’s back', async () => {
    const nbd = await connected(await nbdkit('memory', '1M'));
    const error = await nbdError(() => nbd.lib.closeSocket(nbd.aioGetFd()));
    expect(error.code).toBe('EBUSY');
    expect(await nbd.pread(4, 0)).toEqual(new Uint8Array(4));
  });
});

describe('closing the handle', () => {
  test('closes the socket', async () => {
    const socket = (await nbdkit('memory', '1M')).socket();
    const nbd = await newHandle();
    await nbd.connectSocket(socket);
    const closed = once(socket, 'close');
    nbd.close();
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  test('closes a socket that was still connecting', async () => {
    const socket = (await nbdkit('memory', '1M')).socket();
    const nbd = await newHandle();
    const connecting = nbdError(nbd.connectSocket(socket));
    const closed = once(socket, 'close');
    nbd.close();
    await Promise.all([closed, connecting]);
    expect(socket.destroyed).toBe(true);
  });

  test.for(Object.entries(socketKinds))('what was sent before still goes out, then the connection ends: %s', async ([, open]) => {
    const lib = await load();
    const relay = await recordingRelay(await nbdkit('memory', '1M'));
    const nbd = await newHandle(lib);
    await nbd.connectSocket(await open(relay.server));
    nbd.aioDisconnect();
    nbd.close();
    const sent = await relay.sent;
    expect(sent.subarray(-28, -20)).toEqual(Buffer.from([0x25, 0x60, 0x95, 0x13, 0, 0, 0, 2])); // NBD_CMD_DISC
    expect(holdings(lib)).toEqual(nothing);
  });

  test('a shutdown closes it as well', async () => {
    const socket = (await nbdkit('memory', '1M')).socket();
    const nbd = await newHandle();
    await nbd.connectSocket(socket);
    const closed = once(socket, 'close');
    await nbd.shutdown();
    await closed;
  });
});

describe('a descriptor that no handle has', () => {
  test('is closed by closeSocket, once', async () => {
    const lib = await load();
    const socket = await connectedSocket((await nbdkit('memory', '1M')).socket());
    const fd = lib.openSocket(socket);
    const closed = once(socket, 'close');
    lib.closeSocket(fd);
    await closed;
    expect((await nbdError(() => lib.closeSocket(fd))).code).toBe('EBADF');
    expect(holdings(lib)).toEqual(nothing);
  });
});

describe('a socket that cannot be used is refused before it is touched', () => {
  test.for<[string, (socket: Socket) => unknown, RegExp]>([
    ['destroyed', (socket) => socket.destroy(), /closed already/],
    ['ended', (socket) => socket.end(), /closed already/],
    ['read by a listener', (socket) => socket.on('data', () => {}), /read by somebody else/],
    ['piped', (socket) => socket.pipe(new Duplex({ write: () => {} })), /read by somebody else/],
    ['read by a reader', (socket) => socket.on('readable', () => {}), /read by somebody else/],
    ['with an encoding', (socket) => socket.setEncoding('utf8'), /does not deliver bytes/],
  ])('%s', async ([, spoil, message]) => {
    const socket = await connectedSocket((await nbdkit('memory', '1M')).socket());
    spoil(socket);
    const nbd = await newHandle();
    const error = await failure(nbd.connectSocket(socket));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toMatch(message);
    expect(nbd.aioIsCreated()).toBe(true);
    socket.destroy();
  });

  test('in object mode', async () => {
    const stream = new Duplex({ objectMode: true, read: () => {}, write: () => {} });
    const error = await failure((await newHandle()).connectSocket(stream));
    expect(error).toMatchObject({ name: 'TypeError', message: expect.stringContaining('object mode') });
  });

  test('web streams that are locked', async () => {
    const pair = Duplex.toWeb((await nbdkit('memory', '1M')).socket()) as BytePair;
    const reader = pair.readable.getReader();
    const nbd = await newHandle();
    expect(await failure(nbd.connectSocket(pair))).toMatchObject({
      name: 'TypeError',
      message: expect.stringContaining('locked'),
    });
    reader.releaseLock();
    await nbd.connectSocket(pair);
    expect(nbd.getSize()).toBe(2n ** 20n);
  });
});
