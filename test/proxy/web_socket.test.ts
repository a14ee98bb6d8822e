// A WebSocket as the library's socket: when it may be handed over, and what its messages and its end mean.
import { connectWebSocket, type WebSocketLike } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { pattern } from '../support/bytes.js';
import { failure, nbdError, newHandle } from '../support/handles.js';
import { greeting, request, simpleReply } from '../support/protocol.js';
import { nbdkit } from '../support/servers.js';
import { connectedTo, FakeWebSocket, ready } from './fake_web_socket.js';
import { client, proxyTo, received } from './support.js';

describe('frames', () => {
  test.for([1, 2, 7, 1000])('of %i bytes are one stream', async (pieceSize) => {
    const data = pattern(0, 512);
    const { nbd, socket } = await connectedTo([...ready(), { receive: request }, { send: simpleReply(1, 0, data) }], pieceSize);
    expect(await nbd.pread(512, 0)).toEqual(data);
    expect(socket.binaryType).toBe('arraybuffer');
  });

  test('an empty one means nothing', async () => {
    const { nbd, socket } = await connectedTo([...ready(), { receive: request }]);
    const read = nbd.pread(8, 0);
    socket.deliver(new ArrayBuffer(0));
    socket.deliver(simpleReply(1, 0, pattern(0, 8)).slice().buffer);
    expect(await read).toEqual(pattern(0, 8));
  });

  const wrong: [string, unknown, string][] = [
    ['text', 'NBDMAGIC', 'the WebSocket delivered a text message, and NBD is bytes'],
    ['a Blob', new Blob(), 'the WebSocket delivered a message that is not an ArrayBuffer, and NBD is bytes'],
  ];
  test.for(wrong)('%s is an error, after which nothing counts', async ([, data, message]) => {
    const { nbd, socket } = await connectedTo(ready());
    const read = nbdError(nbd.pread(8, 0));
    socket.deliver(data);
    socket.deliver(simpleReply(1, 0, pattern(0, 8)).slice().buffer);
    expect(await read).toMatchObject({ code: 'EPROTO', message: expect.stringContaining(message) });
    expect(socket.closedWith).toBeDefined();
  });
});

describe('handing over', () => {
  test('connectWebSocket keeps the greeting until the handle is there', async () => {
    const transport = connectWebSocket('ws://localhost/nbd/disk', { WebSocket: FakeWebSocket, protocols: ['a', 'b'] });
    const socket = FakeWebSocket.last as FakeWebSocket;
    expect(socket.arguments).toEqual(['ws://localhost/nbd/disk', ['a', 'b']]);
    socket.open();
    socket.deliver(greeting().slice(0, 10).buffer);
    socket.deliver(greeting().slice(10).buffer);
    const nbd = await newHandle();
    nbd.setOptMode(true);
    socket.onsend = () => queueMicrotask(() => socket.end(4404, 'unknown target disk')); // the greeting was answered
    const error = await nbdError(nbd.connectSocket(transport));
    expect(error.message).toContain('4404 unknown target disk');
    expect(socket.sent.length).toBeGreaterThan(0);
  });

  test('an end that came before the handle is told then', async () => {
    const transport = connectWebSocket('ws://localhost/', { WebSocket: FakeWebSocket });
    (FakeWebSocket.last as FakeWebSocket).end(1006);
    const error = await nbdError((await newHandle()).connectSocket(transport));
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.message).toContain('the WebSocket could not be opened');
  });

  test('through a real proxy, long after the greeting has come', async () => {
    const proxy = await proxyTo(await nbdkit('pattern', 'size=1M'));
    const transport = proxy.socket();
    while (proxy.proxy.connections === 0) await new Promise((resolve) => setImmediate(resolve));
    await received(client(proxy.url())).atLeast(18); // another's greeting has come all the way
    const nbd = await newHandle();
    await nbd.connectSocket(transport);
    expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
  });

  test('a WebSocket that is still connecting is taken', async () => {
    const proxy = await proxyTo(await nbdkit('pattern', 'size=1M'));
    const nbd = await newHandle();
    await nbd.connectSocket(new WebSocket(proxy.url()));
    expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
  });

  test('one that is open, or closed, is refused, and stays its owner’s', async () => {
    const proxy = await proxyTo(await nbdkit('pattern', 'size=1M'));
    const socket = client(proxy.url());
    await received(socket).atLeast(18);
    const nbd = await newHandle();
    const error = await failure(nbd.connectSocket(socket));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toMatch(/is open already: an NBD server speaks first.*connectWebSocket\(url\)/);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    expect(socket.binaryType).toBe('nodebuffer');
    socket.close();
    expect(String(await failure(nbd.connectSocket(socket)))).toMatch(/^TypeError: the WebSocket is closed already/);
    await nbd.connectSocket(proxy.socket()); // the handle is as good as new
  });

  test('a URL that is none', async () => {
    for (const url of ['localhost', 'ftp://localhost', '']) expect(() => connectWebSocket(url)).toThrow(SyntaxError);
  });

  test('a data channel, which looks much like a WebSocket, is not taken for one', async () => {
    const channel = Object.assign(new FakeWebSocket(), { readyState: 'open' }) as unknown as WebSocketLike;
    expect(String(await failure((await newHandle()).connectSocket(channel)))).toMatch(/is no socket/);
  });
});

