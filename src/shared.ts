// What the library is on every platform.
export type { WaitOptions } from './abort.js';
export type { CallbackResult, ErrorRef, Extent64 } from './closures.js';
export { NBDError } from './errors.js';
export type { Extent, ExtentsOptions } from './extents.js';
export type * from './generated/callbacks.js';
export * from './generated/constants.js';
export type { Connect, ConnectTarget, TlsCredentials } from './host.js';
export type { LoadOptions } from './load.js';
export type { Library } from './nbd.js';
export { NBD } from './nbd.js';
export type { ConnectThrough } from './sockets/connect_through.js';
export type { ConnectWebSocketOptions, WebSocketConstructor } from './sockets/connect_web_socket.js';
export type { Duplex } from './sockets/duplex.js';
export type { SocketLike } from './sockets/socket_like.js';
export type { Transport, TransportEvents } from './sockets/transport.js';
export type { WebSocketLike } from './sockets/web_socket.js';
export type { BytePair } from './sockets/web_streams.js';
export type { ReadableOptions, TransferOptions, WritableOptions } from './transfers.js';
