// A server that follows a script, for what no real server does. A script is data, so that it can be played anywhere: by a
// server on a socket (peer.ts), by a transport in the same process (scripted_transport.ts) or on another machine.

/** One thing that the scripted server does, before it goes on to the next. */
export type Step =
  /** Sends bytes. */
  | { readonly send: Uint8Array }
  /** Waits until so many more bytes have arrived. */
  | { readonly receive: number }
  /** The same, but ends the stream when they do not: only where nothing takes time (scripted_transport.ts). */
  | { readonly receiveOrEnd: number }
  /** Ends the stream in good order, or breaks the connection. */
  | { readonly close: 'end' | 'reset' };

/** Where a script is played. After its last step the connection stays open and silent, unless that step closed it. */
export interface Stage {
  send(bytes: Uint8Array): void;
  close(how: 'end' | 'reset'): void;
  /** Resolves later, when what was sent has had time to be delivered by itself. */
  pause(): Promise<void>;
}

export class Player {
  readonly #stage: Stage;
  readonly #pieceSize: number;
  #received = 0;
  #stopped = false;
  #wake: () => void = () => {};

  /** Bytes are sent in pieces of at most `pieceSize`, each by itself. */
  constructor(stage: Stage, pieceSize = Number.POSITIVE_INFINITY) {
    this.#stage = stage;
    this.#pieceSize = pieceSize;
  }

  /** The client has sent something. */
  received(count: number): void {
    this.#received += count;
    this.#wake();
  }

  /** The client has gone. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  async play(script: readonly Step[]): Promise<void> {
    for (const step of script) {
      if ('send' in step) await this.#send(step.send);
      else if ('receive' in step) await this.#receive(step.receive);
      else if ('receiveOrEnd' in step) await this.#receiveOrEnd(step.receiveOrEnd);
      else this.#stage.close(step.close);
      if (this.#stopped) return;
    }
  }

  async #send(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length && !this.#stopped; start += this.#pieceSize) {
      this.#stage.send(bytes.slice(start, start + this.#pieceSize));
      await this.#stage.pause();
    }
  }

  async #receive(count: number): Promise<void> {
    while (this.#received < count && !this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#received -= count;
  }

  async #receiveOrEnd(count: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#stage.close('end');
      this.stop();
    });
    await this.#receive(count);
    clearTimeout(timer);
  }
}
