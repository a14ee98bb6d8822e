// Node's streams, to be copied from and to.
import type { Readable, Writable } from 'node:stream';
import { describe } from '../../base/describe.js';
import { NBDError } from '../../base/errors.js';
import type { SequentialDestination, SequentialSource } from '../../copy/ends.js';
import { earlyError } from './early_errors.js';

export class NodeReadableSource implements SequentialSource {
  readonly isRandom = false;
  readonly size = undefined;
  readonly name: string;
  readonly #stream: Readable;
  readonly #chunks: AsyncIterator<unknown>;

  constructor(stream: Readable, name = 'the stream') {
    this.name = name;
    this.#stream = stream;
    this.#chunks = stream.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  }

  async read(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#chunks.next();
    if (done) return undefined;
    if (value instanceof Uint8Array) return value;
    throw new TypeError(`copy: a chunk of ${this.name} must be bytes, not ${describe(value)}`);
  }

  async close(error?: unknown): Promise<void> {
    if (error !== undefined) this.#stream.destroy();
  }
}

export class NodeWritableDestination implements SequentialDestination {
  readonly isRandom = false;
  readonly name: string;
  readonly #stream: Writable;
  /** Rejects when the stream fails or is closed early. */
  readonly #failure: Promise<never>;
  readonly #forget: () => void;

  constructor(stream: Writable, name = 'the stream') {
    this.name = name;
    this.#stream = stream;
    let forget = () => {};
    this.#failure = new Promise((_, reject) => {
      const early = earlyError(stream);
      if (early !== undefined) reject(early);
      const streamOnClose = () => reject(new NBDError(`${name} was closed before its end`, 'EPIPE'));
      stream.on('error', reject).on('close', streamOnClose);
      forget = () => void stream.off('error', reject).off('close', streamOnClose);
    });
    this.#failure.catch(() => {}); // each call races with it
    this.#forget = forget;
    if (stream.destroyed || stream.writableEnded) stream.emit('close');
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const taken = new Promise<void>((resolve) => {
      if (this.#stream.write(bytes)) resolve();
      else this.#stream.once('drain', resolve);
    });
    await Promise.race([taken, this.#failure]);
  }

  async finish(): Promise<void> {
    const stream = this.#stream;
    const finished = new Promise<void>((resolve) => {
      if (stream === process.stdout || stream === process.stderr)
        stream.write('', () => resolve()); // the program's, which goes on
      else stream.end(resolve);
    });
    await Promise.race([finished, this.#failure]);
    this.#forget();
  }

  async abandon(error: unknown): Promise<void> {
    this.#forget();
    this.#stream.on('error', () => {}); // the copy has told
    if (this.#stream !== process.stdout && this.#stream !== process.stderr) {
      this.#stream.destroy(error instanceof Error ? error : undefined);
    }
  }
}
