// --read-only: a client may read whatever it likes, and the server never sees a request that would change something.
import fc from 'fast-check';
import { connectWebSocket, type NBD } from 'libnbd-wasm';
import { describe, expect, test } from 'vitest';
import { ReadOnlyFollower } from '../../dist/proxy/read_only.js';
import { concat, pattern, text, u16, u32, u64 } from '../support/bytes.js';
import { connected, nbdError, newHandle } from '../support/handles.js';
import { nbdkit, nbdServer, qemuNbd } from '../support/servers.js';
import { client, endOf, proxyTo, received } from './support.js';

const READ = 0;
const WRITE = 1;
const DISC = 2;
const FLUSH = 3;
const TRIM = 4;
const CACHE = 5;
const WRITE_ZEROES = 6;
const BLOCK_STATUS = 7;
const RESIZE = 8;
const PAYLOAD_LEN = 32;

const flags = u32(3);
const option = (number: number, data: Uint8Array = new Uint8Array()) =>
  concat(text('IHAVEOPT'), u32(number), u32(data.length), data);
const request = (command: number, length = 512, commandFlags = 0) =>
  concat(u32(0x25609513), u16(commandFlags), u16(command), u64(1), u64(0), u32(length));
const extended = (command: number, length = 512, commandFlags = 0, payload: Uint8Array = new Uint8Array()) =>
  concat(u32(0x21e41c71), u16(commandFlags), u16(command), u64(1), u64(0), u64(length), payload);

const go = option(7, concat(u32(0), u16(0)));
const exportName = option(1, text('disk'));

/** What a follower says of what a client sends, in pieces of one size: the reason, and how many bytes it let pass. */
function verdict(bytes: Uint8Array, pieceSize = bytes.length): { reason: string | undefined; passed: number } {
  const follower = new ReadOnlyFollower();
  for (let at = 0; at < bytes.length; at += pieceSize) {
    try {
      follower.follow(bytes.subarray(at, at + pieceSize));
    } catch (error) {
      return { reason: (error as Error).message, passed: at };
    }
  }
  return { reason: undefined, passed: bytes.length };
}

const commands = (make: typeof request) =>
  concat(...[READ, FLUSH, CACHE, BLOCK_STATUS, READ, DISC].map((command) => make(command)));
const statusWithPayload = extended(BLOCK_STATUS, 32, PAYLOAD_LEN, extended(WRITE));

const harmless: [string, Uint8Array][] = [
  ['options, NBD_OPT_GO and compact requests', concat(flags, option(8), option(3), go, commands(request))],
  ['options and extended requests', concat(flags, option(11), option(10, new Uint8Array(99)), go, commands(extended))],
  ['an export’s name and requests', concat(flags, exportName, commands(request))],
  ['options that go on after a refused NBD_OPT_GO', concat(flags, go, option(6, new Uint8Array(300)), go, request(READ))],
  ['an option’s data that looks like a write', concat(flags, option(6, request(WRITE)), go, request(READ))],
  ['a block status with a payload that looks like a write', concat(flags, go, statusWithPayload, extended(READ))],
  ['NBD_OPT_ABORT', concat(flags, option(2))],
];

test.for(harmless)('%s', ([, bytes]) => {
  for (let size = 1; size <= bytes.length; size++) expect(verdict(bytes, size).reason, `in pieces of ${size}`).toBeUndefined();
});

const start = concat(flags, go, request(READ));
const startExtended = concat(flags, go, extended(READ));
const harmful: [string, string, Uint8Array, Uint8Array][] = [
  ['a write', 'read-only: WRITE is refused', start, request(WRITE)],
  ['a trim', 'read-only: TRIM is refused', start, request(TRIM)],
  ['zeroes', 'read-only: WRITE_ZEROES is refused', start, request(WRITE_ZEROES)],
  ['a resize', 'read-only: RESIZE is refused', start, request(RESIZE)],
  ['a command that nobody knows', 'read-only: command 99 is refused', start, request(99)],
  ['an extended write', 'read-only: WRITE is refused', startExtended, extended(WRITE, 512, PAYLOAD_LEN)],
  ['extended zeroes', 'read-only: WRITE_ZEROES is refused', startExtended, extended(WRITE_ZEROES, 2 ** 40)],
  ['a write at once after the export’s name', 'read-only: WRITE is refused', concat(flags, exportName), request(WRITE)],
  ['a write at once after NBD_OPT_GO', 'read-only: WRITE is refused', concat(flags, go), request(WRITE)],
  ['a read with a payload', 'a payload where the protocol has none', start, request(READ, 28, PAYLOAD_LEN)],
  ['an extended read with a payload', 'a payload where the protocol has none', startExtended, extended(READ, 32, PAYLOAD_LEN)],
  ['options after requests', 'what the client sends is not NBD', start, text('IHAV')],
  ['options after the export’s name', 'what the client sends is not NBD', concat(flags, exportName), text('IHAV')],
  ['compact requests after extended ones', 'what the client sends is not NBD', startExtended, u32(0x25609513)],
  ['extended requests after compact ones', 'what the client sends is not NBD', start, u32(0x21e41c71)],
  ['something else', 'what the client sends is not NBD', start, text('GET ')],
  ['requests to a server of the oldstyle', 'only the newstyle protocol can be followed', new Uint8Array(), request(READ)],
  ['STARTTLS', 'what TLS hides cannot be followed', flags, option(5)],
];

test.for(harmful)('%s', ([, reason, before, bytes]) => {
  const all = concat(before, bytes, new Uint8Array(512));
  for (let size = 1; size <= all.length; size++) {
    const { reason: actual, passed } = verdict(all, size);
    expect(actual, `in pieces of ${size}`).toBe(reason);
    expect(passed).toBeLessThan(before.length + bytes.length); // the header was never completed
  }
});

test('bytes of any kind and in any pieces are harmless, or refused the same way', () => {
  const message = fc.oneof(
    fc.constantFrom(flags, go, exportName, option(8), request(READ), extended(READ), request(WRITE), extended(TRIM)),
    fc.uint8Array({ maxLength: 40 }),
  );
  const property = fc.property(fc.array(message, { maxLength: 12 }), fc.integer({ min: 1, max: 64 }), (messages, size) => {
    const bytes = concat(...messages);
    expect(verdict(bytes, size).reason).toBe(verdict(bytes).reason);
  });
  fc.assert(property);
});

describe('through the proxy', () => {
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
    expect(await endOf(socket)).toBe('4400 only the newstyle protocol can be followed');
    expect(await proxy.logOf(1)).toMatchObject([{ bytesToServer: 0 }]);
  });
});
