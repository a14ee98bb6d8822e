// Every setting can be changed and read back; a value that libnbd does not know leaves it as it was.
import {
  HANDSHAKE_FLAG_MASK,
  type HandshakeFlag,
  STRICT_BOUNDS,
  STRICT_FLAGS,
  STRICT_MASK,
  type Strict,
  TLS_ALLOW,
  TLS_DISABLE,
  TLS_REQUIRE,
} from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';

test('the export name', async () => {
  const nbd = await newHandle();
  for (const name of ['name', '/', '123', '', 'größe', 'a b\n', '🖴'.repeat(1000)]) {
    nbd.setExportName(name);
    expect(nbd.getExportName()).toBe(name);
  }
});

test('every boolean', async () => {
  const nbd = await newHandle();
  nbd.setFullInfo(true);
  nbd.setRequestExtendedHeaders(false);
  nbd.setRequestStructuredReplies(false);
  nbd.setRequestMetaContext(false);
  nbd.setRequestBlockSize(false);
  nbd.setPreadInitialize(false);
  nbd.setOptMode(true);
  nbd.setTlsVerifyPeer(false);
  expect(nbd.getFullInfo()).toBe(true);
  expect(nbd.getRequestExtendedHeaders()).toBe(false);
  expect(nbd.getRequestStructuredReplies()).toBe(false);
  expect(nbd.getRequestMetaContext()).toBe(false);
  expect(nbd.getRequestBlockSize()).toBe(false);
  expect(nbd.getPreadInitialize()).toBe(false);
  expect(nbd.getOptMode()).toBe(true);
  expect(nbd.getTlsVerifyPeer()).toBe(false);
});

test('an enum outside its values is refused', async () => {
  const nbd = await newHandle();
  const error = await nbdError(() => nbd.setTls(TLS_REQUIRE + 1));
  expect(error.message).toBe('nbd_set_tls: tls: invalid value for parameter: 3: Invalid argument');
  expect(error.code).toBe('EINVAL');
  expect(nbd.getTls()).toBe(TLS_DISABLE);
});

test('TLS can be asked for exactly where it is supported', async () => {
  const nbd = await newHandle();
  if (nbd.supportsTls()) {
    nbd.setTls(TLS_ALLOW);
    expect(nbd.getTls()).toBe(TLS_ALLOW);
  } else {
    const error = await nbdError(() => nbd.setTls(TLS_ALLOW));
    expect(error.message).toMatch(/^nbd_set_tls: a page cannot do TLS .*: Not supported$/);
    expect(error.code).toBe('ENOTSUP');
    expect(nbd.getTls()).toBe(TLS_DISABLE);
  }
});

test('handshake flags', async () => {
  const nbd = await newHandle();
  const error = await nbdError(() => nbd.setHandshakeFlags(HANDSHAKE_FLAG_MASK + 1));
  expect(error.message).toBe('nbd_set_handshake_flags: flags: invalid value for flag: 0x4: Invalid argument');
  expect(nbd.getHandshakeFlags()).toBe(HANDSHAKE_FLAG_MASK);
  nbd.setHandshakeFlags(0 as HandshakeFlag);
  expect(nbd.getHandshakeFlags()).toBe(0);
});

test('strict mode', async () => {
  const nbd = await newHandle();
  nbd.setStrictMode(STRICT_FLAGS | STRICT_BOUNDS);
  expect(nbd.getStrictMode()).toBe(STRICT_FLAGS | STRICT_BOUNDS);
  const error = await nbdError(() => nbd.setStrictMode(STRICT_MASK + 1));
  expect(error.message).toBe('nbd_set_strict_mode: flags: invalid value for flag: 0x80: Invalid argument');
  expect(nbd.getStrictMode()).toBe(STRICT_FLAGS | STRICT_BOUNDS);
  nbd.setStrictMode(0 as Strict);
  expect(nbd.getStrictMode()).toBe(0);
});

test('what the library was made with', async () => {
  const nbd = await newHandle();
  expect(nbd.supportsTls()).toBeTypeOf('boolean');
  expect(nbd.supportsVsock()).toBe(false); // no socket of JavaScript's is one
  expect(nbd.supportsUri()).toBeTypeOf('boolean');
});

test('names for TLS and socket activation', async () => {
  const nbd = await newHandle();
  nbd.setTlsHostname('server.example');
  expect(nbd.getTlsHostname()).toBe('server.example');
  nbd.setTlsUsername('alice');
  expect(nbd.getTlsUsername()).toBe('alice');
  nbd.setSocketActivationName('hello');
  expect(nbd.getSocketActivationName()).toBe('hello');
  nbd.setSocketActivationName('');
  expect(nbd.getSocketActivationName()).toBe('');
});

test('metadata contexts: a list that is added to and cleared', async () => {
  const nbd = await newHandle();
  nbd.clearMetaContexts(); // an empty list may be cleared
  nbd.addMetaContext('base:allocation');
  nbd.addMetaContext('x-test:one');
  expect(nbd.getNrMetaContexts()).toBe(2);
  expect([nbd.getMetaContext(0), nbd.getMetaContext(1)]).toEqual(['base:allocation', 'x-test:one']);
  const error = await nbdError(() => nbd.getMetaContext(2));
  expect(error.message).toBe('nbd_get_meta_context: meta context request out of range: Invalid argument');
  nbd.clearMetaContexts();
  expect(nbd.getNrMetaContexts()).toBe(0);
});

test('debugging on and off (tests/debug.c)', async () => {
  const nbd = await newHandle();
  nbd.setDebugCallback(() => {}); // or it would be printed
  nbd.setDebug(true);
  expect(nbd.getDebug()).toBe(true);
  nbd.setDebug(false);
  expect(nbd.getDebug()).toBe(false);
});
