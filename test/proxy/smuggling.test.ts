// --read-only before each real server: no stream of bytes changes a byte of its disk, neither the known tricks nor random ones.
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat, firstDifference, u16, u32 } from '../support/bytes.js';
import { connected } from '../support/handles.js';
import { nbdkit, nbdServer, qemuNbd } from '../support/servers.js';
import * as nbd from './client_bytes.js';
import { exportName, flags, go, info, option, request, string } from './client_bytes.js';
import { hidden, messages, write } from './client_streams.js';
import { client, proxyTo, received, type TestProxy } from './support.js';

const disk = new Uint8Array(2 ** 16);

/**
 * Servers of a disk that can be written, and how many random streams each gets: nbd-server takes half a second to start for
 * each.
 */
const servers: [string, number, () => Promise<{ uri: string }>][] = [
  ['nbd-server', 10, () => nbdServer(disk)],
  ['qemu-nbd', 150, () => qemuNbd({ format: 'raw', size: disk.length, options: ['--export-name=disk'] })],
  ['nbdkit', 150, () => nbdkit('memory', String(disk.length))],
];

/** Sends messages, with time for the server to answer each. */
async function say(proxy: TestProxy, words: readonly Uint8Array[]): Promise<void> {
  const before = proxy.log.length;
  const socket = client(proxy.url());
  await received(socket).atLeast(18);
  for (const word of words) {
    if (socket.readyState !== socket.OPEN) break;
    socket.send(word);
    await delay(5);
  }
  await delay(10);
  socket.close();
  await proxy.logOf(before + 1); // the server has taken all that it is to get, and has hung up
}

const tricks: [string, Uint8Array[]][] = hidden.flatMap((bytes): [string, Uint8Array[]][] => [
  ['LIST', [option(nbd.LIST, bytes)]],
  ['ABORT', [option(nbd.ABORT, bytes)]],
  ['INFO with a name shorter than its data', [option(nbd.INFO, concat(info('disk'), bytes))]],
  ['INFO with a name longer than its data', [option(nbd.INFO, concat(u32(5000), bytes))]],
  ['a name', [option(nbd.INFO, info(bytes))]],
  ['what INFO asks for', [option(nbd.INFO, concat(string('none'), u16(bytes.length / 2), bytes))]],
  ['GO that fails', [option(nbd.GO, concat(string('none'), u16(bytes.length / 2), bytes))]],
  ['STRUCTURED_REPLY', [option(nbd.STRUCTURED_REPLY, bytes)]],
  ['a query', [option(nbd.SET_META_CONTEXT, concat(string('disk'), u32(1), string(bytes)))]],
  ['an unknown option', [option(77, bytes)]],
  ['requests after a GO that fails', [go('none'), request(nbd.READ), bytes]],
  ['all at once', [concat(option(nbd.STRUCTURED_REPLY), go('none'), go('disk'), write)]],
  ['a read’s payload', [go('disk'), request(nbd.READ, { flags: nbd.PAYLOAD_LEN, length: bytes.length, payload: bytes })]],
]);

describe.for(servers)('%s', ([, count, start]) => {
  test('without --read-only, a write is seen', async () => {
    const server = await start();
    await say(await proxyTo(server), [concat(flags(), exportName('disk')), write]);
    const nbd = await connected(await proxyTo(server), (nbd) => nbd.setExportName('disk'));
    expect(firstDifference(await nbd.pread(disk.length, 0), disk)).toBe(0);
  });

  test('nothing reaches the disk', { timeout: 900_000 }, async () => {
    const server = await start();
    const proxy = await proxyTo(server, { readOnly: true });
    const nbd = await connected(await proxyTo(server), (nbd) => nbd.setExportName('disk'));
    const expectDisk = async (what: string) => expect(firstDifference(await nbd.pread(disk.length, 0), disk), what).toBe(-1);
    for (const [name, words] of tricks) {
      await say(proxy, [flags(), ...words]);
      await expectDisk(name);
    }
    const property = fc.asyncProperty(messages, async (words) => {
      await say(proxy, words);
      await expectDisk('a random stream');
    });
    await fc.assert(property, { numRuns: count, endOnFailure: true });
  });
});

test('nbd-server reads an option in the data of another: what the tricks rely on is real', async () => {
  const server = await nbdServer(disk);
  await say(await proxyTo(server), [flags(), option(nbd.LIST, ...hidden.slice(0, 1))]);
  const handle = await connected(await proxyTo(server), (nbd) => nbd.setExportName('disk'));
  expect(firstDifference(await handle.pread(disk.length, 0), disk)).toBe(0);
});
