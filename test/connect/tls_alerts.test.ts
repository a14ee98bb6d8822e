// What a client hears when the other side ends TLS: in every version one code, EPROTO, and one line of text without OpenSSL's own.
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { NBDError } from 'libnbd-wasm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { nbdError } from '../support/handles.js';
import { pki } from '../support/pki.js';
import { temporaryFolder } from '../support/processes.js';
import {
  goReplies,
  NBD_OPT_EXTENDED_HEADERS,
  NBD_OPT_STRUCTURED_REPLY,
  NBD_REP_ERR_UNSUP,
  optionHeader,
  optionReply,
} from '../support/protocol.js';
import { listen, nbdkit, qemuNbd, type Server } from '../support/servers.js';
import { tlsClient } from '../support/tls_client.js';
import { Received, serveTls, startTlsAck, tlsPeer } from '../support/tls_peer.js';

const keys = pki();
const client = tlsClient(keys);
const versions = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof versions)[number];

/** Has GnuTLS, which the servers use, take this version at most. */
async function allow(version: Version): Promise<void> {
  if (version === 'TLSv1.3') return;
  const file = join(await temporaryFolder(), 'priority');
  await writeFile(file, '[overrides]\ndisabled-version = tls1.3\n');
  vi.stubEnv('GNUTLS_SYSTEM_PRIORITY_FILE', file);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** A server that asks each client for its certificate. */
const careful: Record<string, () => Promise<Server>> = {
  nbdkit: () => nbdkit('--tls=require', '--tls-verify-peer', `--tls-certificates=${keys.server}`, 'pattern', '1M'),
  'qemu-nbd': () =>
    qemuNbd({
      format: 'raw',
      size: 2 ** 20,
      options: [`--object=tls-creds-x509,id=tls,endpoint=server,verify-peer=on,dir=${keys.server}`, '--tls-creds=tls'],
    }),
};

const start = async (name: string): Promise<Server> => {
  const server = await careful[name]?.();
  if (server === undefined) throw new Error(`no server ${name}`);
  return server;
};

/** Somebody on the way to a server, who changes one bit of what one side sends next. */
async function tamperer(server: Server): Promise<{ path: string; change(whose: 'client' | 'server'): void }> {
  let next: 'client' | 'server' | undefined;
  const pass = (whose: 'client' | 'server', from: Socket, to: Socket) =>
    from.on('data', (bytes) => {
      if (next === whose) bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      if (next === whose) next = undefined;
      to.write(bytes);
    });
  const path = join(await temporaryFolder(), 'socket');
  const relay = createServer((socket) => {
    const behind = server.socket();
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const) {
      one.on('error', () => {}).on('close', () => other.end());
    }
    pass('client', socket, behind);
    pass('server', behind, socket);
  });
  await listen(relay, { path });
  return {
    path,
    change: (whose) => {
      next = whose;
    },
  };
}

/** Whichever call of the user's and of the socket has met the end, and wherever in the disk, the rest of the text is the same. */
function expectOneLine({ message, code, errno }: NBDError, text: string): void {
  const rest = message.replace(/^nbd_(connect_unix|pread): (send|recv): /, '').replace(/ \(512 bytes at offset 0\)$/, '');
  expect(rest).toBe(`Protocol error (${text})`);
  expect([code, errno]).toEqual(['EPROTO', 71]);
}

describe.each(versions)('%s', (version) => {
  it.each(
    Object.keys(careful).flatMap((server) => (['anonymous', 'unknown'] as const).map((folder) => [server, folder] as const)),
  )('%s refuses the client: %s', async (name, folder) => {
    await allow(version);
    const { path } = await start(name);
    const nbd = await client(folder);
    const error = await nbdError(nbd.connectUnix(path));
    expectOneLine(error, 'the TLS handshake failed: the server closed the connection');
    expect(nbd.aioIsDead()).toBe(true);
  });

  // GnuTLS's servers close the connection without an alert; one that has OpenSSL sends it.
  it('an alert in place of an answer', async () => {
    const server = await tlsPeer(async (socket) => {
      socket.write(startTlsAck);
      await new Received(serveTls(socket, keys.server, version, { requestCert: true })).end();
    });
    const alert = version === 'TLSv1.2' ? 'alert handshake failure' : 'alert certificate required';
    const error = await nbdError((await client('anonymous')).connectUnix(server.path));
    expectOneLine(error, `the TLS handshake failed: ${alert}`);
  });

  it('an alert in the middle: the server got a record that was changed on its way', async () => {
    const server = await tlsPeer(async (socket) => {
      socket.write(startTlsAck);
      const secure = serveTls(socket, keys.server, version);
      const application = new Received(secure);
      await application.atLeast(optionHeader);
      secure.write(optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_UNSUP));
      await application.atLeast(2 * optionHeader);
      secure.write(optionReply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP));
      await application.atLeast(2 * optionHeader + 1);
      secure.write(goReplies(4096n));
      await application.end();
    });
    const { path, change } = await tamperer(server);
    const nbd = await client('anonymous');
    await nbd.connectUnix(path);
    change('client');
    expectOneLine(await nbdError(nbd.pread(512, 0)), 'the TLS session failed: alert bad record mac');
  });

  it.each(Object.keys(careful))('%s: a record of the server that was changed on its way', async (name) => {
    await allow(version);
    const { path, change } = await tamperer(await start(name));
    const nbd = await client('client');
    await nbd.connectUnix(path);
    change('server');
    const error = await nbdError(nbd.pread(512, 0));
    // OpenSSL's words for a ciphertext that is not authentic are those of the version.
    const reason = version === 'TLSv1.2' ? 'cipher operation failed' : 'decryption failed or bad record mac';
    expectOneLine(error, `the TLS session failed: ${reason}`);
    expect(error.cause).toMatchObject({ cause: { library: expect.any(String), reason } }); // OpenSSL's own error, for who wants it
  });
});

it('the end of the stream in good order, in place of the first answer under TLS', async () => {
  const server = await tlsPeer(async (socket) => {
    socket.write(startTlsAck);
    const secure = serveTls(socket, keys.server);
    await new Received(secure).atLeast(optionHeader);
    secure.end();
  });
  const nbd = await client('anonymous');
  expectOneLine(await nbdError(nbd.connectUnix(server.path)), 'the TLS handshake failed: the server closed the connection');
});
