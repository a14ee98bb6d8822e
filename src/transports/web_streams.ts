// A pair of web byte streams as a transport: { readable, writable }, as WebTransport, WebSocketStream, pairs of TransformStreams
// and the sockets of Deno and workerd have them.
import { bytesOf, cut } from './bytes.js';
import type { Transport, TransportEvents } from './transport.js';

/** A readable and a writable stream of bytes, the two directions of one connection. What is written are `Uint8Array` chunks. */
export interface BytePair {
  readonly readable: ReadableStream<Uint8Array | ArrayBuffer>;
  readonly writable: WritableStream<Uint8Array>;
}

export function isBytePair(value: object): value is BytePair {
  return (
    'readable' in value &&
    typeof value.readable === 'object' &&
    value.readable !== null &&
    'getReader' in value.readable &&
    'writable' in value &&
    typeof value.writable === 'object' &&
    value.writable !== null &&
    'getWriter' in value.writable
  );
}

export class WebStreamsTransport implements Transport {
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #events: TransportEvents | undefined;
  #resume: (() => void) | undefined;

  /** Throws TypeError when one of the streams is locked to somebody else. */
  constructor(pair: BytePair) {
    if (pair.readable.locked || pair.writable.locked) {
      throw new TypeError('the streams are locked to somebody else: release their reader and writer before handing them over');
    }
    this.#reader = pair.readable.getReader();
    this.#writer = pair.writable.getWriter();
  }

  open(events: TransportEvents): void {
    this.#events = events;
    this.#writer.closed.catch((error: unknown) => this.#events?.error(error));
    this.#read().catch((error: unknown) => this.#events?.error(error));
  }

  async #read(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (this.#events === undefined) return;
      if (done) {
        this.#events.end();
        return;
      }
      const bytes = bytesOf(value);
      if (bytes === undefined) throw new TypeError('the readable stream gave a chunk that is not bytes');
      this.#events.data(bytes);
      if (this.#paused) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
      }
    }
  }

  #paused = false;

  write(chunks: readonly Uint8Array[], written: () => void): void {
    // A stream keeps its chunks, and the library uses their memory again: each chunk is copied.
    const writes = chunks.flatMap(cut).map((chunk) => this.#writer.write(chunk.slice()));
    Promise.all(writes).then(
      () => written(),
      (error: unknown) => this.#events?.error(error),
    );
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#resume?.();
  }

  shutdown(): void {
    this.#writer.close().catch((error: unknown) => this.#events?.error(error));
  }

  // The streams may have failed already. Their failure was reported then.
  close(): void {
    this.#events = undefined;
    this.#resume?.();
    this.#reader.cancel().catch(() => {});
    this.#writer.close().catch(() => {});
  }
}
