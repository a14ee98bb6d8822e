// optStarttls: upstream's tests/opt-starttls.c and newstyle-limited.c, TLS at the time of the client's own choosing.
import { type NBD, TLS_ALLOW, TLS_DISABLE, TLS_REQUIRE } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { retired } from '../support/aio.js';
import { nbdError, newHandle } from '../support/handles.js';
import { pki } from '../support/pki.js';
import { nbdkit } from '../support/servers.js';

const keys = pki();
const secured = (tls: 'on' | 'off' | 'require') => nbdkit(`--tls=${tls}`, `--tls-certificates=${keys.server}`, 'memory', '1M');

type Tls = typeof TLS_DISABLE | typeof TLS_ALLOW | typeof TLS_REQUIRE;

async function negotiating(path: string, folder = keys.anonymous, tls: Tls = TLS_DISABLE): Promise<NBD> {
  const nbd = await newHandle();
  nbd.setTls(tls);
  nbd.setTlsCertificates(folder);
  nbd.setOptMode(true);
  await nbd.connectUnix(path);
  return nbd;
}

describe('a server that has TLS', () => {
  it('agrees, and what follows is secure', async () => {
    const nbd = await negotiating((await secured('on')).path);
    expect(nbd.getTlsNegotiated()).toBe(false);
    expect(await nbd.optStarttls()).toBe(true);
    expect(nbd.getTlsNegotiated()).toBe(true);
    expect(nbd.aioIsNegotiating()).toBe(true);
    await nbd.optGo();
    expect(await nbd.pread(2, 0)).toEqual(new Uint8Array(2));
  });

  it('forgets what was agreed on before', async () => {
    const nbd = await negotiating((await secured('on')).path);
    await nbd.optStructuredReply();
    expect(nbd.getStructuredRepliesNegotiated()).toBe(true);
    expect(await nbd.optStarttls()).toBe(true);
    expect(nbd.getStructuredRepliesNegotiated()).toBe(false);
    expect(await nbd.optStructuredReply()).toBe(true);
  });

  it('refuses everything before TLS where it requires it, and gives it after', async () => {
    const nbd = await negotiating((await secured('require')).path);
    expect((await nbdError(nbd.optGo())).message).toMatch(/^nbd_opt_go: .*TLS/i);
    expect(await nbd.optStarttls()).toBe(true);
    await nbd.optGo();
    expect(nbd.getSize()).toBe(1048576n);
  });

  it('refuses a second time', async () => {
    const nbd = await negotiating((await secured('on')).path);
    expect(await nbd.optStarttls()).toBe(true);
    expect(await nbd.optStarttls()).toBe(false);
    expect(nbd.getTlsNegotiated()).toBe(true);
    await nbd.optGo();
  });

  it('agreed while connecting, and refuses a second time', async () => {
    const nbd = await negotiating((await secured('on')).path, keys.anonymous, TLS_ALLOW);
    expect(nbd.getTlsNegotiated()).toBe(true);
    expect(await nbd.optStarttls()).toBe(false);
    await nbd.optGo();
  });
});

describe('a server that has no TLS', () => {
  it('refuses, and goes on without', async () => {
    const nbd = await negotiating((await secured('off')).path, keys.anonymous, TLS_ALLOW);
    expect(await nbd.optStarttls()).toBe(false);
    expect(nbd.getTlsNegotiated()).toBe(false);
    await nbd.optGo();
    expect(nbd.getSize()).toBe(1048576n);
  });
});

describe('a refusal where the client requires TLS', () => {
  // Upstream's state machine ends the connection (and upstream's own nbd_opt_starttls trips over an assertion).
  it('rejects: there is no connection to go on with', async () => {
    const nbd = await negotiating((await secured('on')).path, keys.anonymous, TLS_REQUIRE);
    const error = await nbdError(nbd.optStarttls());
    expect(error.message).toMatch(/^nbd_opt_starttls: /);
    expect(nbd.aioIsNegotiating()).toBe(false);
  });
});

describe('a handshake that fails', () => {
  it('rejects, and the handle is of no use any more', async () => {
    const nbd = await negotiating((await secured('on')).path, keys.misled);
    const error = await nbdError(nbd.optStarttls());
    expect(error.message).toMatch(/^nbd_opt_starttls: .*certificate/);
    expect(error.code).toBe('EPROTO');
    await nbdError(nbd.optGo());
    expect(nbd.aioIsReady()).toBe(false);
  });

  it('rejects when the credentials cannot be read', async () => {
    const nbd = await newHandle();
    nbd.setOptMode(true);
    nbd.setTlsPskFile('/nonexistent/keys.psk');
    await nbd.connectUnix((await secured('on')).path);
    const error = await nbdError(nbd.optStarttls());
    expect(error.message).toMatch(/^nbd_opt_starttls: /);
    expect(error.message).toContain('/nonexistent/keys.psk');
  });
});

describe('aioOptStarttls', () => {
  it('calls back', async () => {
    const nbd = await negotiating((await secured('on')).path);
    const calls: (string | null)[] = [];
    nbd.aioOptStarttls({
      completion: (error) => {
        calls.push(error.code);
        return 1;
      },
    });
    while (nbd.aioIsConnecting() || calls.length === 0) await nbd.poll(-1);
    expect(calls).toEqual([null]);
    await nbd.optGo();
    await retired(nbd, nbd.aioPread(new Uint8Array(512), 0));
    expect(nbd.getTlsNegotiated()).toBe(true);
  });
});
