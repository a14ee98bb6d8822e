// A target whose URI has an export leads to this one, under its name or under none: followed message by message, and
// through the proxy.
import type { NBD } from 'libnbd-wasm';
import { createProxy } from 'libnbd-wasm/proxy';
import { describe, expect, test } from 'vitest';
import type { Rules } from '../../src/proxy/follower.js';
import { concat, firstDifference, noise, text } from '../support/bytes.js';
import { connected, nbdError } from '../support/handles.js';
import { optionReply } from '../support/protocol.js';
import { nbdkit, qemuNbd } from '../support/servers.js';
import * as nbd from './client_bytes.js';
import { exportName, flags, go, info, metaContext, option, request } from './client_bytes.js';
import { follow, pieces } from './followed.js';
import { client, endOf, proxyTo, received } from './support.js';

const confined: Rules = { readOnly: false, exportName: 'vm1' };
const write = request(nbd.WRITE, { payload: new Uint8Array(512) });

describe('a target that leads to one export', () => {
  const named: [string, (name: string) => Uint8Array][] = [
    ['NBD_OPT_INFO', (name) => option(nbd.INFO, info(name, [3]))],
    ['NBD_OPT_GO', go],
    ['NBD_OPT_EXPORT_NAME', exportName],
    ['NBD_OPT_LIST_META_CONTEXT', (name) => option(nbd.LIST_META_CONTEXT, metaContext(name, ['base:']))],
    ['NBD_OPT_SET_META_CONTEXT', (name) => option(nbd.SET_META_CONTEXT, metaContext(name, ['base:allocation', 'x:']))],
  ];
  test.for(named)('%s', ([, make]) => {
    for (const name of ['', 'vm1']) {
      const { ending, toServer } = follow(confined, pieces(concat(flags(), make(name)), 5));
      expect(ending).toBeUndefined();
      expect(toServer).toEqual(concat(flags(), make('vm1')));
    }
    for (const name of ['vm2', 'vm', 'vm11', '/vm1', 'VM1', 'vm1\0', '\0vm1', ' ']) {
      const { ending, toServer } = follow(confined, [concat(flags(), make(name))]);
      expect(ending).toEqual({ code: 4404, reason: `unknown export ${name}: this target leads to another` });
      expect(toServer).toEqual(flags());
    }
  });

  test('a list is refused as a server does whose policy forbids it, and options go on', () => {
    const { ending, toServer, injected } = follow(confined, [concat(flags(), option(nbd.LIST), go(), request(nbd.READ))]);
    expect(ending).toBeUndefined();
    expect(toServer).toEqual(concat(flags(), go('vm1'), request(nbd.READ)));
    expect(injected).toEqual(optionReply(nbd.LIST, 2 ** 31 + 2, text('this target leads to one export, which needs no name')));
  });

  test('lists that are refused are counted, as no server slows down who asks for them', () => {
    const lists = (count: number) => concat(flags(), ...Array.from({ length: count }, () => option(nbd.LIST)), go());
    expect(follow(confined, [lists(32)]).ending).toBeUndefined();
    const { ending, injected } = follow(confined, [lists(2 ** 16)]);
    expect(ending).toEqual({ code: 4400, reason: 'option 3 (LIST) was refused too often' });
    expect(injected.length).toBeLessThan(2 ** 12);
  });

  test('TLS, under which it could not be followed, is refused', () => {
    expect(follow(confined, [concat(flags(), option(nbd.STARTTLS))]).ending?.code).toBe(4400);
  });

  test('writes pass as they are, unless it is read-only', () => {
    const bytes = concat(flags(), go('vm1'), write, new Uint8Array(1000));
    for (const size of [1, 100, bytes.length]) expect(follow(confined, pieces(bytes, size)).toServer).toEqual(bytes);
    expect(follow({ ...confined, readOnly: true }, [bytes]).ending?.code).toBe(4405);
  });
});

describe('through the proxy', () => {
  /** A server that has every export, and whose disk is the name that it was opened under. */
  const anyName = async (exportName: string) => (await nbdkit('info', 'mode=exportname')).uri.replace('///', `///${exportName}`);
  const nameOf = async (nbd: NBD) => String.fromCharCode(...(await nbd.pread(Number(nbd.getSize()), 0)));

  test.for(['', 'vm1'])('the library opens the export as %j', async (name) => {
    const proxy = await proxyTo(await anyName('vm1'));
    expect(await nameOf(await connected(proxy, (nbd) => nbd.setExportName(name)))).toBe('vm1');
  });

  test('the name is taken as libnbd takes it', async () => {
    const proxy = await proxyTo(await anyName('/a+b%2B%20%C3%BC'));
    const nbd = await connected(proxy);
    expect(new TextDecoder().decode(await nbd.pread(Number(nbd.getSize()), 0))).toBe('/a+b+ ü');
    await connected(proxy, (nbd) => nbd.setExportName('/a+b+ ü'));
  });

  test('any other name ends with 4404', async () => {
    const proxy = await proxyTo(await anyName('vm1'));
    const error = await nbdError(connected(proxy, (nbd) => nbd.setExportName('vm2')));
    expect(error.code).toBe('ENOENT');
    expect(error.message).toContain('4404 unknown export vm2: this target leads to another');
  });

  test('a long name is cut where the close frame ends, and has no control characters', async () => {
    const proxy = await proxyTo(await anyName('vm1'));
    const socket = client(proxy.url());
    await received(socket).atLeast(18);
    socket.send(concat(flags(), go(`\x1b[2J\u202e${'ü'.repeat(200)}`)));
    expect(await endOf(socket)).toMatch(/^4404 unknown export \\u001b\[2J\\u202eü+…$/);
  });

  test('options one by one: a list is refused, and the connection goes on', async () => {
    const proxy = await proxyTo(await anyName('vm1'));
    const nbd = await connected(proxy, (nbd) => nbd.setOptMode(true));
    const error = await nbdError(nbd.optList(() => 0));
    expect(error.message).toContain('server replied with error to list request');
    expect(error.code).toBe('ENOTSUP');
    await nbd.optInfo();
    expect(nbd.getSize()).toBe(3n);
    await nbd.optGo();
    expect(await nameOf(nbd)).toBe('vm1');
  });

  test('of a server that has it not', async () => {
    const server = await qemuNbd({ format: 'raw', size: 2 ** 20, options: ['--export-name=disk'] });
    const error = await nbdError(connected(await proxyTo(server.uri.replace('///', '///other'))));
    expect(error.code).toBe('ENOENT');
  });

  test('writes of any size pass', async () => {
    const server = await qemuNbd({ format: 'raw', size: 2 ** 24, options: ['--export-name=disk'] });
    const nbd = await connected(await proxyTo(server.uri.replace('///', '///disk')));
    const bytes = noise(2 ** 24);
    await nbd.pwrite(bytes, 0);
    expect(firstDifference(await nbd.pread(2 ** 24, 0), bytes)).toBe(-1);
  });

  test('an export and all of them, side by side', async () => {
    const { uri } = await nbdkit('info', 'mode=exportname');
    const proxy = createProxy({ targets: { all: uri, slash: 'nbd://localhost/', one: uri.replace('///', '///vm1') } });
    expect(proxy.unconfined).toEqual(['all', 'slash']);
  });
});
