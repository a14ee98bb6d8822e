// A socket opens its transport once. Another transport that goes over it, such as TLS, opens it again.
import type { Transport, TransportEvents } from '../transports/transport.js';

/** Passes the reports of a transport on to a target, which can be changed. */
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

/** An open transport that can be opened again: its reports then go to the one who opened it last. */
export class Reopenable implements Transport {
  /** The transport itself: TLS takes the Node stream out of it, if it has one. */
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
