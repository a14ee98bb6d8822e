// What the library is on every platform.
export type { WaitOptions } from './base/abort.js';
export { NBDError } from './base/errors.js';
export type { Extent, ExtentsOptions } from './disk/extents.js';
export type { ReadableOptions, TransferOptions, WritableOptions } from './disk/transfers.js';
export type * from './generated/callbacks.js';
export * from './generated/constants.js';
export type { CallbackResult, ErrorRef, Extent64 } from './libnbd/closures.js';
export type { Connect, ConnectTarget, TlsCredentials } from './libnbd/host.js';
export type { LoadOptions } from './load.js';
export type { Library } from './nbd.js';
export { NBD } from './nbd.js';
export type { ConnectThrough } from './transports/connect_through.js';
export type { ConnectWebSocketOptions, WebSocketConstructor } from './transports/connect_web_socket.js';
export type { Duplex } from './transports/duplex.js';
export type { SocketLike } from './transports/socket_like.js';
export type { Transport, TransportEvents } from './transports/transport.js';
export type { WebSocketLike } from './transports/web_socket.js';
export type { BytePair } from './transports/web_streams.js';
