// Callbacks: what they are given, and what they may return.
import type { ErrorRef, Extent64, NBD } from 'libnbd-wasm';
import { expectTypeOf, test } from 'vitest';

declare const nbd: NBD;
const bytes = new Uint8Array(512);

test('each gets its arguments typed', () => {
  nbd.preadStructured(512, 0, (subbuf, offset, status, error) => {
    expectTypeOf(subbuf).toEqualTypeOf<Uint8Array>();
    expectTypeOf(offset).toEqualTypeOf<bigint>();
    expectTypeOf(status).toEqualTypeOf<number>();
    expectTypeOf(error).toEqualTypeOf<ErrorRef>();
  });
  nbd.blockStatus(512, 0, (metacontext, offset, entries, error) => {
    expectTypeOf(metacontext).toEqualTypeOf<string>();
    expectTypeOf(offset).toEqualTypeOf<bigint>();
    expectTypeOf(entries).toEqualTypeOf<number[]>();
    expectTypeOf(error).toEqualTypeOf<ErrorRef>();
  });
  nbd.blockStatus64(512, 0, (_metacontext, _offset, entries) => {
    expectTypeOf(entries).toEqualTypeOf<Extent64[]>();
    expectTypeOf(entries).items.toEqualTypeOf<{ length: bigint; flags: bigint }>();
  });
  nbd.blockStatusFilter(512, 0, ['base:allocation'], (_metacontext, _offset, entries) => {
    expectTypeOf(entries).toEqualTypeOf<Extent64[]>();
  });
  nbd.optList((name, description) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(description).toEqualTypeOf<string>();
  });
  nbd.optListMetaContext((name) => {
    expectTypeOf(name).toEqualTypeOf<string>();
  });
  nbd.setDebugCallback((context, message) => {
    expectTypeOf(context).toEqualTypeOf<string>();
    expectTypeOf(message).toEqualTypeOf<string>();
  });
  nbd.aioFlush({
    completion: (error) => {
      expectTypeOf(error.code).toEqualTypeOf<string | null>();
    },
  });
});

test('each may return a number or nothing', () => {
  nbd.aioPread(bytes, 0, { completion: () => 1 });
  nbd.aioPread(bytes, 0, { completion: () => {} });
  nbd.aioPread(bytes, 0, {
    completion: (error) => {
      error.code = 'EIO';
      return -1;
    },
  });
  // @ts-expect-error a string says nothing to libnbd
  nbd.aioPread(bytes, 0, { completion: () => 'EIO' });
  // @ts-expect-error and nothing waits for a promise
  nbd.aioPread(bytes, 0, { completion: async () => {} });
  nbd.aioPread(bytes, 0, {
    completion: (error) => {
      // @ts-expect-error an error is told by its code
      error.code = 5;
    },
  });
});

test('those that a call needs cannot be left out', () => {
  // @ts-expect-error
  nbd.preadStructured(512, 0);
  // @ts-expect-error
  nbd.blockStatus(512, 0, { flags: 0 });
  // @ts-expect-error
  nbd.optList();
  // @ts-expect-error 32-bit extents are not 64-bit ones
  nbd.blockStatus(512, 0, (_metacontext, _offset, entries: Extent64[]) => void entries);
});
