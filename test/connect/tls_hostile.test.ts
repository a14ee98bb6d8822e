// Servers that cheat when TLS starts, and somebody in the middle who slips bytes in before it: each fails closed. Nothing of the
// client's options reaches a server that was not verified.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type BytePair, load, type NBD, TLS_ALLOW, TLS_REQUIRE } from 'libnbd-wasm';
import { describe, expect, it } from 'vitest';
import { concat, text } from '../support/bytes.js';
import { deferred } from '../support/deferred.js';
import { failure, nbdError, newHandle } from '../support/handles.js';
import { holdings, nothing } from '../support/internals.js';
import { pki } from '../support/pki.js';
import {
  goReplies,
  NBD_OPT_EXTENDED_HEADERS,
  NBD_OPT_STRUCTURED_REPLY,
  NBD_REP_ERR_UNSUP,
  optionReply,
} from '../support/protocol.js';
import { Received, serveTls, startTlsAck, tlsPeer, untrustedPeer } from '../support/tls_peer.js';

const keys = pki();

async function client(tls: typeof TLS_REQUIRE | typeof TLS_ALLOW = TLS_REQUIRE): Promise<NBD> {
  const nbd = await newHandle();
  nbd.setTls(tls);
  nbd.setTlsCertificates(keys.anonymous);
  nbd.setTlsHostname('localhost');
  nbd.setExportName('a-secret-name');
  return nbd;
}

const modes = { require: TLS_REQUIRE, allow: TLS_ALLOW };
/** What a server would answer to a client that had forgotten about TLS. */
const plainAnswers = concat(
  optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_UNSUP),
  optionReply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP),
  goReplies(4096n),
);
const secret = Buffer.from('a-secret-name');

/** Waits for the client's end, and returns what it had sent since the server's answer to STARTTLS. */
async function rest(socket: Socket, plain: Received, before: number): Promise<Buffer> {
  socket.resume();
  await plain.end();
  return plain.bytes.subarray(before);
}

describe.each(['require', 'allow'] as const)('TLS mode %s', (mode) => {
  it('plain bytes in the same packet as the answer to STARTTLS are refused', async () => {
    const later = deferred<Buffer>();
    const server = await tlsPeer(async (socket, plain) => {
      const before = plain.bytes.length;
      socket.write(concat(startTlsAck, plainAnswers));
      later.resolve(await rest(socket, plain, before));
    });
    const nbd = await client(modes[mode]);
    const error = await nbdError(nbd.connectUnix(server.path));
    expect(error.message).toMatch(/^nbd_connect_unix: .*before the TLS handshake/);
    expect(error.code).toBe('EPROTO');
    nbd.close();
    expect(await later.promise).toEqual(Buffer.alloc(0)); // and the server sees the end
    expect(holdings(nbd.lib)).toEqual(nothing);
  });

  it('plain bytes in place of a handshake are refused', async () => {
    const later = deferred<Buffer>();
    const server = await tlsPeer(async (socket, plain) => {
      const before = plain.bytes.length;
      socket.write(startTlsAck);
      await plain.atLeast(before + 1); // the client's hello
      socket.write(plainAnswers);
      later.resolve(await rest(socket, plain, before));
    });
    const nbd = await client(modes[mode]);
    const error = await nbdError(nbd.connectUnix(server.path));
    expect(error.message).toMatch(/^nbd_connect_unix: .*the TLS handshake failed/);
    nbd.close();
    const sent = await later.promise;
    expect(sent[0]).toBe(22); // a handshake record, and not NBD
    expect(sent.includes(secret)).toBe(false);
  });

  it('the end of the connection with the answer to STARTTLS is told', async () => {
    const server = await tlsPeer(async (socket) => void socket.end(startTlsAck));
    const nbd = await client(modes[mode]);
    const error = await nbdError(nbd.connectUnix(server.path));
    expect(error.message).toMatch(/^nbd_connect_unix: /);
    expect(nbd.aioIsReady()).toBe(false);
  });

  it('the end of the connection in place of a handshake is told', async () => {
    const server = await tlsPeer(async (socket, plain) => {
      const before = plain.bytes.length;
      socket.write(startTlsAck);
      await plain.atLeast(before + 1);
      socket.end();
    });
    const nbd = await client(modes[mode]);
    const error = await nbdError(nbd.connectUnix(server.path));
    expect(error.message).toMatch(/^nbd_connect_unix: .*the TLS handshake failed/);
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a server that cannot be verified, with %s,', (version) => {
  it.each(['stranger', 'expired', 'elsewhere'] as const)('gets nothing of the client: %s', async (folder) => {
    const later = deferred<Buffer>();
    const server = await tlsPeer(async (socket) => {
      socket.write(startTlsAck);
      const secure = serveTls(socket, keys[folder], version);
      const application = new Received(secure);
      secure.once('secure', () => secure.write(plainAnswers)); // as if it had been asked
      await application.end();
      later.resolve(application.bytes);
    });
    const nbd = await client();
    const error = await nbdError(nbd.connectUnix(server.path));
    expect(error.message).toMatch(/certificate/);
    nbd.close();
    expect(await later.promise).toEqual(Buffer.alloc(0));
  });

  it('but one that can gets the export name under TLS alone', async () => {
    const later = deferred<{ raw: Buffer; application: Buffer }>();
    const server = await tlsPeer(async (socket, plain) => {
      socket.write(startTlsAck);
      const secure = serveTls(socket, keys.server, version);
      const application = new Received(secure);
      await application.atLeast(16);
      secure.write(optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_UNSUP));
      await application.atLeast(32);
      secure.write(optionReply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP));
      await application.atLeast(33);
      secure.write(goReplies(4096n));
      later.resolve({ raw: plain.bytes, application: application.bytes });
    });
    const nbd = await client();
    await nbd.connectUnix(server.path);
    expect(nbd.getSize()).toBe(4096n);
    expect(nbd.getTlsNegotiated()).toBe(true);
    const { raw, application } = await later.promise;
    expect(application.includes(secret)).toBe(true);
    expect(raw.includes(secret)).toBe(false);
  });
});

