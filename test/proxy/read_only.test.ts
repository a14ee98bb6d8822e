// --read-only: the library reads whatever it likes, from each kind of server, and no change reaches any.
import { connectWebSocket, type NBD } from 'libnbd-wasm';
import { expect, test } from 'vitest';
import { pattern, text } from '../support/bytes.js';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { nbdkit, nbdServer, qemuNbd } from '../support/servers.js';
import { client, endOf, proxyTo, received } from './support.js';

const disk = pattern(0, 2 ** 20);
const raw = () => qemuNbd({ format: 'raw', size: disk.length, content: disk });
const servers: [string, (nbd: NBD) => void, () => Promise<{ uri: string }>][] = [
  ['nbdkit', () => {}, () => nbdkit('memory', '1M')],
  ['qemu-nbd, with extended headers', () => {}, raw],
  ['qemu-nbd, with structured replies', (nbd) => nbd.setRequestExtendedHeaders(false), raw],
  ['nbd-server', (nbd) => nbd.setExportName('disk'), () => nbdServer(disk)],
];

/** What each change is called, and how to ask for it; undefined if the server cannot do it. */
const changes: [string, (nbd: NBD) => Promise<unknown> | undefined][] = [
  ['WRITE', (nbd) => nbd.pwrite(new Uint8Array(4096).fill(9), 0)],
  ['WRITE', (nbd) => nbd.pwrite(new Uint8Array(2 ** 19).fill(9), 0)],
  ['TRIM', (nbd) => (nbd.canTrim() ? nbd.trim(4096, 0) : undefined)],
  ['WRITE_ZEROES', (nbd) => (nbd.canZero() ? nbd.zero(4096, 0) : undefined)],
];

test.for(servers)('%s: reads pass, and no change reaches it', async ([, prepare, startServer]) => {
  const server = await startServer();
  const proxy = await proxyTo(server, { readOnly: true });
  const open = await proxyTo(server);
  const before = await (await connected(open, prepare)).pread(4096, 0);
  for (const [name, change] of changes) {
    const nbd = await newHandle();
    prepare(nbd);
    nbd.addMetaContext('base:allocation');
    await nbd.connectSocket(connectWebSocket(proxy.url()));
    expect(await nbd.pread(4096, 0)).toEqual(before);
    if (nbd.canMetaContext('base:allocation')) await nbd.blockStatus(4096, 0, () => {});
    if (nbd.canFlush()) await nbd.flush();
    const refused = change(nbd);
    if (refused === undefined) continue;
    const error = await nbdError(refused);
    expect(error.message).toContain(`4405 read-only: ${name} is refused`);
    expect(error.code).toBe('EROFS');
  }
  expect(await (await connected(open, prepare)).pread(4096, 0)).toEqual(before);
});

test('what is not NBD', async () => {
  const proxy = await proxyTo(await nbdkit('memory', '1M'), { readOnly: true });
  const socket = client(proxy.url());
  await received(socket).atLeast(18);
  socket.send(text('GET / HTTP/1.1'));
  expect(await endOf(socket)).toBe('4400 flags 0x47455420 of the client: the server offers 0x3');
  expect(await proxy.logOf(1)).toMatchObject([{ bytesToServer: 0 }]);
});
