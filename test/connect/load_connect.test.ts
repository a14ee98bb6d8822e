// load({ connect }): where the caller opens the connections that libnbd asks for.
import { Duplex } from 'node:stream';
import { type BytePair, load } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { connectingTo } from '../support/connect_targets.js';
import { nbdError, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { nbdkit } from '../support/servers.js';
import { sockaddrInet, sockaddrUnix } from '../support/sockaddr.js';
import { socketKinds } from '../support/socket_kinds.js';

describe('a connect function', () => {
  it.each([
    ['connectTcp', { host: 'disks.example', port: 1234 }, 'nbd://disks.example:1234/'],
    ['connectUri', { host: 'disks.example', port: 10809 }, 'nbd://disks.example:10809/'],
    ['connectUri of IPv6', { host: 'fd00::1', port: 5 }, 'nbd://[fd00::1]:5/'],
    ['connectUnix', { path: '/somewhere/socket' }, 'nbd+unix:///?socket=/somewhere/socket'],
    ['aioConnect, IPv4', { host: '192.0.2.1', port: 1 }, 'nbd://192.0.2.1:1/'],
    ['aioConnect, Unix', { path: '/somewhere' }, 'nbd+unix:///?socket=/somewhere'],
  ] as const)('is told where to go: %s', async (call, expected, uri) => {
    const server = await nbdkit('null', '1M');
    const { lib, targets } = await connectingTo(server);
    const nbd = await newHandle(lib);
    switch (call) {
      case 'connectTcp':
        await nbd.connectTcp('disks.example', '1234');
        break;
      case 'connectUri':
        await nbd.connectUri('nbd://disks.example/');
        break;
      case 'connectUri of IPv6':
        await nbd.connectUri('nbd://[fd00::1]:5');
        break;
      case 'connectUnix':
        await nbd.connectUnix('/somewhere/socket');
        break;
      default:
        nbd.aioConnect(call.endsWith('IPv4') ? sockaddrInet('192.0.2.1', 1) : sockaddrUnix('/somewhere'));
        while (nbd.aioIsConnecting()) await nbd.poll(-1);
    }
    expect(nbd.getSize()).toBe(1048576n);
    expect(targets).toEqual([expected]);
    expect(nbd.getUri()).toBe(uri);
  });

  it('may return a pair of web streams', async () => {
    const server = await nbdkit('pattern', '1M');
    const lib = await load({ connect: () => Duplex.toWeb(server.socket()) as BytePair });
    const nbd = await newHandle(lib);
    await nbd.connectUri('nbd://anywhere');
    expect(await nbd.pread(8, 512)).toEqual(new Uint8Array([0, 0, 0, 0, 0, 0, 2, 0]));
    await nbd.shutdown();
  });

  it.each(['a MessagePort', 'a Transport', 'a Duplex'])('may return %s', async (kind) => {
    const server = await nbdkit('null', '1M');
    const socket = await socketKinds[kind]?.(server);
    if (socket === undefined) throw new Error(`there is no ${kind}`);
    const nbd = await newHandle(await load({ connect: () => socket }));
    await nbd.connectTcp('anywhere', '10809');
    expect(nbd.getSize()).toBe(1048576n);
  });

  it('that throws makes the call reject, with what it threw as the cause', async () => {
    const thrown = Object.assign(new Error('the proxy does not want to'), { code: 'EACCES' });
    const lib = await load({
      connect: () => {
        throw thrown;
      },
    });
    for (const call of ['connectTcp', 'connectUnix'] as const) {
      const nbd = await newHandle(lib);
      const error = await nbdError(call === 'connectTcp' ? nbd.connectTcp('h', '1') : nbd.connectUnix('/s'));
      expect(error.code).toBe('EACCES');
      expect(error.cause).toBe(thrown);
      expect(error.message).toMatch(/^nbd_connect_(tcp: connect: h:1|unix: connect): /);
      nbd.close();
    }
    expect(holdings(lib)).toEqual(nothing);
  });

  it('that throws something without a code is EIO, and the text is kept', async () => {
    const lib = await load({
      connect: () => {
        throw new Error('the proxy does not want to');
      },
    });
    const nbd = await newHandle(lib);
    const error = await nbdError(nbd.connectTcp('h', '1'));
    expect(error.code).toBe('EIO');
    expect(error.message).toContain('the proxy does not want to');
  });

  it('that returns no socket makes the call reject, and says so', async () => {
    const lib = await load({ connect: () => ({}) as BytePair });
    const nbd = await newHandle(lib);
    const error = await nbdError(nbd.connectTcp('h', '1'));
    expect(error.message).toContain('is no socket');
    expect(error.cause).toBeInstanceOf(TypeError);
    nbd.close();
    expect(holdings(lib)).toEqual(nothing);
  });

  it('is that of its own instance alone', async () => {
    const server = await nbdkit('null', '1M');
    await load({
      connect: () => {
        throw new Error('not this one');
      },
    });
    const nbd = await newHandle();
    await nbd.connectUnix(server.path);
    expect(nbd.getSize()).toBe(1048576n);
  });
});
