// Results: what each kind of call returns, and what a handle shows of itself.
import { type Extent, type Library, load, NBD, type NBDError } from 'libnbd-wasm';
import { expectTypeOf, test } from 'vitest';

declare const nbd: NBD;
declare const error: NBDError;
const bytes = new Uint8Array(512);

test('handles', () => {
  expectTypeOf(NBD.create()).resolves.toEqualTypeOf<NBD>();
  expectTypeOf(load()).resolves.toEqualTypeOf<Library>();
  expectTypeOf<Library>().toHaveProperty('create').returns.toEqualTypeOf<NBD>();
  expectTypeOf<NBD>().toExtend<Disposable & AsyncDisposable>();
  expectTypeOf(nbd.lib).toEqualTypeOf<Library>();
  expectTypeOf(nbd.closed).toEqualTypeOf<boolean>();
  expectTypeOf(nbd.close()).toEqualTypeOf<void>();
});

test('calls that return at once', () => {
  expectTypeOf(nbd.getSize()).toEqualTypeOf<bigint>();
  expectTypeOf(nbd.getExportName()).toEqualTypeOf<string>();
  expectTypeOf(nbd.isReadOnly()).toEqualTypeOf<boolean>();
  expectTypeOf(nbd.getNrMetaContexts()).toEqualTypeOf<number>();
  expectTypeOf(nbd.getPrivateData()).toEqualTypeOf<number>();
  expectTypeOf(nbd.setExportName('')).toEqualTypeOf<void>();
  expectTypeOf(nbd.statsBytesSent()).toEqualTypeOf<bigint>();
  expectTypeOf(nbd.getSubprocessPid()).toEqualTypeOf<bigint>();
  expectTypeOf(nbd.aioIsReady()).toEqualTypeOf<boolean>();
});

test('calls that wait', () => {
  expectTypeOf(nbd.pread(512, 0)).resolves.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(nbd.preadStructured(512, 0, () => {})).resolves.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(nbd.preadInto(bytes, 0)).resolves.toEqualTypeOf<void>();
  expectTypeOf(nbd.pwrite(bytes, 0)).resolves.toEqualTypeOf<void>();
  expectTypeOf(nbd.blockStatus(512, 0, () => {})).resolves.toEqualTypeOf<void>();
  expectTypeOf(nbd.shutdown()).resolves.toEqualTypeOf<void>();
  expectTypeOf(nbd.poll(0)).resolves.toEqualTypeOf<number>();
  expectTypeOf(nbd.optGo()).resolves.toEqualTypeOf<void>();
  expectTypeOf(nbd.optList(() => {})).resolves.toEqualTypeOf<number>();
  expectTypeOf(nbd.optStructuredReply()).resolves.toEqualTypeOf<boolean>();
});

test('aio calls: a cookie of a command, nothing of an option', () => {
  expectTypeOf(nbd.aioPread(bytes, 0)).toEqualTypeOf<bigint>();
  expectTypeOf(nbd.aioFlush()).toEqualTypeOf<bigint>();
  expectTypeOf(nbd.aioCommandCompleted(1n)).toEqualTypeOf<boolean>();
  expectTypeOf(nbd.aioPeekCommandCompleted()).toEqualTypeOf<bigint>();
  expectTypeOf(nbd.aioOptGo()).toEqualTypeOf<void>();
  expectTypeOf(nbd.aioDisconnect()).toEqualTypeOf<void>();
});

test('what is built on them', () => {
  expectTypeOf(nbd.extents()).toExtend<AsyncIterable<Extent>>();
  expectTypeOf(nbd.readFully(512, 0)).resolves.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(nbd.readable()).toEqualTypeOf<ReadableStream<Uint8Array>>();
  expectTypeOf(nbd.writable()).toEqualTypeOf<WritableStream<Uint8Array>>();
});

test('errors', () => {
  expectTypeOf(error).toExtend<Error>();
  expectTypeOf(error.code).toEqualTypeOf<string | null>();
  expectTypeOf(error.errno).toEqualTypeOf<number>();
  // @ts-expect-error it says what it was when it was thrown
  error.code = 'EIO';
});

test('nothing of the inside', () => {
  expectTypeOf<Extract<keyof NBD, 'connection' | 'enter' | 'leave' | 'h' | 'x' | 'check' | 'command'>>().toBeNever();
  expectTypeOf<Extract<keyof Library, 'module' | 'closures' | 'buffers' | 'descriptors' | 'posix'>>().toBeNever();
  // @ts-expect-error a handle is made by create()
  new NBD(nbd.lib);
  // @ts-expect-error and not out of nothing
  new NBD();
});
