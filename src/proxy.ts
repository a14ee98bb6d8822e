// libnbd-wasm/proxy: from WebSockets to NBD servers, attached to anyone's HTTP server.
export { type ConnectionLog, jsonLine, textLine } from './proxy/log.js';
export type { ProxyOptions } from './proxy/options.js';
export { createProxy, type NbdProxy } from './proxy/proxy.js';
