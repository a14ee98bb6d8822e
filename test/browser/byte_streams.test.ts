// Pairs of byte streams that browsers have: WebSocketStream, and what WebTransport's bidirectional streams are.
import type { BytePair } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { firstDifference, noise, pattern } from '../support/bytes.js';
import { nbdError, newHandle } from '../support/handles.js';
import { nbdkit, type PageServer } from './support/platform.js';

declare const WebSocketStream: undefined | (new (url: string) => { readonly opened: Promise<BytePair> });

test.skipIf(typeof WebSocketStream === 'undefined')('WebSocketStream', async () => {
  const server = await nbdkit('--filter=cow', 'pattern', '16M');
  const { readable, writable } = await new (WebSocketStream as NonNullable<typeof WebSocketStream>)(server.url).opened;
  await readsAndWrites({ readable, writable });
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
