// Finds the transport for an object that a user hands over.

import { describe } from '../base/describe.js';
import { type Duplex, DuplexTransport, isDuplex } from './duplex.js';
import { isMessagePort, type MessagePortLike, MessagePortTransport } from './message_port.js';
import { isTransport, type Transport } from './transport.js';
import { isWebSocket, takeWebSocket, type WebSocketLike } from './web_socket.js';
import { type BytePair, isBytePair, WebStreamsTransport } from './web_streams.js';

/** What a virtual descriptor can be made of. */
export type SocketLike = Duplex | BytePair | MessagePortLike | WebSocketLike | Transport;

export function toTransport(socket: SocketLike): Transport {
  const value: unknown = socket;
  if (typeof value === 'object' && value !== null) {
    if (isDuplex(value)) return new DuplexTransport(value);
    if (isMessagePort(value)) return new MessagePortTransport(value);
    if (isWebSocket(value)) return takeWebSocket(value);
    if (isBytePair(value)) return new WebStreamsTransport(value);
    if (isTransport(value)) return value;
  }
  throw new TypeError(
    `${describe(value)} is no socket: give a ` +
      'net.Socket, a tls.TLSSocket, a Duplex, { readable, writable } byte streams, a WebSocket, a MessagePort or a Transport',
  );
}
