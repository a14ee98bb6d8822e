// TLS over a transport that carried plain bytes so far: the handshake by tls.wasm, and then records.

import { codeOf } from '../base/errors.js';
import type { CompiledModule } from '../base/platform_types.js';
import type { TlsSettings } from '../libnbd/host.js';
import type { Transport, TransportEvents } from '../transports/transport.js';
import { alert, asHandshakeError, cutOff, handshakeError, sessionError, Violation } from './failure.js';
import { ModuleRecords } from './module_records.js';
import { refused } from './refusal.js';
import { Session } from './session.js';
import { type Circumstances, start } from './start.js';
import { TrafficKey } from './traffic_key.js';
import { type RecordLayer, type RecordLayerEvents, WebCryptoRecords } from './web_crypto_records.js';

export class TlsTransport implements Transport {
  /** Until the server is verified. */
  connecting = true;
  readonly #below: Transport;
  readonly #session: Session;
  readonly #settings: TlsSettings;
  readonly #circumstances: Circumstances;
  #events: TransportEvents | undefined;
  #layer: RecordLayer | undefined;
  #isHandshakeOver = false;
  #isSecured = false;
  #hasEnded = false;
  #belowError: unknown;
  #isShutDown = false;
  #isOver = false;
  #hasReceived = false;

  private constructor(below: Transport, session: Session, settings: TlsSettings, circumstances: Circumstances) {
    this.#below = below;
    this.#session = session;
    this.#settings = settings;
    this.#circumstances = circumstances;
  }

  /** Throws an NBDError for credentials that are of no use. Nothing has been sent then. */
  static async make(
    compiled: CompiledModule,
    below: Transport,
    settings: TlsSettings,
    circumstances: Circumstances,
  ): Promise<TlsTransport> {
    let session: Session | undefined;
    try {
      session = await Session.make(compiled);
      start(session, settings, circumstances);
    } catch (error) {
      session?.wipe();
      throw asHandshakeError(error);
    }
    return new TlsTransport(below, session, settings, circumstances);
  }

  /** For a connection that was closed before this was opened. */
  forget(): void {
    this.#isOver = true;
    this.#session.wipe();
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#below.open({
      connected: () => {}, // it was, before
      data: (bytes, reused = false) => this.#receive(bytes, reused),
      end: () => this.#end(),
      error: (error) => this.#belowFailed(error),
    });
    this.#shakeHands();
  }

  #receive(bytes: Uint8Array, reused: boolean): void {
    if (this.#isOver) return;
    if (this.#layer !== undefined) {
      this.#layer.receive(bytes, reused);
      return;
    }
    this.#session.receive(reused ? bytes.slice() : bytes);
    if (!this.#isHandshakeOver) this.#shakeHands();
  }

  /** The connection below is over. What has arrived before is looked at first. */
  #end(): void {
    if (this.#isOver) return;
    this.#hasEnded = true;
    if (this.#layer !== undefined) {
      this.#layer.end();
      return;
    }
    this.#session.end();
    if (!this.#isHandshakeOver) this.#shakeHands();
  }

  #belowFailed(error: unknown): void {
    if (this.#hasEnded) return; // it is closed after its end
    this.#belowError = error;
    this.#end();
  }

  /** Nothing is left of what had arrived before the connection below was over. */
  #cut(): void {
    // After a disconnect, qemu-nbd ends without TLS's goodbye and may reset the connection. Nothing was wanted any more.
    if (this.#isShutDown) this.#finish();
    else this.#fail(this.#cutError());
  }

  #cutError(): unknown {
    const error = this.#belowError;
    // A server that refuses a client closes its socket, with the client's bytes unread or not.
    const isRefusal = !this.#hasReceived && (error === undefined || ['ECONNRESET', 'EPIPE'].includes(codeOf(error, 'EIO')));
    return isRefusal ? handshakeError('the server closed the connection', error) : (error ?? cutOff());
  }

  // The transport below may report bytes from inside of the write here, and then this is called again before it returns. So it is settled
  // before the write that the handshake is over: two record layers would encrypt with the same numbers of the same key.
  #shakeHands(): void {
    let isDone = false;
    let failure: unknown;
    try {
      isDone = this.#session.handshake();
      this.#isHandshakeOver = isDone;
    } catch (error) {
      this.#isHandshakeOver = true;
      const { hasWebCrypto } = this.#circumstances;
      failure = this.#belowError === undefined ? refused(this.#session, error, this.#settings, hasWebCrypto) : this.#cutError();
    }
    const chunks = this.#session.takeToSend(); // an alert, if it has failed
    if (chunks.length > 0) this.#below.write(chunks, () => {});
    if (failure !== undefined) this.#fail(failure);
    else if (isDone && !this.#isOver) this.#secure().catch((error: unknown) => this.#fail(asHandshakeError(error)));
  }

  /** The server is verified: records follow. */
  async #secure(): Promise<void> {
    if (this.#isSecured) throw new Error('the keys of a TLS session are used twice');
    this.#isSecured = true;
    const layer = await this.#makeLayer();
    if (this.#isOver) return;
    const unread = this.#session.takeUnread();
    this.#layer = layer;
    if (layer instanceof WebCryptoRecords) {
      const { hasRest } = this.#session;
      this.#session.wipe();
      if (hasRest) {
        layer.refuse(new Violation(alert.unexpectedMessage, 'the server sent a message across a change of keys'));
        return;
      }
    }
    this.connecting = false;
    this.#events?.connected();
    for (const bytes of unread) this.#receive(bytes, false);
    if (this.#hasEnded) this.#end();
  }

  async #makeLayer(): Promise<RecordLayer> {
    const suite = this.#circumstances.hasWebCrypto ? this.#session.aesGcm : undefined;
    if (suite === undefined) return new ModuleRecords(this.#below, this.#recordEvents, this.#session);
    const { client, server } = this.#session.secrets();
    const [sent, received] = await Promise.all([TrafficKey.from(client, suite), TrafficKey.from(server, suite)]);
    return new WebCryptoRecords(this.#below, this.#recordEvents, sent, received);
  }

  /**
   * The handshake lasts until the server has answered under TLS. In TLS 1.3, a client has done its part before the server looks at the
   * client's certificate.
   */
  readonly #recordEvents: RecordLayerEvents = {
    data: (bytes) => {
      this.#hasReceived = true;
      this.#events?.data(bytes);
    },
    end: () => {
      if (this.#hasReceived || this.#isShutDown) this.#finish();
      else this.#fail(handshakeError('the server closed the connection'));
    },
    cut: () => this.#cut(),
    failed: (why, cause) => this.#fail(this.#hasReceived ? sessionError(why, cause) : handshakeError(why, cause)),
  };

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#layer === undefined) this.#session.wipe();
    else this.#layer.stop();
    this.#events?.error(error);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events?.end();
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    this.#layer?.write(chunks, written);
  }

  pause(): void {
    this.#layer?.pause();
  }

  resume(): void {
    this.#layer?.resume();
  }

  shutdown(): void {
    this.#isShutDown = true;
    this.#layer?.finish(() => this.#below.shutdown?.());
  }

  /** What was written still goes out, and a goodbye or the alert that ended the session after it. */
  close(): void {
    const layer = this.#layer;
    this.#isOver = true;
    this.#events = undefined;
    if (layer === undefined) {
      this.#session.wipe();
      this.#below.close();
      return;
    }
    layer.finish(() => this.#below.close());
    layer.stop();
  }
}
