// Servers of older protocols, which have no TLS to be asked for: refused where the client requires it, and told apart from those
// that could. Upstream's tests/oldstyle.c and newstyle-limited.c, seen from TLS.
import { TLS_ALLOW, TLS_REQUIRE } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { nbdError, newHandle } from '../support/handles.js';
import { pki } from '../support/pki.js';

const keys = pki();
const nbdkit = (...args: string[]) => ['nbdkit', '--single', '--exit-with-parent', ...args, 'null', '1M'];

describe.each([
  ['oldstyle', nbdkit('--oldstyle'), "handshake: server is oldstyle, but handle TLS setting is 'require' (2)"],
  [
    'newstyle without options',
    nbdkit('--mask-handshake=0'),
    "handshake: server is not using fixed newstyle, but handle TLS setting is 'require' (2)",
  ],
])('%s', (_name, argv, refusal) => {
  it('is refused where TLS is required', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCertificates(keys.anonymous);
    const error = await nbdError(nbd.connectCommand(argv));
    expect(error.message).toBe(`nbd_connect_command: ${refusal}: Not supported`);
    expect(error.code).toBe('ENOTSUP');
  });

  it('is connected to where TLS is merely allowed', async () => {
    const nbd = await newHandle();
    nbd.setTls(TLS_ALLOW);
    nbd.setTlsCertificates(keys.anonymous);
    await nbd.connectCommand(argv);
    expect(nbd.getTlsNegotiated()).toBe(false);
    expect(nbd.getSize()).toBe(1048576n);
  });
});

it('TLS goes over a command as well', async () => {
  const nbd = await newHandle();
  nbd.setTls(TLS_REQUIRE);
  nbd.setTlsCertificates(keys.client);
  await nbd.connectCommand(nbdkit('--tls=require', '--tls-verify-peer', `--tls-certificates=${keys.server}`));
  expect(nbd.getTlsNegotiated()).toBe(true);
  expect(await nbd.pread(4, 0)).toEqual(new Uint8Array(4));
  await nbd.shutdown();
});

it('TLS goes over socket activation as well', async () => {
  const nbd = await newHandle();
  nbd.setTls(TLS_REQUIRE);
  nbd.setTlsCertificates(keys.client);
  const argv = [
    'nbdkit',
    '--foreground',
    '--exit-with-parent',
    '--tls=require',
    `--tls-certificates=${keys.server}`,
    'null',
    '1M',
  ];
  await nbd.connectSystemdSocketActivation(argv);
  expect(nbd.getTlsNegotiated()).toBe(true);
  await nbd.shutdown();
});
