// libnbd-wasm/proxy: from WebSockets to NBD servers, attached to anyone's HTTP server.
export { type ConnectionLog, jsonLine, textLine } from './log.js';
export type { ProxyOptions } from './options.js';
export { createProxy, type NbdProxy } from './proxy.js';
