// A transport is opened once; one that goes over it, such as TLS, opens it again.
import type { Transport, TransportEvents } from '../transports/transport.js';

/** Passes on what a transport reports. To whom can be changed. */
export class Sink implements TransportEvents {
  target: TransportEvents;

  constructor(target: TransportEvents) {
    this.target = target;
  }

  connected(): void {
    this.target.connected();
  }

  data(bytes: Uint8Array, reused?: boolean): void {
    this.target.data(bytes, reused);
  }

  end(): void {
    this.target.end();
  }

  error(error: unknown): void {
    this.target.error(error);
  }
}

/** An open transport that can be opened again: what it reports then goes to whoever did that. */
export class Reopenable implements Transport {
  /** The transport itself, for what goes over the stream below it. */
  readonly transport: Transport;
  readonly #sink: Sink;

  constructor(transport: Transport, sink: Sink) {
    this.transport = transport;
    this.#sink = sink;
  }

  open(events: TransportEvents): void {
    this.#sink.target = events;
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    this.transport.write(chunks, written);
  }

  pause(): void {
    this.transport.pause?.();
  }

  resume(): void {
    this.transport.resume?.();
  }

  shutdown(): void {
    this.transport.shutdown?.();
  }

  close(): void {
    this.transport.close();
  }
}
