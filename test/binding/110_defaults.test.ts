// What a new handle is set to.
import { HANDSHAKE_FLAG_MASK, STRICT_MASK, TLS_DISABLE } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';

test('a new handle has the defaults that libnbd documents', async () => {
  const nbd = await newHandle();
  expect(nbd.getExportName()).toBe('');
  expect(nbd.getFullInfo()).toBe(false);
  expect(nbd.getTls()).toBe(TLS_DISABLE);
  expect(nbd.getRequestExtendedHeaders()).toBe(true);
  expect(nbd.getRequestStructuredReplies()).toBe(true);
  expect(nbd.getRequestMetaContext()).toBe(true);
  expect(nbd.getRequestBlockSize()).toBe(true);
  expect(nbd.getPreadInitialize()).toBe(true);
  expect(nbd.getHandshakeFlags()).toBe(HANDSHAKE_FLAG_MASK);
  expect(nbd.getOptMode()).toBe(false);
});

test('what only a connection has is not there yet', async () => {
  const nbd = await newHandle();
  const calls: (() => unknown)[] = [
    () => nbd.getTlsNegotiated(),
    () => nbd.getExtendedHeadersNegotiated(),
    () => nbd.getStructuredRepliesNegotiated(),
    () => nbd.getProtocol(),
    () => nbd.getSize(),
    () => nbd.isReadOnly(),
  ];
  for (const call of calls) {
    const error = await nbdError(call);
    expect(error.message).toMatch(
      /^nbd_[a-z_]+: invalid state: START: the handle must be negotiating, or connected with the server/,
    );
    expect(error.code).toBe('ENOTCONN');
  }
});

test('the others, which no other binding looks at', async () => {
  const nbd = await newHandle();
  expect(nbd.getStrictMode()).toBe(STRICT_MASK);
  expect(nbd.getDebug()).toBe(false);
  expect(nbd.getTlsVerifyPeer()).toBe(true);
  expect(nbd.getTlsHostname()).toBe('');
  expect(nbd.getSocketActivationName()).toBe('');
  expect(nbd.getNrMetaContexts()).toBe(0);
  expect(nbd.getPrivateData()).toBe(0);
  expect(nbd.aioGetDirection()).toBe(0);
});
