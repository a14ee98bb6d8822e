// What a page can do, and what it says where it cannot: the package as browsers load it, in Node. (It sets the shared instance
// up as a page would, and so has a file of its own.)
import { readFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { type BytePair, TLS_ALLOW, TLS_DISABLE, TLS_REQUIRE } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { load as loadPage } from '../../dist/browser.js';
import { nbdError } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { pki } from '../support/pki.js';
import { nbdkit } from '../support/servers.js';

const keys = pki();

describe('a platform that cannot connect (a page)', () => {
  const onPage = async (connect?: () => BytePair) => {
    const wasm = await readFile(new URL('../../dist/libnbd.wasm', import.meta.url));
    return (await loadPage({ wasm, connect })).create();
  };

  it.each([
    ['connectTcp', 'disks.example:1234'],
    ['connectUri', 'disks.example:10809'],
    ['connectUnix', '/somewhere/socket'],
  ])('refuses %s with ENOTSUP, and says what to do', async (call, target) => {
    const nbd = await onPage();
    const error = await nbdError(() => {
      if (call === 'connectTcp') return nbd.connectTcp('disks.example', '1234');
      return call === 'connectUri' ? nbd.connectUri('nbd://disks.example') : nbd.connectUnix('/somewhere/socket');
    });
    expect(error.code).toBe('ENOTSUP');
    expect(error.message).toContain(`cannot open a connection to ${target} by itself: give load() a connect function`);
    nbd.close();
    expect(holdings(nbd.lib)).toEqual(nothing);
  });

  it.each(['connectCommand', 'connectSystemdSocketActivation', 'nbd+ssh'])('refuses %s with ENOTSUP', async (call) => {
    const nbd = await onPage();
    const error = await nbdError(() => {
      if (call === 'nbd+ssh') return nbd.connectUri('nbd+ssh://host/');
      return call === 'connectCommand' ? nbd.connectCommand(['true']) : nbd.connectSystemdSocketActivation(['true']);
    });
    expect(error.code).toBe('ENOTSUP');
    nbd.close();
    expect(holdings(nbd.lib)).toEqual(nothing);
  });

  it('connects where the page says how', async () => {
    const server = await nbdkit('null', '1M');
    const nbd = await onPage(() => Duplex.toWeb(server.socket()) as BytePair);
    await nbd.connectUri('nbd://disks.example/disk');
    expect(nbd.getSize()).toBe(1048576n);
    expect(nbd.getExportName()).toBe('disk');
    await nbd.shutdown();
    nbd.close();
  });

  it('has TLS, by a module of the library’s', async () => {
    const nbd = await onPage();
    expect(nbd.supportsTls()).toBe(true);
    for (const tls of [TLS_ALLOW, TLS_REQUIRE, TLS_DISABLE] as const) {
      nbd.setTls(tls);
      expect(nbd.getTls()).toBe(tls);
    }
    nbd.close();
  });

  it('has no files that could hold credentials, and says so', async () => {
    const tls = await readFile(new URL('../../dist/tls.wasm', import.meta.url));
    const wasm = await readFile(new URL('../../dist/libnbd.wasm', import.meta.url));
    const server = await nbdkit('--tls=require', `--tls-certificates=${keys.server}`, 'null', '1M');
    const lib = await loadPage({ wasm, tls: { wasm: tls }, connect: () => Duplex.toWeb(server.socket()) as BytePair });
    const nbd = lib.create();
    nbd.setTlsCertificates(keys.anonymous);
    const error = await nbdError(nbd.connectUri('nbds://localhost'));
    expect(error.message).toContain('a page has no files: give credentials in memory, with setTlsCredentials()');
    expect(error.code).toBe('ENOTSUP');
    nbd.close();
    expect(holdings(nbd.lib)).toEqual(nothing);
  });
});
