// URIs that libnbd refuses, with its own texts: malformed, not allowed, or of a transport that is not here. None of them
// reaches the network: the instance that they are tried on has no way there.
import {
  ALLOW_TRANSPORT_TCP,
  ALLOW_TRANSPORT_UNIX,
  ALLOW_TRANSPORT_VSOCK,
  load,
  type NBD,
  TLS_DISABLE,
  TLS_REQUIRE,
} from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { nbdkit } from '../support/servers.js';

async function offline(): Promise<NBD> {
  return newHandle(
    await load({
      connect: (target) => {
        throw new Error(`connected to ${JSON.stringify(target)}`);
      },
    }),
  );
}

const invalid = 'Invalid argument';
const schemes = 'valid NBD URIs should start with a scheme like nbd://, nbds:// or nbd+unix://';

describe('malformed', () => {
  it.each([
    ['http://localhost/', `unknown NBD URI scheme: http: ${invalid}`],
    ['nbdx://localhost', `unknown NBD URI scheme: nbdx: ${invalid}`],
    ['', `NBD URI does not have a scheme: ${schemes}: ${invalid}`],
    [
      '/tmp/socket',
      `NBD URI does not have a scheme: ${schemes}: to open a local socket use "nbd+unix://?socket=PATH": ${invalid}`,
    ],
    [
      'localhost',
      `NBD URI does not have a scheme: ${schemes}: to open a local port use "nbd://localhost" or "nbd://localhost:PORT": ${invalid}`,
    ],
    ['nbd:localhost', `URI must begin with 'nbd://': ${invalid}`],
    ['nbd:/localhost', `URI must begin with 'nbd://': ${invalid}`],
    ['nbd:unix:/tmp/socket:exportname=x', `URI must begin with 'nbd://': ${invalid}`],
    ['nbd://local host/', `unable to parse URI: nbd://local host/: ${invalid}`],
    ['nbd://localhost:port/', `unable to parse URI: nbd://localhost:port/: ${invalid}`],
    ['nbd://[::1/', `unable to parse URI: nbd://[::1/: ${invalid}`],
    ['nbd://localhost/%zz', `unable to parse URI: nbd://localhost/%zz: ${invalid}`],
    [
      'nbd+unix:///disk',
      `cannot parse socket parameter from NBD URI (did you mean to use "nbd+unix:///?socket=..."?): ${invalid}`,
    ],
    ['nbds+unix://', `cannot parse socket parameter from NBD URI (did you mean to use "nbds+unix:///?socket=..."?): ${invalid}`],
    [
      'nbd://localhost/?socket=/tmp/socket',
      `socket parameter is incompatible with "nbd:" (did you mean to use "nbd+unix:///?socket=..."?): ${invalid}`,
    ],
    [
      'nbds://localhost/?socket=/tmp/socket',
      `socket parameter is incompatible with "nbds:" (did you mean to use "nbds+unix:///?socket=..."?): ${invalid}`,
    ],
    [
      'nbds://localhost/?tls-verify-peer=perhaps',
      `could not parse tls-verify-peer parameter, expecting tls-verify-peer=true|false: ${invalid}`,
    ],
    ['nbd+ssh:///?socket=/tmp/socket', `SSH transport requires a server name: ${invalid}`],
    ['nbd+vsock://host/', `cannot parse vsock CID from NBD URI: host: ${invalid}`],
  ])('%s', async (uri, message) => {
    const nbd = await offline();
    const error = await nbdError(nbd.connectUri(uri));
    expect(error.message).toBe(`nbd_connect_uri: ${message}`);
    expect(error.code).toBe('EINVAL');
    expect(nbd.aioIsCreated()).toBe(true);
  });

  it('throws the same from aioConnectUri', async () => {
    const nbd = await offline();
    const error = await nbdError(() => nbd.aioConnectUri('http://localhost/'));
    expect(error.message).toBe(`nbd_aio_connect_uri: unknown NBD URI scheme: http: ${invalid}`);
  });
});

