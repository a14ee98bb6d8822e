// Opens a WebSocket for the library, which listens from the first moment: an NBD server speaks first.
import type { Transport } from './transport.js';
import { type WebSocketLike, WebSocketTransport } from './web_socket.js';
import { type WebSocketStreamLike, WebSocketStreamTransport } from './web_socket_stream.js';

/** A WebSocket's class: the browser's, that of the `ws` package, or one like them. */
export type WebSocketConstructor = new (url: string | URL, protocols?: string | string[]) => WebSocketLike;

/** The class WebSocketStream, which Chromium has: it can stop reading. TypeScript does not know it. */
export type WebSocketStreamConstructor = new (url: string, options: { protocols: string[] }) => WebSocketStreamLike;

export interface ConnectWebSocketOptions {
  /**
   * Subprotocols to offer; none unless given. Chromium and the `ws` package fail the connection when a server that was offered
   * some selects none, so offer `'binary'` only to a proxy that wants it, as old versions of websockify do.
   */
  protocols?: string | string[] | undefined;
  /**
   * The class to open it with, instead of the platform's WebSocket. Chromium's `WebSocketStream` takes more CPU time, and
   * stops reading where a WebSocket's connection would end: when more than 2 MiB come that nobody asked for.
   */
  WebSocket?: WebSocketConstructor | WebSocketStreamConstructor | undefined;
}

/**
 * Opens a WebSocket to a proxy that passes its binary messages on to an NBD server and back: `libnbd-wasm proxy`, websockify or
 * any other. The result is given to `nbd.connectSocket`, now or later; the server's greeting is kept until then.
 *
 * A connection that fails makes the call that waits for it reject, with the close code and its reason in the error.
 *
 * @param url `ws:` or `wss:`
 * @throws SyntaxError for a text that is not a URL or not a subprotocol, as the WebSocket itself does.
 * @example
 * ```ts
 * await nbd.connectSocket(connectWebSocket('ws://localhost:10810/nbd/disk'));
 * ```
 */
export type ConnectWebSocket = (url: string | URL, options?: ConnectWebSocketOptions) => Transport;

export const connectWebSocket: ConnectWebSocket = (url, { protocols = [], WebSocket = platformWebSocket() } = {}) => {
  if (WebSocket === undefined) {
    throw new TypeError('connectWebSocket: this platform has no WebSocket: give one as the option WebSocket');
  }
  return isStream(WebSocket)
    ? new WebSocketStreamTransport(new WebSocket(String(url), { protocols: [protocols].flat() }))
    : new WebSocketTransport(new WebSocket(url, protocols));
};

const platformWebSocket = (): WebSocketConstructor | undefined => globalThis.WebSocket;

function isStream(type: WebSocketConstructor | WebSocketStreamConstructor): type is WebSocketStreamConstructor {
  return typeof type.prototype === 'object' && 'opened' in type.prototype;
}
