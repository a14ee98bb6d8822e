// A scripted server that starts TLS as it likes: it speaks NBD's plain part up to its answer to STARTTLS, then does what the
// test says with the socket, and keeps what the client sends.
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, type SecureVersion, TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { deferred } from './deferred.js';
import { temporaryFolder } from './processes.js';
import { clientFlags, greeting, NBD_REP_ACK, optionHeader, optionReply } from './protocol.js';
import { listen, Server } from './servers.js';

export const NBD_OPT_STARTTLS = 5;
export const startTlsAck = optionReply(NBD_OPT_STARTTLS, NBD_REP_ACK);

/** Bytes that arrive, and waiting for them. */
export class Received {
  bytes = Buffer.alloc(0);
  hasEnded = false;
  #wake: () => void = () => {};

  constructor(stream: Socket) {
    stream.on('data', (chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.#wake();
    });
    stream.on('error', () => {}); // the client may go whenever it likes
    stream.on('close', () => {
      this.hasEnded = true;
      this.#wake();
    });
  }

  async atLeast(count: number): Promise<void> {
    while (this.bytes.length < count && !this.hasEnded) await this.#event();
  }

  async end(): Promise<void> {
    while (!this.hasEnded) await this.#event();
  }

  #event(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Greets, waits for STARTTLS, and lets the test go on from there. */
export async function tlsPeer(onStartTls: (socket: Socket, plain: Received) => Promise<void>): Promise<Server> {
  const path = join(await temporaryFolder(), 'socket');
  const server = createServer({ noDelay: true }, async (socket) => {
    onTestFinished(() => void socket.destroy());
    const plain = new Received(socket);
    socket.write(greeting());
    await plain.atLeast(clientFlags + optionHeader);
    if (!plain.hasEnded) await onStartTls(socket, plain);
  });
  await listen(server, { path });
  return new Server({ path }, { kill: async () => void server.close() });
}

/** The server's end of TLS over a socket, with a certificate and key of a folder of pki.ts. */
export function serveTls(
  socket: Socket,
  folder: string,
  maxVersion: SecureVersion = 'TLSv1.3',
  { requestCert = false }: { requestCert?: boolean } = {},
): TLSSocket {
  socket.removeAllListeners('data');
  const file = (name: string) => readFileSync(join(folder, name));
  const secureContext = createSecureContext({ cert: file('server-cert.pem'), key: file('server-key.pem'), maxVersion });
  const secure = new TLSSocket(socket, { isServer: true, secureContext, requestCert, rejectUnauthorized: requestCert });
  secure.on('error', () => {});
  return secure;
}

/** A server whose certificate nobody trusts, and what a client has sent it under TLS when it has gone. */
export async function untrustedPeer(
  certificate: Parameters<typeof serveTls>[1],
): Promise<{ server: Server; told: Promise<Buffer> }> {
  const told = deferred<Buffer>();
  const server = await tlsPeer(async (socket) => {
    socket.write(startTlsAck);
    const application = new Received(serveTls(socket, certificate));
    await application.end();
    told.resolve(application.bytes);
  });
  return { server, told: told.promise };
}
