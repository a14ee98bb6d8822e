// What a test gets of a server that it started, on every platform.
import type { SocketLike } from 'libnbd-wasm';

export interface TestServer {
  /** A new connection to it, to be given to `connectSocket`. */
  socket(): SocketLike;
  /** Kills it without warning. */
  kill(): Promise<void>;
}
