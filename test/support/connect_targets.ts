// A connect function of the test's own, which notes where libnbd wanted to go.
import { type ConnectTarget, type Library, load } from 'libnbd-wasm';
import type { TestServer } from './platform.js';

/** An instance of the library whose every connection goes to `server`, and the targets that it was told. */
export async function connectingTo(server: TestServer): Promise<{ lib: Library; targets: ConnectTarget[] }> {
  const targets: ConnectTarget[] = [];
  const connect = (target: ConnectTarget) => {
    targets.push(target);
    return server.socket();
  };
  return { lib: await load({ connect }), targets };
}
