// Pairs of byte streams that browsers have: WebSocketStream, and what WebTransport's bidirectional streams are.
import { type BytePair, connectWebSocket, type WebSocketStreamConstructor } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { nbdkit, type PageServer } from './support/platform.js';

const { WebSocketStream } = globalThis as { WebSocketStream?: WebSocketStreamConstructor };

describe.skipIf(WebSocketStream === undefined)('WebSocketStream', () => {
  const Stream = WebSocketStream as WebSocketStreamConstructor;

  test('its pair of streams', async () => {
    const server = await nbdkit('--filter=cow', 'pattern', '16M');
    const { readable, writable } = await new Stream(server.url, { protocols: [] }).opened;
    await readsAndWrites({ readable, writable } as BytePair);
  });

  test('as the class of connectWebSocket', async () => {
    const server = await nbdkit('--filter=cow', 'pattern', '16M');
    let opened = 0;
    class Counted extends Stream {
      constructor(...args: ConstructorParameters<WebSocketStreamConstructor>) {
        super(...args);
        opened++;
      }
    }
    const socket = connectWebSocket(server.url, { WebSocket: Counted });
    expect(opened).toBe(1);
    const nbd = await newHandle();
    await nbd.connectSocket(socket);
    expect(firstDifference(await nbd.pread(2 ** 20, 4096), pattern(4096, 2 ** 20))).toBe(-1);
    await nbd.shutdown();
  });

  test('a proxy that refuses', async () => {
    const server = await nbdkit('pattern', '1M');
    const socket = connectWebSocket(`${server.proxy}nbd/unknown`, { WebSocket: Stream });
    expect((await nbdError((await newHandle()).connectSocket(socket))).isFatal).toBe(true);
  });
});

test('a page opens a WebSocket unless it is told otherwise', async () => {
  const server = await nbdkit('pattern', '1M');
  const { WebSocket } = globalThis;
  let opened = 0;
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      opened++;
    }
  };
  try {
    const nbd = await newHandle();
    await nbd.connectSocket(connectWebSocket(server.url));
    expect([opened, nbd.getSize()]).toEqual([1, 2n ** 20n]);
    await nbd.shutdown();
  } finally {
    globalThis.WebSocket = WebSocket;
  }
});

// WebTransport wants HTTP/3, which no server here speaks; its streams are byte streams, which these are as well.
test('a readable byte stream, and a writable one that takes its time', async () => {
  await readsAndWrites(await byteStreams(await nbdkit('--filter=cow', 'pattern', '16M')));
});

test('an error of the readable stream is the call’s', async () => {
  const server = await nbdkit('--filter=delay', 'pattern', '1M', 'rdelay=60');
  const { readable, writable, fail } = await byteStreams(server);
  const nbd = await newHandle();
  await nbd.connectSocket({ readable, writable });
  const reading = nbdError(nbd.pread(512, 0));
  fail(new DOMException('the session is over', 'WebTransportError'));
  expect((await reading).message).toMatch(/^nbd_pread: .*the session is over/);
});

async function readsAndWrites(pair: BytePair): Promise<void> {
  const nbd = await newHandle();
  await nbd.connectSocket(pair);
  expect(firstDifference(await nbd.pread(2 ** 23, 4096), pattern(4096, 2 ** 23))).toBe(-1);
  const bytes = noise(2 ** 22);
  await nbd.pwrite(bytes, 2 ** 20);
  expect(firstDifference(await nbd.pread(2 ** 22, 2 ** 20), bytes)).toBe(-1);
  await nbd.shutdown();
}

/** A WebSocket as a pair of byte streams. */
async function byteStreams(server: PageServer): Promise<BytePair & { fail(error: unknown): void }> {
  const socket = new WebSocket(server.url);
  socket.binaryType = 'arraybuffer';
  let fail: (error: unknown) => void = () => {};
  const readable = new ReadableStream({
    type: 'bytes',
    start(controller) {
      socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => controller.enqueue(new Uint8Array(data));
      socket.onclose = () => controller.close();
      fail = (error) => {
        socket.onmessage = null;
        socket.onclose = null;
        controller.error(error);
      };
    },
  });
  const writable = new WritableStream<Uint8Array>({
    async write(chunk) {
      while (socket.bufferedAmount > 0) await new Promise((resolve) => setTimeout(resolve));
      socket.send(chunk as Uint8Array<ArrayBuffer>);
    },
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  return { readable, writable, fail: (error) => fail(error) };
}
