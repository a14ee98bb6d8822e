// libnbd-wasm in Node.
import { readFile } from 'node:fs/promises';
import { compileResponse } from './compile_response.js';
import { loader } from './load.js';
import { setSharedLoader } from './nbd.js';
import { nodeHost } from './node_host.js';
import { type ConnectThrough, connectThroughWith } from './sockets/connect_through.js';
import { connectWebSocket } from './sockets/node_web_socket.js';

export * from './shared.js';
export { openConnection } from './sockets/node_connect.js';
export { connectWebSocket };

export const connectThrough: ConnectThrough = connectThroughWith(connectWebSocket);

const compileFile = async (url: URL) => WebAssembly.compile(await readFile(url));
let compiled: Promise<WebAssembly.Module> | undefined;

/** Makes a separate instance of libnbd, with a memory of its own: `(await load()).create()` makes a handle on it. */
export const load = loader(
  () => {
    compiled ??= compileFile(new URL('./libnbd.wasm', import.meta.url));
    return compiled;
  },
  (url) => {
    const absolute = new URL(url, import.meta.url);
    return absolute.protocol === 'file:' ? compileFile(absolute) : compileResponse(fetch(absolute));
  },
  nodeHost,
);

setSharedLoader(load);
