// TLS to a server of Node's, without a socket between them: a transport that is as synchronous as a transport may be.
import { readFile } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { TlsCredentials } from '../../dist/libnbd/host.js';
import { TlsTransport } from '../../dist/tls/transport.js';
import type { Transport, TransportEvents } from '../../dist/transports/transport.js';

const compiled = readFile(new URL('../../dist/tls.wasm', import.meta.url)).then((bytes) => WebAssembly.compile(bytes));

export interface InMemory {
  readonly name: string;
  readonly credentials: TlsCredentials;
  readonly server: TlsOptions;
  readonly hasWebCrypto?: boolean;
  /** What becomes of the bytes that the server sends. */
  readonly change?: (bytes: Buffer) => Uint8Array[];
  /** Bytes that are reported from inside of each write. */
  readonly insideWrite?: Uint8Array;
}

/** The client and the server, and what happened to the client, in words. */
export class Connection {
  /** `connected`, `data …`, `end`, `error …`; `write` and `close` of the transport below. */
  readonly log: string[] = [];
  readonly received: Uint8Array[] = [];
  /** What the server reports as an error, such as an alert of the client's. */
  serverError: string | undefined;
  /** The server's socket, when its handshake is over. */
  socket: TLSSocket | undefined;
  error: (Error & { code?: string }) | undefined;
  readonly client: TlsTransport;
  /** Tells {@link until} that something has happened. */
  wake: () => void = () => {};
  /** Ends the connection below. */
  cut: () => void = () => {};

  private constructor(client: TlsTransport) {
    this.client = client;
  }

  static async make({ name, credentials, server, hasWebCrypto = true, change, insideWrite }: InMemory): Promise<Connection> {
    let connection: Connection | undefined;
    const note = (what: string) => {
      connection?.log.push(what);
      connection?.wake();
    };
    let events: TransportEvents | undefined;
    const wire = new Duplex({
      read: () => {},
      write: (bytes: Buffer, _encoding, done) => {
        for (const part of change?.(bytes) ?? [bytes]) events?.data(new Uint8Array(part));
        done();
      },
      final: (done) => {
        events?.end();
        done();
      },
    });
    const below: Transport = {
      open: (given) => {
        events = given;
      },
      write: (chunks, written) => {
        note('write');
        for (const chunk of chunks) wire.push(chunk.slice());
        if (insideWrite !== undefined) events?.data(insideWrite.slice());
        written();
      },
      close: () => {
        note('close');
        events = undefined;
        wire.push(null);
      },
    };
    const tls = createServer(server, (socket) => {
      if (connection === undefined) return;
      connection.socket = socket.on('error', (error) => {
        if (connection !== undefined) connection.serverError = error.message;
        connection?.wake();
      });
      connection.wake();
    });
    tls.on('tlsClientError', (error) => {
      if (connection !== undefined) connection.serverError = error.message;
      connection?.wake();
    });
    tls.emit('connection', wire);
    const settings = { hostname: name, verifyName: name, verifyPeer: true, credentials };
    const files = { certificates: undefined, pskFile: undefined, username: undefined };
    const circumstances = { hasWebCrypto, tableAes: false, isLocal: false };
    const client = await TlsTransport.make(await compiled, below, { ...settings, ...files }, circumstances);
    connection = new Connection(client);
    connection.cut = () => events?.end();
    const { received } = connection;
    client.open({
      connected: () => note('connected'),
      data: (bytes) => {
        received.push(bytes.slice());
        note(`data ${bytes.length}`);
      },
      end: () => note('end'),
      error: (error) => {
        if (connection !== undefined) connection.error = error as Error;
        client.close(); // as libnbd does
        note('error');
      },
    });
    onTestFinished(() => client.close());
    return connection;
  }

  /** Waits until something is so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  untilOver(): Promise<void> {
    return this.until(() => this.error !== undefined || this.log.includes('end'));
  }
}
