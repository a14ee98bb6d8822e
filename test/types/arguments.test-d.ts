// Arguments: what must be given, and as what.
import type { NBD, SocketLike, Transport } from 'libnbd-wasm';
import { test } from 'vitest';

declare const nbd: NBD;
declare const socketLike: SocketLike;
declare const transport: Transport;
const bytes = new Uint8Array(512);
const controller = new AbortController();

test('numbers: a number or a bigint where libnbd has 64 bits, a number where it has fewer', () => {
  nbd.pread(512, 0);
  nbd.pread(512, 0n);
  nbd.zero(2n ** 40n, 512);
  nbd.aioCommandCompleted(1n);
  // @ts-expect-error a buffer's length is a number
  nbd.pread(512n, 0n);
  // @ts-expect-error no offset
  nbd.pread(512);
  // @ts-expect-error an offset is no string
  nbd.pread(512, '0');
  // @ts-expect-error the offset is not optional
  nbd.zero(512, undefined);
  // @ts-expect-error a timeout is a number of milliseconds
  nbd.poll();
});

test('bytes: any view of them', () => {
  nbd.pwrite(bytes, 0);
  nbd.pwrite(new DataView(new ArrayBuffer(8)), 0);
  nbd.pwrite(new BigUint64Array(8), 0);
  nbd.pwrite(Buffer.from('text'), 0);
  nbd.preadInto(new Float32Array(128), 0);
  nbd.aioPread(new Uint8Array(new SharedArrayBuffer(512)), 0);
  // @ts-expect-error a string is not bytes
  nbd.pwrite('text', 0);
  // @ts-expect-error nor is an array of numbers
  nbd.pwrite([1, 2, 3], 0);
  // @ts-expect-error nor memory without a view of it
  nbd.pwrite(new ArrayBuffer(512), 0);
  // @ts-expect-error pread makes its own: this is preadInto
  nbd.pread(bytes, 0);
});

test('strings, booleans, lists', () => {
  nbd.setExportName('name');
  nbd.setOptMode(true);
  nbd.connectTcp('localhost', '10809');
  nbd.connectCommand(['nbdkit', '-s', 'null'] as const);
  // @ts-expect-error a name that is missing is not the empty one
  nbd.setExportName();
  // @ts-expect-error
  nbd.setExportName(null);
  // @ts-expect-error
  nbd.setOptMode(1);
  // @ts-expect-error a port is a service's name or number, as text
  nbd.connectTcp('localhost', 10809);
  // @ts-expect-error a command is not a line for a shell
  nbd.connectCommand('nbdkit -s null');
});

test('sockets', () => {
  nbd.connectSocket(socketLike);
  nbd.connectSocket(transport);
  nbd.connectSocket(nbd.lib.openSocket(socketLike));
  nbd.connectSocket({ readable: new ReadableStream<Uint8Array>(), writable: new WritableStream<Uint8Array>() });
  nbd.connectSocket(new MessageChannel().port1);
  // @ts-expect-error an address is not a connection
  nbd.connectSocket('localhost:10809');
  // @ts-expect-error streams of text are not streams of bytes
  nbd.connectSocket({ readable: new ReadableStream<string>(), writable: new WritableStream<string>() });
  // @ts-expect-error
  nbd.connectSocket({});
});

test('options', () => {
  nbd.pread(512, 0, { signal: controller.signal });
  nbd.optGo({ signal: controller.signal });
  nbd.connectSocket(socketLike, { signal: undefined });
  // @ts-expect-error a name that is not an option
  nbd.pread(512, 0, { flag: 1 });
  // @ts-expect-error a completion is for the aio calls
  nbd.pread(512, 0, { completion: () => {} });
  // @ts-expect-error and a signal for those that wait
  nbd.aioPread(bytes, 0, { signal: controller.signal });
  // @ts-expect-error polling has its timeout
  nbd.poll(1000, { signal: controller.signal });
});