describe('not allowed', () => {
  const permission = 'Operation not permitted';
  const expectRefusal = async (nbd: NBD, uri: string, message: string) => {
    const error = await nbdError(nbd.connectUri(uri));
    expect(error.message).toBe(`nbd_connect_uri: ${message}: ${permission}`);
    expect(error.code).toBe('EPERM');
  };

  it.each([
    ['nbd', 'nbd://localhost', ALLOW_TRANSPORT_UNIX],
    ['nbds', 'nbds://localhost', ALLOW_TRANSPORT_UNIX | ALLOW_TRANSPORT_VSOCK],
    ['nbd+unix', 'nbd+unix:///?socket=/s', ALLOW_TRANSPORT_TCP],
    ['nbds+unix', 'nbds+unix:///?socket=/s', ALLOW_TRANSPORT_TCP],
    ['nbd+vsock', 'nbd+vsock://2:10809', ALLOW_TRANSPORT_TCP],
    ['nbd+ssh', 'nbd+ssh://localhost/', ALLOW_TRANSPORT_TCP | ALLOW_TRANSPORT_UNIX],
  ])('the transport of %s', async (scheme, uri, mask) => {
    const nbd = await offline();
    nbd.setUriAllowTransports(mask);
    await expectRefusal(nbd, uri, `URI transport ${scheme} is not permitted`);
  });

  it('TLS', async () => {
    const nbd = await offline();
    nbd.setUriAllowTls(TLS_DISABLE);
    await expectRefusal(nbd, 'nbds://localhost', 'URI TLS setting nbds is not permitted');
  });

  it('going without TLS', async () => {
    const nbd = await offline();
    nbd.setUriAllowTls(TLS_REQUIRE);
    await expectRefusal(nbd, 'nbd://localhost', 'URI TLS setting nbd is not permitted');
  });

  it.each(['tls-certificates', 'tls-psk-file'])('a local file (%s) unless the caller allows it', async (parameter) => {
    const nbd = await offline();
    await expectRefusal(
      nbd,
      `nbds://localhost/?${parameter}=/etc`,
      `local file access (${parameter}) is not allowed, call nbd_set_uri_allow_local_file to enable this`,
    );
  });
});

describe('not here', () => {
  it.each(['nbd+vsock://', 'nbd+vsock://1:10809/', 'nbds+vsock:///disk'])('%s', async (uri) => {
    const nbd = await offline();
    expect(nbd.supportsVsock()).toBe(false);
    const error = await nbdError(nbd.connectUri(uri));
    expect(error.code).toBe('ENOTSUP');
    expect(error.message).toMatch(/vsock/i);
  });

  it('vsock by any other call', async () => {
    const nbd = await offline();
    expect(await nbdError(nbd.connectVsock(2, 10809))).toMatchObject({ code: 'ENOTSUP' });
    expect(await nbdError(() => nbd.aioConnectVsock(2, 10809))).toMatchObject({ code: 'ENOTSUP' });
  });

  it('the URI of a handle that was given a socket', async () => {
    const nbd = await connected(await nbdkit('null'));
    const error = await nbdError(() => nbd.getUri());
    expect(error.message).toBe(`nbd_get_uri: cannot construct a URI for this connection type: ${invalid}`);
    expect(error.code).toBe('EINVAL');
  });
});

describe('isUri', () => {
  it.each([
    ['nbd://', true],
    ['NBD://host', true],
    ['nbds://host:1/x', true],
    ['nbd+unix:///?socket=x', true],
    ['nbds+unix://', true],
    ['nbd+vsock://1', true],
    ['nbds+vsock://1', true],
    ['nbd+ssh://h', true],
    ['nbds+ssh://h', true],
    ['nbd:', false],
    ['nbd:localhost:10809', false],
    ['nbd+tcp://host', false],
    ['http://host', false],
    ['', false],
    ['/tmp/socket', false],
    ['disk.img', false],
  ])('%s: %s', async (uri, is) => {
    expect((await offline()).isUri(uri)).toBe(is);
  });
});
