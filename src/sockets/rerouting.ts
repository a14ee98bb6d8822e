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

/** An open transport, to be opened again: what it reports then goes to whoever did that. */
export function reopenable(transport: Transport, sink: Sink): Transport {
  return {
    open: (events) => {
      sink.target = events;
    },
    write: (chunks, written) => transport.write(chunks, written),
    pause: () => transport.pause?.(),
    resume: () => transport.resume?.(),
    shutdown: () => transport.shutdown?.(),
    close: () => transport.close(),
  };
}
