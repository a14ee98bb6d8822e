// The records that WebCrypto cannot do: ChaCha20-Poly1305, TLS 1.2, and all of them in a page that is no secure context. By the module.
import type { Transport } from '../transports/transport.js';
import { pauseBound } from '../transports/unread.js';
import { alertInWords } from './failure.js';
import { answer, type Session, SessionError } from './session.js';
import type { RecordLayer, RecordLayerEvents } from './web_crypto_records.js';

const fatalAlert = -0x7780;
const notAuthentic = -0x7180;
const unexpected = -0x7700;

export class ModuleRecords implements RecordLayer {
  readonly #below: Transport;
  readonly #events: RecordLayerEvents;
  readonly #session: Session;
  #isPaused = false;
  #isReading = false;
  /** Nothing is read any more. */
  #isOver = false;
  /** Nothing is written any more. */
  #isFinished = false;

  constructor(below: Transport, events: RecordLayerEvents, session: Session) {
    this.#below = below;
    this.#events = events;
    this.#session = session;
  }

  receive(bytes: Uint8Array, reused: boolean): void {
    if (this.#isOver) return;
    this.#session.receive(reused ? bytes.slice() : bytes);
    this.#read();
  }

  end(): void {
    this.#session.end();
    this.#read();
  }

  // While it is paused, what has arrived waits. If more comes all the same, the source cannot be stopped, and it is for the socket to say
  // what nobody had asked for.
  #read(): void {
    if (this.#isReading) return; // it was called from inside of `data`, and goes on after it
    this.#isReading = true;
    try {
      while (!this.#isOver && !(this.#isPaused && this.#session.unread <= pauseBound)) {
        const data = this.#session.read();
        if (data === undefined) break;
        this.#events.data(data);
      }
    } catch (error) {
      this.#end(error);
    } finally {
      this.#isReading = false;
    }
    if (!this.#isOver) this.#flush(() => {}); // an answer of Mbed TLS's own
  }

  #end(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isFinished ||= !(error instanceof SessionError && error.number === answer.end);
    this.#flush(() => {}); // an alert: who hears of the error closes what is below
    if (!(error instanceof SessionError)) this.#events.failed(error instanceof Error ? error.message : String(error), error);
    else if (error.number === answer.end) this.#events.end();
    else if (error.number === answer.cut) this.#events.cut();
    else this.#events.failed(this.#reason(error.number), error);
  }

  #reason(number: number): string {
    if (number === fatalAlert) return alertInWords(this.#session.alert);
    if (number === notAuthentic) {
      return 'a record is not authentic: somebody on the way has changed, dropped or repeated what the server sent';
    }
    if (number === unexpected) return 'the server sent a record or a message that may not come after the handshake';
    return `what the server sent is not right (Mbed TLS: -0x${(-number).toString(16)})`;
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    if (this.#isFinished) return;
    try {
      for (const chunk of chunks) this.#session.write(chunk);
    } catch (error) {
      this.#end(error);
      return;
    }
    this.#flush(written);
  }

  #flush(written: () => void): void {
    const chunks = this.#session.takeToSend();
    if (chunks.length > 0) this.#below.write(chunks, written);
    else written();
  }

  pause(): void {
    this.#isPaused = true;
    this.#below.pause?.();
  }

  resume(): void {
    this.#isPaused = false;
    this.#read();
    if (!this.#isPaused) this.#below.resume?.();
  }

  finish(sent: () => void): void {
    if (!this.#isFinished) {
      this.#isFinished = true;
      try {
        this.#session.closeNotify();
      } catch (error) {
        this.#end(error);
      }
      this.#flush(() => {});
    }
    sent();
  }

  stop(): void {
    this.#isOver = true;
    this.#isFinished = true;
    this.#session.wipe();
  }
}
