// The way to an NBD server over TLS, as a stream that looks like the way to one without.
//
// 1. The proxy itself answers the server's greeting, and asks for TLS. Nothing of the client's is sent before the server is
//    verified, and a server that refuses TLS gets no more: there is no way back to plain bytes.
// 2. The client then gets a greeting of the proxy's. It offers what the proxy has chosen, so that a client that follows it
//    agrees with what the server was told. The client's answer ends here.
// 3. From then on bytes pass as they are.
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { NBDError } from '../base/errors.js';
import type { TlsSettings } from '../libnbd/host.js';
import { tlsOver } from '../node/tls.js';
import { closeCode } from '../transports/close_codes.js';
import type { Transport } from '../transports/transport.js';
import { Backlog } from './backlog.js';
import { Violation } from './ending.js';
import { checkFlags, serverGreeting, serverReplies, type Turn } from './handshake.js';
import { optionBytes } from './option_shapes.js';
import * as nbd from './protocol.js';
import { eachAddress } from './reader.js';
import type { Address } from './target.js';

/** The server is told so before the client can say whether it would do without zeroes, which are sent in answer to EXPORT_NAME alone. */
const agreedFlags = nbd.NBD_FLAG_FIXED_NEWSTYLE;
const clientFlagsSize = 4;

/**
 * Emits 'connect' when the server is verified. A {@link Violation} is the error of a server that has no TLS, or that cannot be
 * trusted.
 */
export class TlsStream extends Duplex {
  readonly #address: Address;
  readonly #settings: TlsSettings;
  #socket: Socket | undefined;
  #transport: Transport | undefined;
  #clientFlags = Buffer.alloc(0);
  #hasReceived = false;
  #hasEnded = false;

  constructor(address: Address, settings: TlsSettings) {
    super();
    this.#address = address;
    this.#settings = settings;
  }

  /** Whether the server was reached, and TLS is under way. */
  get isReached(): boolean {
    return this.#socket?.connecting === false;
  }

  override _construct(callback: (error?: Error) => void): void {
    this.#connect().then(() => {
      callback();
      this.push(greeting());
      this.emit('connect');
    }, callback);
  }

  async #connect(): Promise<void> {
    const socket = connect({ ...this.#address, ...eachAddress, noDelay: true });
    this.#socket = socket;
    socket.on('error', () => {}); // each step that waits for the socket reports it
    await askForTls(socket);
    await this.#startTls(socket);
  }

  #startTls(socket: Socket): Promise<void> {
    const transport = openTls(socket, this.#settings);
    this.#transport = transport;
    return new Promise((resolve, reject) => {
      transport.open({
        connected: resolve,
        data: (bytes) => {
          this.#hasReceived = true;
          if (!this.push(bytes)) transport.pause?.();
        },
        end: () => {
          this.#hasEnded = true;
          this.push(null);
        },
        error: (error) => {
          const failure = this.#hasReceived && error instanceof Error ? error : insecure(error);
          reject(failure);
          this.#fail(failure);
        },
      });
    });
  }

  // What the server has sent before its end is still read. That it takes no more concerns nobody who has nothing to send.
  #fail(error: Error): void {
    if (!this.#hasEnded || this.writableLength > 0) this.destroy(error);
  }

  override _read(): void {
    this.#transport?.resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    const missing = clientFlagsSize - this.#clientFlags.length;
    const rest = chunk.subarray(missing);
    if (missing > 0) {
      this.#clientFlags = Buffer.concat([this.#clientFlags, chunk.subarray(0, missing)]);
      try {
        if (this.#clientFlags.length === clientFlagsSize) checkFlags(this.#clientFlags.readUInt32BE(), agreedFlags);
      } catch (error) {
        callback(error as Violation);
        return;
      }
    }
    if (rest.length === 0) callback();
    else this.#transport?.write([rest], () => callback());
  }

  override _final(callback: () => void): void {
    this.#transport?.shutdown?.();
    callback();
  }

  // A stream is destroyed only when it is constructed, which must not wait for a server that says nothing.
  override destroy(error?: Error): this {
    this.#socket?.destroy();
    return super.destroy(error);
  }
}

/** The plain part, from the connection on. Rejects with a {@link Violation} if the server does not agree. */
function askForTls(socket: Socket): Promise<void> {
  const steps = startTls((bytes) => socket.write(bytes));
  const said = new Backlog();
  let step = steps.next();
  const proceed = (bytes: Buffer) => {
    said.push(bytes);
    while (step.done !== true && said.length >= step.value.count) step = steps.next(said.take(step.value.count));
    if (step.done !== true) return;
    // Whoever stands between could slip in words that look as if they came under TLS.
    if (said.length > 0) throw insecure('the server speaks before the handshake');
    socket.removeAllListeners('data').pause(); // what comes from here on is read by TLS
  };
  return new Promise((resolve, reject) => {
    socket.on('data', (bytes) => {
      try {
        proceed(bytes);
        if (step.done === true) resolve();
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(insecure('the server closed the connection')));
  });
}

/** The same, step by step: each waits for so many of the server's bytes. */
function* startTls(toServer: (bytes: Buffer) => void): Generator<Turn, void, Buffer> {
  const offered = yield* serverGreeting();
  if ((offered & nbd.NBD_FLAG_FIXED_NEWSTYLE) === 0) throw insecure('the server has none, as it does not speak fixed newstyle');
  const flags = Buffer.alloc(clientFlagsSize);
  flags.writeUInt32BE(agreedFlags);
  const number = nbd.NBD_OPT_STARTTLS;
  toServer(Buffer.concat([flags, optionBytes({ number, data: Buffer.alloc(0), exportName: undefined })]));
  const { isAgreed } = yield* serverReplies(number);
  if (!isAgreed) throw insecure('the server refuses it');
}

function greeting(): Buffer {
  const flags = Buffer.alloc(2);
  flags.writeUInt16BE(agreedFlags);
  return Buffer.concat([nbd.NBDMAGIC, nbd.IHAVEOPT, flags]);
}

function openTls(socket: Socket, settings: TlsSettings): Transport {
  try {
    return tlsOver(socket, settings);
  } catch (error) {
    throw insecure(`the proxy’s credentials cannot be used: ${codeOf(error)}`);
  }
}

/** The reason goes to the page, which must not learn where the server is: a name that does not fit is not quoted. */
function insecure(why: unknown): Violation {
  const cause = why instanceof NBDError && why.cause !== undefined ? why.cause : why;
  const isOtherName = codeOf(cause) === 'ERR_TLS_CERT_ALTNAME_INVALID';
  const text = isOtherName ? 'the certificate is for another name' : why instanceof Error ? why.message : String(why);
  return new Violation(
    `no TLS with the NBD server: ${text.replace(/^the TLS handshake failed: /, '')}`,
    closeCode.serverInsecure,
  );
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
