// The record layer by itself, over a transport that keeps what it is given.
import { type AesGcm, TrafficKey } from '../../dist/tls/traffic_key.js';
import { WebCryptoRecords } from '../../dist/tls/web_crypto_records.js';

export class TestedLayer {
  readonly layer: WebCryptoRecords;
  /** Data that came out of it. */
  readonly received: Uint8Array[] = [];
  /** What it gave to the transport below. */
  readonly sent: Uint8Array[] = [];
  /** `goodbye`, `cut`, or why it failed. */
  end: string | undefined;
  /** How often the transport below was paused, and resumed. */
  paused = 0;
  resumed = 0;
  #hasEnded: () => void = () => {};
  readonly ending = new Promise<void>((resolve) => {
    this.#hasEnded = resolve;
  });

  constructor(sent: TrafficKey, received: TrafficKey) {
    const ended = (how: string) => {
      if (this.end !== undefined) throw new Error(`it ended twice: ${this.end}, ${how}`);
      this.end = how;
      this.#hasEnded();
    };
    const below = {
      open: () => {},
      close: () => {},
      write: (chunks: readonly Uint8Array[], written: () => void) => {
        this.sent.push(...chunks.map((chunk) => chunk.slice()));
        written();
      },
      pause: () => void this.paused++,
      resume: () => void this.resumed++,
    };
    const events = {
      data: (bytes: Uint8Array) => {
        if (this.end !== undefined) throw new Error('data after the end');
        this.received.push(bytes.slice());
      },
      end: () => ended('goodbye'),
      cut: () => ended('cut'),
      failed: (why: string) => ended(why),
    };
    this.layer = new WebCryptoRecords(below, events, sent, received);
  }

  write(chunks: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve) => this.layer.write(chunks, resolve));
  }

  /** Says goodbye; resolves when all is with the transport. */
  finish(): Promise<void> {
    return new Promise((resolve) => this.layer.finish(resolve));
  }
}

/** With the secrets of what the client sends and of what the server does, which are copied. */
export async function layer(suite: AesGcm, client: Uint8Array, server: Uint8Array): Promise<TestedLayer> {
  const key = (secret: Uint8Array) => TrafficKey.from(new Uint8Array(secret), suite);
  return new TestedLayer(await key(client), await key(server));
}

export const collected = (chunks: readonly Uint8Array[]): Buffer => Buffer.concat(chunks);
