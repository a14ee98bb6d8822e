// The proxy takes the masks off before `ws` sees the frames. `ws` reads them here, however the bytes are cut.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import * as ws from 'ws';
import { Unmasking } from '../../src/proxy/unmasking.js';

// `ws` exports both; its types do not say so.
const { Receiver, Sender } = ws as unknown as {
  Receiver: new (options: { isServer: boolean; binaryType: string }) => Writable;
  Sender: { frame(data: Buffer, options: object): Buffer[] };
};

/** A client's frame, as `ws` makes it. */
function frame(data: Buffer, key: Buffer, opcode = 2): Buffer {
  const generateMask = (mask: Buffer) => void key.copy(mask);
  const options = { fin: true, opcode, mask: true, readOnly: true, rsv1: false, maskBuffer: Buffer.alloc(4), generateMask };
  return Buffer.concat(Sender.frame(data, options));
}

const sizes = fc.oneof(fc.nat(40), fc.integer({ min: 120, max: 130 }), fc.integer({ min: 65530, max: 65540 }), fc.nat(200_000));

test('frames of any size, cut anywhere and lying anywhere in memory, are read as they were meant', async () => {
  const frames = fc.array(fc.tuple(sizes, fc.uint8Array({ minLength: 4, maxLength: 4 })), { minLength: 1, maxLength: 5 });
  const cuts = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(frames, cuts, fc.nat(3), async (given, cuts, shift) => {
      const sent = given.map(([size], i) => Buffer.from(Uint8Array.from({ length: size }, (_, at) => at * 7 + i)));
      const bytes = Buffer.concat(sent.map((data, i) => frame(data, Buffer.from(given[i]?.[1] ?? []))));
      const receiver = new Receiver({ isServer: true, binaryType: 'nodebuffer' });
      const received: Buffer[] = [];
      receiver.on('message', (data: Buffer) => received.push(data));
      const unmasking = new Unmasking();
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const part = bytes.subarray(at, at + (cuts[turn % cuts.length] ?? 1));
        const chunk = Buffer.from(new ArrayBuffer(part.length + shift), shift);
        chunk.set(part);
        unmasking.unmask(chunk);
        receiver.write(chunk);
        at += part.length;
      }
      await new Promise<void>((resolve) => receiver.end(resolve));
      expect(received.length).toBe(sent.length);
      for (const [i, data] of sent.entries()) expect(Buffer.compare(received[i] as Buffer, data)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('a client that goes while it is not read leaves all that it has sent, with no mask on', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  const webSocket = new ws.WebSocket(null as never, undefined, {}) as ws.WebSocket & {
    setSocket(socket: Socket, head: Buffer, options: object): void;
  };
  Object.assign(webSocket, { _isServer: true });
  webSocket.setSocket(socket, Buffer.alloc(0), { allowSynchronousEvents: true, maxPayload: 2 ** 20, skipUTF8Validation: true });
  Unmasking.attach(socket);
  const received: Buffer[] = [];
  webSocket.on('message', (data: Buffer) => received.push(data));
  webSocket.on('error', () => {});

  const data = Buffer.alloc(1000, 'a');
  const bytes = frame(data, Buffer.from([1, 2, 3, 4]));
  client.write(bytes.subarray(0, 500));
  await once(socket, 'data');
  webSocket.pause();
  client.write(Buffer.concat([bytes.subarray(500), bytes]));
  while (socket.readableLength === 0) await new Promise((resolve) => setImmediate(resolve));
  client.destroy();
  socket.destroy();
  await once(webSocket, 'close');
  expect(received.length).toBe(2);
  expect(received.every((message) => message.equals(data))).toBe(true);
});
