// A Blob or a File, to be copied from.
import { NBDError } from '../base/errors.js';
import type { RandomSource } from './ends.js';

export class BlobSource implements RandomSource {
  readonly isRandom = true;
  readonly block = 1;
  readonly longest = 2 ** 25;
  readonly name: string;
  readonly identity: string | undefined;
  readonly #blob: Blob;

  constructor(blob: Blob) {
    const { name, lastModified } = blob as Partial<File>;
    this.name = name === undefined ? 'the blob' : name;
    this.identity = lastModified === undefined ? undefined : `${name} ${lastModified}`;
    this.#blob = blob;
  }

  get size(): bigint {
    return BigInt(this.#blob.size);
  }

  async readInto(view: Uint8Array<ArrayBuffer>, at: bigint, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const start = Number(at);
    const bytes = new Uint8Array(await this.#blob.slice(start, start + view.length).arrayBuffer());
    if (bytes.length !== view.length) throw new NBDError(`${this.name} ends at ${start + bytes.length}`, 'EIO');
    view.set(bytes);
  }

  known(): undefined {}

  async close(): Promise<void> {}
}
