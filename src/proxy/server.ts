// The way to a target's server, which looks the same to a relay with TLS and without.
import type { Duplex } from 'node:stream';
import { TransportStream } from '../node/transport_stream.js';
import { connectWebSocket } from '../node/web_socket.js';
import { type OnBytes, Reader } from './reader.js';
import type { Target } from './target.js';
import { TlsStream } from './tls_stream.js';

export interface ServerConnection {
  /** Takes what is to be sent. Emits 'connect' when it can be used, and no 'data'. */
  readonly socket: Duplex;
  /** How much memory the bytes take that were not released yet. */
  readonly held: number;
  /** Why it is not connected yet. */
  readonly delay: string;
}

/** Connects to a target. The bytes that come are passed to `onbytes`. */
export function connectServer({ address, tls }: Target, onbytes: OnBytes): ServerConnection {
  if ('url' in address) return connectProxy(address.url, onbytes);
  if (tls === undefined) return new Reader(address, onbytes);
  const socket = new TlsStream(address, tls);
  socket.on('data', (bytes: Buffer) => onbytes(bytes, () => {}));
  return {
    socket,
    held: 0, // the bytes are their own, and wait nowhere but on their way to the client
    get delay() {
      return socket.isReached ? 'the NBD server did not do TLS in time' : 'the NBD server cannot be reached in time';
    },
  };
}

/** Another proxy, whose bytes are its server's. */
function connectProxy(url: string, onbytes: OnBytes): ServerConnection {
  const socket: Duplex = new TransportStream(connectWebSocket(url), () => {
    socket.uncork();
    socket.emit('connect');
  });
  socket.cork(); // a WebSocket that is not open takes nothing
  socket.on('data', (bytes: Buffer) => onbytes(bytes, () => {}));
  return { socket, held: 0, delay: 'the proxy before the NBD server cannot be reached in time' };
}
