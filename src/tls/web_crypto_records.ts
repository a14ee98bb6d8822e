// The records of TLS 1.3 with AES-GCM, after the handshake, by WebCrypto: native code, in constant time, several records at a time.
import type { Transport } from '../transports/transport.js';
import { alertInWords, type Violation } from './failure.js';
import { RecordReader } from './record_reader.js';
import { RecordWriter } from './record_writer.js';
import type { TrafficKey } from './traffic_key.js';

/** What carries data once the server is verified. */
export interface RecordLayer {
  /** Bytes of the connection below. With `reused`, they are somebody else's once this has returned. */
  receive(bytes: Uint8Array, reused: boolean): void;
  /** The connection below has ended. */
  end(): void;
  write(chunks: readonly Uint8Array[], written: () => void): void;
  pause(): void;
  resume(): void;
  /** Says goodbye, once, and calls back when all is with the connection below. */
  finish(sent: () => void): void;
  /** Nothing is reported any more, and what is secret is forgotten. */
  stop(): void;
}

/** What a record layer reports: data, and once how it ended. */
export interface RecordLayerEvents {
  data(bytes: Uint8Array): void;
  /** The server's goodbye. */
  end(): void;
  /** The connection below ended without it. */
  cut(): void;
  failed(why: string, cause?: unknown): void;
}

export class WebCryptoRecords implements RecordLayer {
  readonly #reader: RecordReader;
  readonly #writer: RecordWriter;
  readonly #events: RecordLayerEvents;

  /** With the keys of what is sent and of what is received. */
  constructor(below: Transport, events: RecordLayerEvents, sent: TrafficKey, received: TrafficKey) {
    this.#events = events;
    this.#writer = new RecordWriter(
      sent,
      (chunks, written) => below.write(chunks, written),
      (error) => {
        this.#reader.stop();
        events.failed('this side cannot encrypt any more', error);
      },
    );
    this.#reader = new RecordReader(received, {
      data: (content) => events.data(content),
      closeNotify: () => events.end(),
      cut: () => events.cut(),
      alert: (description) => events.failed(alertInWords(description)),
      failed: (violation) => this.refuse(violation),
      updateWanted: () => this.#writer.update(false),
      keyIsWorn: () => void this.#writer.update(true).catch(() => {}), // the writer itself has told
      roomChanged: (hasRoom) => (hasRoom ? below.resume?.() : below.pause?.()),
    });
  }

  /** Ends it for what the server did: tells the server and whoever listens. */
  refuse(violation: Violation): void {
    this.#reader.stop();
    this.#writer.alert(violation.alert);
    this.#events.failed(violation.message, violation);
  }

  receive(bytes: Uint8Array): void {
    this.#reader.push(bytes);
  }

  end(): void {
    this.#reader.end();
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    this.#writer.write(chunks, written);
  }

  pause(): void {
    this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
  }

  finish(sent: () => void): void {
    this.#writer.closeNotify();
    this.#writer.whenSent(sent);
  }

  stop(): void {
    this.#reader.stop();
  }
}
