// connectUri and connectWebSocket with the URL of a proxy.
import { ALLOW_TRANSPORT_UNIX, load, TLS_DISABLE, TLS_REQUIRE } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { pattern } from '../support/bytes.js';
import { failure, nbdError, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { nbdkit } from '../support/servers.js';
import { proxyTo } from './support.js';

test('connectUri takes the URL that the proxy prints', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', '1M'), { token: 'secret' });
  const nbd = await newHandle();
  await nbd.connectUri(`${proxy.url()}?token=secret`);
  expect(nbd.getSize()).toBe(2n ** 20n);
  expect(await nbd.pread(512, 1024)).toEqual(pattern(1024, 512));
  await nbd.shutdown();
});

test('a scheme in capitals is the same', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', '1M'));
  const nbd = await newHandle();
  await nbd.connectUri(proxy.url().replace('ws:', 'WS:'));
  expect(nbd.getSize()).toBe(2n ** 20n);
});

test('the export’s name is the handle’s', async () => {
  const { uri } = await nbdkit('info', 'mode=exportname');
  const nbd = await newHandle();
  nbd.setExportName('mine');
  await nbd.connectUri((await proxyTo(uri)).url());
  expect(new TextDecoder().decode(await nbd.pread(4, 0))).toBe('mine');
});

test('connectWebSocket takes the class to open it with', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', '1M'));
  const opened: string[] = [];
  class Noted extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      opened.push(String(url));
    }
  }
  const nbd = await newHandle();
  await nbd.connectWebSocket(new URL(proxy.url()), { WebSocket: Noted });
  expect(opened).toEqual([proxy.url()]);
  expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
});

test('what the proxy says when it refuses is in the error, under the name of the call', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', '1M'));
  const byUri = await nbdError((await newHandle()).connectUri(proxy.url('other')));
  expect(byUri).toMatchObject({ code: 'ENOENT', isFatal: true });
  expect(byUri.message).toMatch(/^nbd_connect_uri: .*4404 unknown target/);
  const byUrl = await nbdError((await newHandle()).connectWebSocket(proxy.url('other')));
  expect(byUrl.message).toMatch(/^nbd_connect_socket: .*4404 unknown target/);
});

test('an abort leaves no connection', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', '1M'));
  const lib = await load();
  const nbd = await newHandle(lib);
  const reason = new Error('changed my mind');
  const controller = new AbortController();
  const connecting = nbd.connectUri(proxy.url(), { signal: controller.signal });
  controller.abort(reason);
  expect(await failure(connecting)).toBe(reason);
  expect(nbd.connected).toBe(false);
  nbd.close();
  expect(holdings(lib)).toEqual(nothing);
});

test('a handle that has a connection already does not take another', async () => {
  const proxy = await proxyTo(await nbdkit('pattern', '1M'));
  const nbd = await newHandle();
  await nbd.connectUri(proxy.url());
  expect((await nbdError(nbd.connectUri(proxy.url()))).code).toBe('EINVAL');
  expect(await nbd.pread(8, 8)).toEqual(pattern(8, 8));
});

test('what is no URL of a WebSocket is refused', async () => {
  expect(await failure((await newHandle()).connectUri('ws://['))).toBeInstanceOf(SyntaxError);
  expect(await failure((await newHandle()).connectWebSocket('nbd://localhost'))).toBeInstanceOf(SyntaxError);
});

test('what the handle does not allow a URI holds for a WebSocket’s as well, in libnbd’s words', async () => {
  const url = 'ws://127.0.0.1:1/nbd/disk';
  const refusal = async (uri: string, ...[transports, tls]: [number?, number?]) => {
    const nbd = await newHandle();
    if (transports !== undefined) nbd.setUriAllowTransports(transports);
    if (tls !== undefined) nbd.setUriAllowTls(tls);
    return nbdError(nbd.connectUri(uri));
  };
  const transport = await refusal(url, ALLOW_TRANSPORT_UNIX);
  const expected = await refusal('nbd://127.0.0.1:1', ALLOW_TRANSPORT_UNIX);
  expect(transport).toMatchObject({ code: expected.code, message: expected.message.replace('nbd is', 'ws is') });

  const plain = await refusal(url, undefined, TLS_REQUIRE);
  const expectedPlain = await refusal('nbd://127.0.0.1:1', undefined, TLS_REQUIRE);
  expect(plain).toMatchObject({ code: expectedPlain.code, message: expectedPlain.message.replace('nbd is', 'ws is') });

  const secure = await refusal('wss://127.0.0.1:1/nbd/disk', undefined, TLS_DISABLE);
  const expectedSecure = await refusal('nbds://127.0.0.1:1', undefined, TLS_DISABLE);
  expect(secure).toMatchObject({ code: expectedSecure.code, message: expectedSecure.message.replace('nbds is', 'wss is') });
});
