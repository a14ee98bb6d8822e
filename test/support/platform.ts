// What the shared suites need of the platform that they run on: servers to connect to. This is Node's; another platform has
// a file of its own with the same exports, and the configuration of its test run puts that in this one's place.
import type { SocketLike } from 'libnbd-wasm';

/** A server that a test started. */
export interface TestServer {
  /** A new connection to it, to be given to `connectSocket`. */
  socket(): SocketLike;
  /** Kills it without warning. */
  kill(): Promise<void>;
}

export { peer } from './peer.js';
export { nbdkit, nbdServer, qemuNbd } from './servers.js';
