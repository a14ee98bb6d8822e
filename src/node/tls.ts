// TLS over a connection that carried plain bytes so far, by Node's own TLS.
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, checkServerIdentity, connect, createSecureContext, type TLSSocket } from 'node:tls';
import { codeOf, NBDError } from '../base/errors.js';
import type { TlsSettings } from '../libnbd/host.js';
import type { Reopenable } from '../sockets/rerouting.js';
import { DuplexTransport } from '../transports/duplex.js';
import type { Transport, TransportEvents } from '../transports/transport.js';
import { readCredentials } from './tls_credentials.js';
import { TransportStream } from './transport_stream.js';

/** Starts TLS on a transport. Throws for credentials that cannot be read; the handshake's own failure is the transport's. */
export function startTls(below: Reopenable, settings: TlsSettings): Transport {
  const { transport } = below;
  const stream = transport instanceof DuplexTransport ? transport.takeStream() : new TransportStream(below);
  return tlsOver(stream as TransportStream, settings);
}

/** The same on a Node stream that nobody reads any more. */
export function tlsOver(stream: Duplex, settings: TlsSettings): Transport {
  return new TlsTransport(connect({ ...tlsOptions(settings), socket: stream }));
}

/** Throws for credentials that cannot be read, or that are none: for who wants to know before there is a connection. */
export function checkCredentials(settings: TlsSettings): void {
  createSecureContext(tlsOptions(settings));
}

class TlsTransport extends DuplexTransport {
  readonly #socket: TLSSocket;
  #isSecure = false;
  #isShutDown = false;
  #hasReceived = false;

  constructor(socket: TLSSocket) {
    super(socket);
    this.#socket = socket;
  }

  // Nothing may be sent to a server that is not verified. Node's own socket would send its queue a moment before it verifies.
  override get connecting(): boolean {
    return !this.#isSecure;
  }

  override open(events: TransportEvents): void {
    this.#socket.once('secureConnect', () => {
      this.#isSecure = true;
      events.connected();
    });
    super.open({
      connected: () => {}, // 'secureConnect' counts, not the connection below
      data: (bytes) => {
        this.#hasReceived = true;
        events.data(bytes);
      },
      end: () => {
        if (this.#isShutDown || this.#hasReceived) events.end();
        else events.error(handshakeError());
      },
      error: (error) => {
        // After a disconnect, qemu-nbd ends without TLS's goodbye and may reset the connection. Here this is the end of the stream,
        // as it is for upstream (tls_recv in lib/crypto.c).
        if (this.#isShutDown) events.end();
        else if (!this.#hasReceived) events.error(handshakeError(error));
        else events.error(isOfTls(error) ? sessionError(error) : error);
      },
    });
  }

  override shutdown(): void {
    this.#isShutDown = true;
    super.shutdown();
  }
}

/**
 * The handshake lasts until the server has answered under TLS. In TLS 1.3, a client has done its part before the server looks at the
 * client's certificate, and qemu-nbd looks at it after the handshake in any version.
 */
function handshakeError(cause?: unknown): NBDError {
  return new NBDError(`the TLS handshake failed: ${reasonOf(cause)}`, 'EPROTO', cause === undefined ? {} : { cause });
}

function sessionError(cause: OpensslError): NBDError {
  return new NBDError(`the TLS session failed: ${reasonOf(cause)}`, 'EPROTO', { cause });
}

/** An error of OpenSSL's. Its message has a line break and where it was built; `reason` says what is wrong. */
interface OpensslError extends Error {
  readonly reason: string;
}

function isOfTls(error: unknown): error is OpensslError {
  return error instanceof Error && 'library' in error && 'reason' in error && typeof error.reason === 'string';
}

function reasonOf(error: unknown): string {
  // The version that OpenSSL names is not the one in use.
  if (isOfTls(error)) return error.reason.replace(/^(tlsv\d+|sslv\d+|ssl\/tls) /, '');
  // How the end looks is a matter of time: a server that refuses a client closes its socket, with the client's bytes unread or not.
  if (error === undefined || ['ECONNRESET', 'EPIPE'].includes(codeOf(error, 'EIO'))) return 'the server closed the connection';
  return error instanceof Error ? error.message : String(error);
}

function tlsOptions(settings: TlsSettings): ConnectionOptions {
  const { hostname, verifyName, verifyPeer } = settings;
  const credentials = settings.credentials ?? readCredentials(settings);
  const common: ConnectionOptions = {
    rejectUnauthorized: verifyPeer,
    ...(hostname === undefined || isIP(hostname) !== 0 ? {} : { servername: hostname }),
    // Over a Unix socket there is no name. Then any certificate of the authority's will do.
    checkServerIdentity: (_host, certificate) =>
      verifyName === undefined ? undefined : checkServerIdentity(verifyName, certificate),
  };
  const { psk, ...pem } = credentials;
  if (psk === undefined) {
    const entries = Object.entries(pem).map(([name, value]) => [name, typeof value === 'string' ? value : Buffer.from(value)]);
    return { ...common, ...Object.fromEntries(entries) };
  }
  const key = keyBytes(psk.key, `${settings.credentials === undefined ? `${settings.pskFile}: ` : ''}the key of ${psk.identity}`);
  return {
    ...common,
    // Node has pre-shared keys up to TLS 1.2; the key itself is the proof of who the server is.
    maxVersion: 'TLSv1.2',
    ciphers: 'PSK',
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ identity: psk.identity, psk: key }),
  };
}

// Node's own conversion ends at the first digit that is none, without a word: the rest of the key would count for nothing.
function keyBytes(key: string, whose: string): Buffer {
  if (!/^([0-9a-f]{2})+$/i.test(key)) throw new NBDError(`${whose} is not hexadecimal, two digits a byte`, 'EINVAL');
  return Buffer.from(key, 'hex');
}
