// A constant of one set does not pass for one of another, and constants of a set of flags can be or'ed.
import {
  ALLOW_TRANSPORT_MASK,
  ALLOW_TRANSPORT_TCP,
  ALLOW_TRANSPORT_UNIX,
  CMD_FLAG_DF,
  CMD_FLAG_FUA,
  CMD_FLAG_MASK,
  CMD_FLAG_NO_HOLE,
  CMD_FLAG_REQ_ONE,
  CONTEXT_BASE_ALLOCATION,
  HANDSHAKE_FLAG_FIXED_NEWSTYLE,
  HANDSHAKE_FLAG_MASK,
  type NBD,
  SHUTDOWN_ABANDON_PENDING,
  SIZE_MAXIMUM,
  SIZE_MINIMUM,
  STRICT_BOUNDS,
  STRICT_FLAGS,
  STRICT_MASK,
  TLS_ALLOW,
  TLS_DISABLE,
  TLS_REQUIRE,
} from 'libnbd-wasm';
import { expectTypeOf, test } from 'vitest';

declare const nbd: NBD;
const bytes = new Uint8Array(512);

test('enums', () => {
  nbd.setTls(TLS_REQUIRE);
  nbd.setUriAllowTls(TLS_ALLOW);
  nbd.getBlockSize(SIZE_MAXIMUM);
  // @ts-expect-error a size is no TLS setting
  nbd.setTls(SIZE_MINIMUM);
  // @ts-expect-error TLS settings are no sizes
  nbd.getBlockSize(TLS_DISABLE);
  // @ts-expect-error nor is a flag
  nbd.setTls(CMD_FLAG_FUA);
  // @ts-expect-error nor a number that is none of its values
  nbd.setTls(17);
  // @ts-expect-error nor a word
  nbd.setTls('require');
});

test('command flags', () => {
  nbd.pwrite(bytes, 0, { flags: CMD_FLAG_FUA });
  nbd.zero(512, 0, { flags: CMD_FLAG_FUA | CMD_FLAG_NO_HOLE });
  nbd.blockStatus(512, 0, () => {}, { flags: CMD_FLAG_REQ_ONE });
  nbd.aioPread(bytes, 0, { flags: CMD_FLAG_MASK & ~CMD_FLAG_FUA });
  nbd.pread(512, 0, { flags: undefined });
  // @ts-expect-error strict mode's flags are not a command's
  nbd.pwrite(bytes, 0, { flags: STRICT_FLAGS });
  // @ts-expect-error nor are shutdown's
  nbd.pread(512, 0, { flags: SHUTDOWN_ABANDON_PENDING });
  // @ts-expect-error the same goes for aio
  nbd.aioPwrite(bytes, 0, { flags: HANDSHAKE_FLAG_FIXED_NEWSTYLE });
  // @ts-expect-error flags go into the options
  nbd.pwrite(bytes, 0, CMD_FLAG_FUA);
  // @ts-expect-error and not several of them in an array
  nbd.zero(512, 0, { flags: [CMD_FLAG_FUA, CMD_FLAG_NO_HOLE] });
});

test('other flags', () => {
  nbd.setStrictMode(STRICT_MASK & ~STRICT_BOUNDS);
  nbd.setStrictMode(STRICT_FLAGS | STRICT_BOUNDS);
  nbd.setHandshakeFlags(HANDSHAKE_FLAG_MASK);
  nbd.setUriAllowTransports(ALLOW_TRANSPORT_TCP | ALLOW_TRANSPORT_UNIX);
  nbd.shutdown({ flags: SHUTDOWN_ABANDON_PENDING });
  // @ts-expect-error
  nbd.setStrictMode(HANDSHAKE_FLAG_MASK);
  // @ts-expect-error
  nbd.setHandshakeFlags(STRICT_MASK);
  // @ts-expect-error
  nbd.setUriAllowTransports(CMD_FLAG_DF);
  // @ts-expect-error
  nbd.shutdown({ flags: ALLOW_TRANSPORT_MASK });
});

test('no flags at all are 0', () => {
  nbd.setStrictMode(0);
  nbd.setHandshakeFlags(0);
  nbd.zero(512, 0, { flags: 0 });
});

test('what was read can be set again', () => {
  nbd.setStrictMode(nbd.getStrictMode() | STRICT_BOUNDS);
  nbd.setHandshakeFlags(nbd.getHandshakeFlags());
  nbd.setTls(nbd.getTls());
  // @ts-expect-error
  nbd.setStrictMode(nbd.getHandshakeFlags());
});

test('names of metadata contexts are strings with a known value', () => {
  expectTypeOf<typeof CONTEXT_BASE_ALLOCATION>().toEqualTypeOf<'base:allocation'>();
  nbd.addMetaContext(CONTEXT_BASE_ALLOCATION);
  // @ts-expect-error a constant that is no name
  nbd.addMetaContext(CMD_FLAG_FUA);
});
