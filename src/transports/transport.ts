// What libnbd needs of a socket. Everything that carries bytes becomes a transport.

/** What a transport reports once it is open. It reports nothing before `open` is called. */
export interface TransportEvents {
  /** A transport that was still connecting when it was opened is connected. */
  connected(): void;
  /**
   * Bytes arrived. They are the library's from here on. With `reused`, they are good only until this call returns, and the library
   * copies those that it cannot use at once.
   */
  data(bytes: Uint8Array, reused?: boolean): void;
  /** The peer will send no more (end of stream). Bytes reported earlier are still read. */
  end(): void;
  /** The connection failed. `error.code`, where it is an errno's (`'ECONNRESET'`), becomes the NBDError's. */
  error(error: unknown): void;
}

/**
 * A connected byte stream in both directions, or one that is still connecting. Anything that implements this can be given to
 * `nbd.connectSocket` and `lib.openSocket`.
 *
 * @example A transport over a serial port's library:
 * ```ts
 * class SerialTransport implements Transport {
 *   constructor(private readonly port: SerialPort) {}
 *   open(events: TransportEvents) {
 *     this.port.on('data', (bytes) => events.data(bytes));
 *     this.port.on('close', () => events.end());
 *     this.port.on('error', (error) => events.error(error));
 *   }
 *   write(chunks: readonly Uint8Array[], written: () => void) {
 *     for (const chunk of chunks.slice(0, -1)) this.port.write(chunk);
 *     this.port.write(chunks[chunks.length - 1], written);
 *   }
 *   close() {
 *     this.port.close();
 *   }
 * }
 * ```
 */
export interface Transport {
  /** Whether it is still connecting when it is opened; then it reports `connected` or an error. */
  readonly connecting?: boolean;
  /** Called once, when the library takes the transport over: report through `events` from now on. */
  open(events: TransportEvents): void;
  /**
   * Sends the chunks in their order; there is at least one. Call `written` once, later or at once, when the transport has
   * passed them on and needs them no more: the library reuses their memory, and takes a late call as back-pressure. After an
   * error, reporting the error is enough.
   */
  write(chunks: readonly Uint8Array[], written: () => void): void;
  /** Stops reporting bytes, where the source can be stopped. */
  pause?(): void;
  /** Reports bytes again, after `pause`. */
  resume?(): void;
  /** No more will be written: closes that direction once everything was sent, where the transport can (`shutdown(SHUT_WR)`). */
  shutdown?(): void;
  /** Closes both directions, and reports nothing more. */
  close(): void;
  /**
   * Gives the transport back to its owner as it was before `open`, with the bytes that arrived and were not read. A transport
   * without this method is closed when the library has opened it and cannot use it.
   */
  release?(unread: readonly Uint8Array[]): void;
}

export function isTransport(value: object): value is Transport {
  return (
    'open' in value &&
    typeof value.open === 'function' &&
    'write' in value &&
    typeof value.write === 'function' &&
    'close' in value &&
    typeof value.close === 'function'
  );
}
