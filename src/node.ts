// libnbd-wasm in Node.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { loader } from './load.js';
import { setSharedLoader } from './nbd.js';
import { nodeHost } from './node/host.js';
import { connectWebSocket } from './node/web_socket.js';
import { type ConnectThrough, connectThroughWith } from './transports/connect_through.js';
import { compileResponse } from './wasm/compile.js';

export { openConnection } from './node/connect.js';
export * from './shared.js';
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
    const absolute = typeof url === 'string' && !/^(file|https?|data|blob):/i.test(url) ? pathToFileURL(url) : new URL(url);
    return absolute.protocol === 'file:' ? compileFile(absolute) : compileResponse(fetch(absolute));
  },
  nodeHost,
);

setSharedLoader(load);
