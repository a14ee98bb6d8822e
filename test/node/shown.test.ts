// What console.log and Node's prompt show of handles and disks: a line, without secrets.
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { CopyError, cached, DiskBlob, DiskError, load, NBD, NBDError, Overlay, openDisk } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { RemoteHandle } from '../../dist/worker/remote_handle.js';
import { proxyTo } from '../proxy/support.js';
import { connected } from '../support/handles.js';
import { peer } from '../support/peer.js';
import { nbdkit, nbdkitOnTcp } from '../support/servers.js';

describe('a handle', () => {
  test('from the first to the last', async () => {
    const server = await nbdkitOnTcp('-r', 'memory', '1G');
    const nbd = await NBD.create();
    expect(inspect(nbd)).toBe('NBD { not connected }');
    nbd.setOptMode(true);
    await nbd.connectUri(server.uri);
    const uri = nbd.getUri();
    expect(uri).toMatch(/^nbd:\/\/127\.0\.0\.1:\d+\/$/);
    expect(inspect(nbd)).toBe(`NBD { negotiating, ${uri} }`);
    await nbd.optGo();
    expect(inspect(nbd)).toBe(`NBD { ready, ${uri}, 1 GiB, read-only }`);
    expect(inspect({ nbd })).toBe(`{ nbd: NBD { ready, ${uri}, 1 GiB, read-only } }`);
    await nbd.shutdown();
    expect(inspect(nbd)).toBe('NBD { disconnected }');
    nbd.close();
    expect(inspect(nbd)).toBe('NBD { closed }');
  });

  test('that is connecting, and then dead', async () => {
    const { uri } = await peer([]);
    const nbd = await NBD.create();
    const abort = new AbortController();
    const connecting = nbd.connectUri(uri, { signal: abort.signal });
    expect(inspect(nbd)).toBe('NBD { connecting }');
    abort.abort();
    await connecting.catch(() => {});
    await expect.poll(() => inspect(nbd)).toBe('NBD { dead }');
    nbd.close();
  });

  test('over a socket, which has no address', async () => {
    const nbd = await connected(await nbdkit('memory', '1000'));
    expect(inspect(nbd)).toMatch(/^NBD \{ ready, (nbd\+unix:.*, )?1000 bytes \}$/);
  });

  test('inside of one of its callbacks', async () => {
    const nbd = await NBD.create();
    nbd.setOptMode(true);
    await nbd.connectUri((await nbdkit('memory', '1M')).uri);
    let seen = '';
    await nbd.optListMetaContext(() => {
      seen = inspect(nbd);
    });
    expect(seen).toMatch(/^NBD \{ [a-z]+ \}$/);
    await expect(nbd.optInfo()).resolves.toBeUndefined(); // it did no harm
    nbd.close();
  });

  test('in a worker, as far as a page knows', async () => {
    let lose: (error: Error) => void = () => {};
    const lost = new Promise<Error>((resolve) => {
      lose = resolve;
    });
    const Handle = RemoteHandle.withCalls(['close', 'getSize']);
    const [one, other] = [0, 1].map(() => new Handle(lost as never, async () => {}));
    expect(inspect(one)).toBe('NBD { in a worker }');
    await one?.close();
    expect(inspect(one)).toBe('NBD { closed, in a worker }');
    lose(new Error('gone'));
    await delay(0);
    expect(inspect([one, other])).toBe('[ NBD { closed, in a worker }, NBD { lost, in a worker } ]');
  });
});

test('an instance of the library', async () => {
  const lib = await load();
  using _ = lib.create();
  expect(inspect(lib)).toMatch(/^Library \{ 1 handles, \d+ [KM]iB of memory \}$/);
});

describe('a disk', () => {
  test('that stays, with its addresses’ secrets left out', async () => {
    const { address } = await nbdkitOnTcp('memory', '3M');
    if (!('port' in address)) throw new Error('it listens on TCP');
    const where = `127.0.0.1:${address.port}/`;
    const disk = await openDisk(`nbd://me:secret@${where}`, { connections: 1, readOnly: true });
    expect(inspect(disk)).toBe(`LastingDisk { 1 connection, nbd://me:…@${where}, 3 MiB, read-only }`);
    disk.close();
    expect(inspect(disk)).toBe(`LastingDisk { closed, nbd://me:…@${where}, 3 MiB, read-only }`);
  });

  test('over a WebSocket, with its token left out', async () => {
    const proxy = await proxyTo(await nbdkit('memory', '1M'), { token: 'secret' });
    const url = `${proxy.url()}?token=secret`;
    await using disk = await openDisk(url, { connections: 2 });
    expect(inspect(disk)).toBe(`LastingDisk { 2 connections, ${proxy.url()}, 1 MiB }`);
    using nbd = await NBD.create();
    await nbd.connectUri(url);
    expect(inspect(nbd)).toBe('NBD { ready, 1 MiB }');
  });

  test('over another', async () => {
    const nbd = await NBD.create();
    await nbd.connectUri((await nbdkit('memory', '1M')).uri);
    const overlay = new Overlay(nbd);
    await overlay.pwrite(new Uint8Array(1024), 0);
    const below = inspect(nbd);
    expect(inspect(overlay)).toBe(`Overlay { 1 KiB written, over ${below} }`);
    expect(inspect(await cached(overlay))).toBe(`CachedDisk { over ${inspect(overlay)} }`);
    expect(inspect((await DiskBlob.of(nbd)).slice(512, 2560))).toBe(`DiskBlob { 2 KiB at 512 of ${below} }`);
    nbd.close();
  });
});

test('classes and methods have their own names, and methods the number of arguments before their options', () => {
  expect([NBD, NBDError, CopyError, DiskError, Overlay, DiskBlob].map(({ name }) => name)).toEqual([
    'NBD',
    'NBDError',
    'CopyError',
    'DiskError',
    'Overlay',
    'DiskBlob',
  ]);
  const { prototype } = NBD;
  const methods = [
    'isReadOnly',
    'setDebug',
    'connectTcp',
    'trim',
    'blockStatus64',
    'aioConnectUnix',
    'pread',
    'aioPwrite',
  ] as const;
  expect(methods.map((name) => [prototype[name].name, prototype[name].length])).toEqual([
    ['isReadOnly', 0],
    ['setDebug', 1],
    ['connectTcp', 2],
    ['trim', 2],
    ['blockStatus64', 3],
    ['aioConnectUnix', 1],
    ['pread', 2],
    ['aioPwrite', 2],
  ]);
});