describe('a server that starts a handshake and never ends it', () => {
  it('is left when the caller gives up, and sees the connection closed', async () => {
    const hello = deferred<void>();
    const later = deferred<Buffer>();
    const server = await tlsPeer(async (socket, plain) => {
      const before = plain.bytes.length;
      socket.write(startTlsAck);
      await plain.atLeast(before + 1);
      hello.resolve();
      later.resolve(await rest(socket, plain, before));
    });
    const controller = new AbortController();
    const nbd = await client();
    const connecting = failure(nbd.connectUnix(server.path, { signal: controller.signal }));
    await hello.promise;
    controller.abort();
    expect(await connecting).toBe(controller.signal.reason);
    expect(nbd.aioIsDead()).toBe(true);
    nbd.close();
    expect((await later.promise).includes(secret)).toBe(false);
  });

  it('is left when the handle is closed', async () => {
    const hello = deferred<void>();
    const later = deferred<void>();
    const server = await tlsPeer(async (socket, plain) => {
      const before = plain.bytes.length;
      socket.write(startTlsAck);
      await plain.atLeast(before + 1);
      hello.resolve();
      await rest(socket, plain, before);
      later.resolve();
    });
    const nbd = await client();
    const connecting = nbdError(nbd.connectUnix(server.path));
    await hello.promise;
    nbd.close();
    expect((await connecting).code).toBe('ENOTCONN');
    await later.promise;
  });
});

describe('over a connection that is no net.Socket', () => {
  const overStreams = async (path: string): Promise<NBD> => {
    const { connect } = await import('node:net');
    const lib = await load({ connect: () => Duplex.toWeb(connect(path)) as BytePair });
    const nbd = await newHandle(lib);
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCertificates(keys.anonymous);
    return nbd;
  };

  it('plain bytes in the same packet as the answer to STARTTLS are refused', async () => {
    const later = deferred<Buffer>();
    const server = await tlsPeer(async (socket, plain) => {
      const before = plain.bytes.length;
      socket.write(concat(startTlsAck, text('injected')));
      later.resolve(await rest(socket, plain, before));
    });
    const nbd = await overStreams(server.path);
    const error = await nbdError(nbd.connectTcp('localhost', '10809'));
    expect(error.message).toMatch(/before the TLS handshake/);
    nbd.close();
    expect(await later.promise).toEqual(Buffer.alloc(0));
  });

  it('a server that cannot be verified gets nothing of the client', async () => {
    const { server, told } = await untrustedPeer(keys.stranger);
    const nbd = await overStreams(server.path);
    expect((await nbdError(nbd.connectTcp('localhost', '10809'))).message).toMatch(/certificate/);
    nbd.close();
    expect(await told).toEqual(Buffer.alloc(0));
  });
});

describe('what the server is told before it is verified', () => {
  it('is the name that was connected to, so that it can choose its certificate; another is verified', async () => {
    const later = deferred<string | false | null | undefined>();
    const server = await tlsPeer(async (socket) => {
      socket.write(startTlsAck);
      const secure = serveTls(socket, keys.server);
      const application = new Received(secure);
      await application.atLeast(16);
      later.resolve((secure as { servername?: string | false | null }).servername);
      secure.destroy();
    });
    const nbd = await newHandle(await load({ connect: () => server.socket() }));
    nbd.setTls(TLS_REQUIRE);
    nbd.setTlsCertificates(keys.anonymous);
    nbd.setTlsHostname('localhost');
    const connecting = nbdError(nbd.connectTcp('proxy.example', '10809'));
    // That the client sends its options shows that it took the certificate, which is localhost's.
    expect(await later.promise).toBe('proxy.example');
    await connecting;
  });
});

describe('a connection that is cut', () => {
  it('under TLS, without its goodbye, fails what is in flight', async () => {
    const server = await tlsPeer(async (socket) => {
      socket.write(startTlsAck);
      const secure = serveTls(socket, keys.server);
      const application = new Received(secure);
      await application.atLeast(16);
      secure.write(optionReply(NBD_OPT_EXTENDED_HEADERS, NBD_REP_ERR_UNSUP));
      await application.atLeast(32);
      secure.write(optionReply(NBD_OPT_STRUCTURED_REPLY, NBD_REP_ERR_UNSUP));
      await application.atLeast(33);
      const before = application.bytes.length;
      secure.write(goReplies(4096n));
      await application.atLeast(before + 28);
      socket.end();
    });
    const nbd = await client();
    await nbd.connectUnix(server.path);
    const error = await nbdError(nbd.pread(512, 0));
    expect(error.message).toMatch(/^nbd_pread: /);
    expect(nbd.aioIsReady()).toBe(false);
  });
});
