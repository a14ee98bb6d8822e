// A scripted server in the same process, as a transport: delivers exactly the pieces that it is told to, one an event.
import type { Transport, TransportEvents } from 'libnbd-wasm';
import { Player, type Step } from './script.js';

export class ScriptedTransport implements Transport {
  readonly #script: readonly Step[];
  readonly #pieceSize: number | undefined;
  #player: Player | undefined;
  /** Whether the library has closed it. */
  closed = false;

  constructor(script: readonly Step[], pieceSize?: number) {
    this.#script = script;
    this.#pieceSize = pieceSize;
  }

  open(events: TransportEvents): void {
    this.#player = new Player(
      {
        send: (bytes) => events.data(bytes),
        close: (how) => (how === 'end' ? events.end() : events.error(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))),
        pause: () => new Promise((resolve) => queueMicrotask(resolve)),
      },
      this.#pieceSize,
    );
    void this.#player.play(this.#script);
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    for (const chunk of chunks) this.#player?.received(chunk.length);
    written();
  }

  close(): void {
    this.closed = true;
    this.#player?.stop();
  }
}
