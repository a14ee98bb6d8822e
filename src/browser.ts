// libnbd-wasm in a web page or a worker.
import { cannotConnect } from './host.js';
import { compileResponse, loader } from './load.js';
import { setSharedLoader } from './nbd.js';
import { type ConnectThrough, connectThroughWith } from './sockets/connect_through.js';
import { connectWebSocket } from './sockets/connect_web_socket.js';

export * from './shared.js';
export { connectWebSocket };

export const connectThrough: ConnectThrough = connectThroughWith(connectWebSocket);

/** Makes a separate instance of libnbd, with a memory of its own: `(await load()).create()` makes a handle on it. */
export const load = loader(
  () => compileResponse(fetch(new URL('./libnbd.wasm', import.meta.url))),
  (url) => compileResponse(fetch(url)),
  { connect: cannotConnect },
);

setSharedLoader(load);