describe('the end', () => {
  const ends: [number, string, string, string][] = [
    [1001, 'going away', 'ECONNRESET', 'the WebSocket was closed: 1001 going away'],
    [1002, '', 'EPROTO', 'the WebSocket was closed: 1002'],
    [1006, '', 'ECONNRESET', 'the WebSocket was closed: 1006'],
    [1009, 'too big', 'EMSGSIZE', 'the WebSocket was closed: 1009 too big'],
    [1011, 'oops', 'ECONNRESET', 'the WebSocket was closed: 1011 oops'],
    [4000, 'another proxy’s', 'ECONNRESET', 'the WebSocket was closed: 4000 another proxy’s'],
    [4404, 'unknown target foo', 'ENOENT', 'the WebSocket was closed: 4404 unknown target foo'],
    [4502, 'no', 'ECONNREFUSED', 'the WebSocket was closed: 4502 no'],
    [4504, 'slow', 'ETIMEDOUT', 'the WebSocket was closed: 4504 slow'],
    [4400, 'a\x1b[2J\u009b\u202eb', 'EPROTO', String.raw`the WebSocket was closed: 4400 a\u001b[2J\u009b\u202eb`],
  ];
  test.for(ends)('%i %j', async ([code, reason, errorCode, message]) => {
    const { nbd, socket } = await connectedTo(ready());
    const read = nbdError(nbd.pread(8, 0));
    socket.end(code, reason);
    const error = await read;
    expect(error.code).toBe(errorCode);
    expect(error.message).toContain(message);
  });

  test.for([1000, 1005])('%i is the end of the stream, as of a socket’s', async (code) => {
    const { nbd, socket } = await connectedTo([...ready(), { receive: request }]);
    const shutdown = nbd.shutdown();
    socket.end(code);
    await shutdown;
  });

  test('nobody listens: the error has its cause', async () => {
    const error = await nbdError((await newHandle()).connectSocket(connectWebSocket('ws://127.0.0.1:1/')));
    expect(error.code).toBe('ECONNREFUSED');
    expect(error.message).toContain('the WebSocket could not be opened: connect ECONNREFUSED 127.0.0.1:1');
  });

  test('closing the handle closes the WebSocket, also one that is still connecting', async () => {
    const { nbd, socket } = await connectedTo(ready());
    nbd.close();
    expect(socket.closedWith).toBe(1000);

    const connecting = new FakeWebSocket();
    const other = await newHandle();
    const rejected = nbdError(other.connectSocket(connecting));
    other.close();
    await rejected;
    expect(connecting.closedWith).toBe(1000);

    const real = await newHandle();
    const rejectedToo = nbdError(real.connectSocket(connectWebSocket('ws://127.0.0.1:1/')));
    real.close();
    await rejectedToo;
  });
});
