// A WebSocket that does what a test tells it, with the browser's interface: no pause, no callback of send.
import type { NBD, WebSocketLike } from 'libnbd-wasm';
import { newHandle } from '../support/handles.js';
import { handshake } from '../support/protocol.js';
import { Player, type Step } from '../support/script.js';

type Events = {
  open: object;
  message: { data: unknown };
  error: object;
  close: { code: number; reason: string };
};

export class FakeWebSocket implements WebSocketLike {
  /** The one that was made last, for a test whose library makes it. */
  static last: FakeWebSocket | undefined;

  binaryType = 'blob';
  bufferedAmount = 0;
  readyState = 0;
  readonly sent: Uint8Array[] = [];
  readonly arguments: unknown[];
  closedWith: number | undefined;
  onsend: (bytes: Uint8Array) => void = () => {};
  readonly #listeners: [keyof Events, (event: never) => void][] = [];

  constructor(...args: unknown[]) {
    this.arguments = args;
    FakeWebSocket.last = this;
  }

  addEventListener(type: keyof Events, listener: (event: never) => void): void {
    this.#listeners.push([type, listener]);
  }

  #dispatch<T extends keyof Events>(type: T, event: Events[T]): void {
    for (const [at, listener] of this.#listeners) if (at === type) (listener as (event: Events[T]) => void)(event);
  }

  open(): void {
    this.readyState = 1;
    this.#dispatch('open', {});
  }

  deliver(data: unknown): void {
    if (this.readyState === 1) this.#dispatch('message', { data });
  }

  /** Ends it from the other side. */
  end(code: number, reason = ''): void {
    this.readyState = 3;
    if (code === 1006) this.#dispatch('error', {});
    this.#dispatch('close', { code, reason });
  }

  // A browser copies what it is given at once.
  send(data: Uint8Array): void {
    if (this.readyState !== 1) throw new Error('send on a WebSocket that is not open');
    const copy = data.slice();
    this.sent.push(copy);
    this.onsend(copy);
  }

  close(code?: number): void {
    this.readyState = 2;
    this.closedWith = code ?? 1005;
  }
}

/** A server that plays a script through a fake WebSocket, in pieces of a size; it opens in its own time. */
function played(script: readonly Step[], pieceSize = Number.POSITIVE_INFINITY): FakeWebSocket {
  const socket = new FakeWebSocket();
  const player = new Player(
    {
      send: (bytes) => socket.deliver(bytes.slice().buffer),
      close: () => socket.end(1000),
      pause: () => new Promise((resolve) => queueMicrotask(resolve)),
    },
    pieceSize,
  );
  socket.onsend = (bytes) => player.received(bytes.length);
  queueMicrotask(() => {
    socket.open();
    void player.play(script);
  });
  return socket;
}

/** The handshake of a server whose disk has 128 MiB. */
export const ready = () => handshake('simple', 2n ** 27n);

/** A connected handle, and the WebSocket. */
export async function connectedTo(script: readonly Step[], pieceSize?: number): Promise<{ nbd: NBD; socket: FakeWebSocket }> {
  const nbd = await newHandle();
  const socket = played(script, pieceSize);
  await nbd.connectSocket(socket);
  return { nbd, socket };
}
