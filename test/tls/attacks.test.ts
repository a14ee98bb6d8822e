// What somebody in the middle can do to the bytes, such as a proxy: a real server, a real client, and a relay between them that changes
// whole records. Nothing wrong comes out, and the client hears of it. Also other servers than NBD's, which change keys.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Reopenable, Sink } from '../../dist/sockets/rerouting.js';
import { tlsByModule } from '../../dist/tls/later.js';
import { DuplexTransport } from '../../dist/transports/duplex.js';
import { firstDifference, pattern } from '../support/bytes.js';
import { nbdError } from '../support/handles.js';
import { pki } from '../support/pki.js';
import { temporaryFolder } from '../support/processes.js';
import { listen, type Server } from '../support/servers.js';
import { noAes, overridePriorities, secureHandle, secureNbdkit, trusting } from './support.js';

const keys = pki();

/** What becomes of a large record of the server's, the n-th. */
type Change = (record: Buffer, n: number, client: Socket) => Buffer[];

/** A relay in front of a server, which reads what the server sends record by record. */
async function relay(server: Server, change: Change): Promise<string> {
  const path = join(await temporaryFolder(), 'socket');
  const between = createServer((client) => {
    const behind = server.socket();
    let buffer = Buffer.alloc(0);
    let isTls = false;
    let count = 0;
    behind.on('data', (bytes) => {
      buffer = Buffer.concat([buffer, bytes]);
      isTls ||= buffer[0] === 22; // the greeting and the answer to STARTTLS come before
      if (!isTls) {
        client.write(buffer);
        buffer = Buffer.alloc(0);
        return;
      }
      while (buffer.length >= 5 && buffer.length >= 5 + buffer.readUInt16BE(3)) {
        const record = Buffer.from(buffer.subarray(0, 5 + buffer.readUInt16BE(3)));
        buffer = buffer.subarray(record.length);
        const isLarge = record.length > 8000; // the handshake has none
        for (const part of isLarge ? change(record, count++, client) : [record]) if (client.writable) client.write(part);
      }
    });
    client.on('data', (bytes) => behind.write(bytes));
    for (const [one, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      one.on('error', () => {}).on('close', () => other.destroy());
    }
  });
  await listen(between, { path });
  return path;
}

const flip = (record: Buffer, at: number) => record.fill((record[at] ?? 0) ^ 1, at, at + 1);
let held: Buffer | undefined;
const attacks: Record<string, Change> = {
  'a bit of the payload is flipped': (record, n) => [n === 2 ? flip(record, 100) : record],
  'a bit of the header is flipped': (record, n) => [n === 2 ? flip(record, 1) : record],
  'a bit of the type is flipped': (record, n) => [n === 2 ? flip(record, 0) : record],
  'a record is repeated': (record, n) => (n === 2 ? [record, record] : [record]),
  'a record is dropped': (record, n) => (n === 2 ? [] : [record]),
  'two records are swapped': (record, n) => {
    if (n === 2) held = record;
    return n === 2 ? [] : n === 3 && held ? [record, held] : [record];
  },
  'an unencrypted record is put in': (record, n) => (n === 2 ? [Buffer.from('17030300020000', 'hex'), record] : [record]),
  'an unencrypted alert is put in': (record, n) => (n === 2 ? [Buffer.from('15030300020100', 'hex'), record] : [record]),
};

describe.each([
  ['records by WebCrypto', []],
  ['records by the module', noAes],
])('%s', (_name, lines) => {
  const start = async (change: Change) => {
    if (lines.length > 0) await overridePriorities(...lines);
    const nbd = await secureHandle(trusting(keys));
    await nbd.connectUnix(await relay(await secureNbdkit(keys.server), change));
    return nbd;
  };

  it('nothing is changed: the data is right', async () => {
    const nbd = await start((record) => [record]);
    expect(firstDifference(await nbd.pread(2 ** 20, 0), pattern(0, 2 ** 20))).toBe(-1);
    await nbd.shutdown();
  });

  it.each(Object.keys(attacks))('%s: an error, and not a wrong byte', async (name) => {
    const nbd = await start(attacks[name] ?? (() => []));
    nbd.setPreadInitialize(false); // libnbd would clear the buffer
    const buffer = new Uint8Array(2 ** 20).fill(0xcc);
    const error = await nbdError(nbd.preadInto(buffer, 0));
    expect(error.code).toBe('EPROTO');
    expect(error.message).toContain('the TLS session failed: ');
    const right = pattern(0, 2 ** 20);
    const wrong = buffer.findIndex((byte, i) => byte !== right[i] && byte !== 0xcc);
    expect(wrong).toBe(-1);
    expect(nbd.aioIsReady()).toBe(false);
    expect((await nbdError(nbd.pread(512, 0))).code).toBe('ENOTCONN'); // nothing is read after it
  });

  it('the connection is cut between records: an error, and no quiet end', async () => {
    const nbd = await start((record, n, client) => {
      if (n === 3) client.end();
      return n >= 3 ? [] : [record];
    });
    const error = await nbdError(nbd.pread(2 ** 20, 0));
    expect(error.code).toBe('ECONNRESET');
    expect(error.message).toContain('close_notify');
  });
});

it('bytes before the handshake end the connection', async () => {
  const path = join(await temporaryFolder(), 'socket');
  const server = await secureNbdkit(keys.server);
  const between = createServer((client) => {
    const behind = server.socket();
    // What the server answers to STARTTLS has 20 bytes. Somebody puts more behind them.
    behind.on('data', (bytes) => client.write(bytes.length === 20 ? Buffer.concat([bytes, Buffer.from('injected')]) : bytes));
    client.on('data', (bytes) => behind.write(bytes));
    client.on('error', () => {}).on('close', () => behind.destroy());
    behind.on('error', () => {}).on('close', () => client.destroy());
  });
  await listen(between, { path });
  const error = await nbdError((await secureHandle(trusting(keys))).connectUnix(path));
  expect(error.message).toMatch(/before the TLS handshake/);
});

/** A server of TLS alone, on a port of the kernel's choosing, and TLS to it. */
async function plainTls(start: (port: number) => string[]) {
  const probe = createServer();
  await listen(probe, { host: '127.0.0.1', port: 0 });
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  const [program = '', ...args] = start(port);
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let heard = '';
  child.stdout.on('data', (bytes) => {
    heard += bytes;
  });
  const socket = await connectedTo(port);
  const sink = new Sink({ connected() {}, data() {}, end() {}, error() {} });
  const below = new DuplexTransport(socket);
  below.open(sink);
  const compiled = WebAssembly.compile(await readFile(new URL('../../dist/tls.wasm', import.meta.url)));
  const settings = { hostname: 'localhost', verifyName: 'localhost', verifyPeer: true, credentials: trusting(keys) };
  const files = { certificates: undefined, pskFile: undefined, username: undefined };
  const transport = tlsByModule(
    () => compiled,
    () => compiled,
  )(new Reopenable(below, sink), { ...settings, ...files });
  let received = '';
  let wake = () => {};
  let connected = () => {};
  let fail: (error: unknown) => void = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    connected = resolve;
    fail = reject;
  });
  transport.open({
    connected: () => connected(),
    data: (bytes) => {
      received += new TextDecoder().decode(bytes);
      wake();
    },
    end: () => wake(),
    error: (error) => fail(error),
  });
  onTestFinished(() => transport.close());
  await ready;
  return {
    write: (text: string) => new Promise<void>((resolve) => transport.write([new TextEncoder().encode(text)], resolve)),
    say: (text: string) => new Promise<void>((resolve) => child.stdin.write(text, () => resolve())),
    until: async (text: string) => {
      while (!received.includes(text)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    heardBy: async (text: string) => {
      while (!heard.includes(text)) await once(child.stdout, 'data');
    },
  };
}

async function connectedTo(port: number): Promise<Socket> {
  for (;;) {
    const socket = connectTcp(port, '127.0.0.1');
    const isOpen = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    );
    if (isOpen) return socket;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'])('openssl s_server, %s', (suite) => {
  it('changes its keys, and has the client change its own', async () => {
    const certificate = ['-cert', join(keys.server, 'server-cert.pem'), '-key', join(keys.server, 'server-key.pem')];
    const server = await plainTls((port) => [
      'openssl',
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      '-tls1_3',
      '-ciphersuites',
      suite,
      ...certificate,
    ]);
    await server.write('one\n');
    await server.heardBy('one');
    // K: both sides are to change; k: the server alone. It takes a command only where nothing else comes with it, and looks at its standard
    // input first: what the client says next shows that it has seen the command.
    for (const [i, command] of ['K', 'K', 'k', 'K'].entries()) {
      await server.say(`${command}\n`);
      await server.write(`client ${i}\n`);
      await server.heardBy(`client ${i}`);
      await server.say(`server ${i}\n`);
      await server.until(`server ${i}`);
    }
  });
});

it('gnutls-serv answers', async () => {
  const files = ['--x509certfile', join(keys.server, 'server-cert.pem'), '--x509keyfile', join(keys.server, 'server-key.pem')];
  const server = await plainTls((port) => ['gnutls-serv', '--port', String(port), '--echo', '--quiet', ...files]);
  await server.write('an echo\n');
  await server.until('an echo');
});
