// Web streams, to be copied from and to.
import { describe } from '../base/describe.js';
import type { SequentialDestination, SequentialSource } from './ends.js';

export class ReadableSource implements SequentialSource {
  readonly isRandom = false;
  readonly name = 'the stream';
  readonly size = undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async read(): Promise<Uint8Array | undefined> {
    const { value } = await this.#reader.read();
    if (value === undefined || value instanceof Uint8Array) return value;
    throw new TypeError(`copy: a chunk of the stream must be a Uint8Array, not ${describe(value)}`);
  }

  async close(error?: unknown): Promise<void> {
    // Not waited for: what the stream does then is its own affair, and may take for ever.
    if (error !== undefined) this.#reader.cancel(error).catch(() => {});
    else this.#reader.releaseLock();
  }
}

export class WritableDestination implements SequentialDestination {
  readonly isRandom = false;
  readonly name = 'the stream';
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #last: Promise<void> | undefined;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
    this.#writer.closed.catch(() => {}); // each write fails with the same error
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.#writer.ready;
    this.#last = this.#writer.write(bytes);
    this.#last.catch(() => {}); // `ready` fails with the same error
  }

  async finish(): Promise<void> {
    await this.#last; // `close` would tell of its own error, that the stream has failed
    await this.#writer.close();
  }

  async abandon(error: unknown): Promise<void> {
    this.#writer.abort(error).catch(() => {}); // not waited for: a write that hangs would hold it up
  }
}
