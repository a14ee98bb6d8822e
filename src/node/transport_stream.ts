// A transport as a Node stream, for code that takes nothing else, such as Node's TLS.
import { Duplex } from 'node:stream';
import type { Transport } from '../transports/transport.js';

export class TransportStream extends Duplex {
  readonly #transport: Transport;

  /** `onconnected` is called when the transport is open, if it has to be opened. */
  constructor(transport: Transport, onconnected: () => void = () => {}) {
    super();
    this.#transport = transport;
    transport.open({
      connected: onconnected,
      data: (bytes, reused) => {
        if (!this.push(reused ? bytes.slice() : bytes)) transport.pause?.();
      },
      end: () => this.push(null),
      error: (error) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    });
  }

  override _read(): void {
    this.#transport.resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#transport.write([chunk], () => callback());
  }

  override _final(callback: () => void): void {
    this.#transport.shutdown?.();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#transport.close();
    callback(error);
  }
}
