// A child process's standard input and output as a transport.
import type { Readable, Writable } from 'node:stream';
import type { Transport, TransportEvents } from '../transports/transport.js';

export class StdioTransport implements Transport {
  readonly #input: Writable;
  readonly #output: Readable;

  constructor(input: Writable, output: Readable) {
    this.#input = input;
    this.#output = output;
  }

  open(events: TransportEvents): void {
    this.#output.on('data', (bytes: Uint8Array) => events.data(bytes));
    this.#output.on('end', () => events.end());
    this.#output.on('error', (error) => events.error(error));
    this.#input.on('error', (error) => events.error(error));
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    const last = chunks.length - 1;
    // A failed write is reported by 'error' as well.
    chunks.forEach((chunk, i) => {
      this.#input.write(chunk, i === last ? (error) => error ?? written() : undefined);
    });
  }

  pause(): void {
    this.#output.pause();
  }

  resume(): void {
    this.#output.resume();
  }

  shutdown(): void {
    this.#input.end();
  }

  // The process sees the end of its input, and ends.
  close(): void {
    this.#output.removeAllListeners('data');
    this.#input.end();
    this.#output.destroy();
  }
}
