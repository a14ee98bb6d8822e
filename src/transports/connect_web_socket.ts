// Opens a WebSocket for the library, which listens from the first moment: an NBD server speaks first.
import type { Transport } from './transport.js';
import { type WebSocketLike, WebSocketTransport } from './web_socket.js';
import { type WebSocketStreamLike, WebSocketStreamTransport } from './web_socket_stream.js';

/** A WebSocket's class: the browser's, that of the `ws` package, or one like them. */
export type WebSocketConstructor = new (url: string | URL, protocols?: string | string[]) => WebSocketLike;

export interface ConnectWebSocketOptions {
  /**
   * Subprotocols to offer; none unless given. Chromium and the `ws` package fail the connection when a server that was offered
   * some selects none, so offer `'binary'` only to a proxy that wants it, as old versions of websockify do.
   */
  protocols?: string | string[] | undefined;
  /** The class to open it with, instead of the platform's: in a page of Chromium's, that is a WebSocketStream. */
  WebSocket?: WebSocketConstructor | undefined;
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

/** Chromium has it. It can stop reading, which a WebSocket cannot. It costs up to a tenth of the speed. */
const WebSocketStream =
  typeof document === 'undefined'
    ? undefined
    : (globalThis as { WebSocketStream?: new (url: string, options: { protocols: string[] }) => WebSocketStreamLike })
        .WebSocketStream;

export const connectWebSocket: ConnectWebSocket = (url, { protocols = [], WebSocket } = {}) => {
  if (WebSocket === undefined && WebSocketStream !== undefined) {
    return new WebSocketStreamTransport(new WebSocketStream(String(url), { protocols: [protocols].flat() }));
  }
  return openWebSocket(url, protocols, WebSocket ?? globalThis.WebSocket);
};

function openWebSocket(url: string | URL, protocols: string | string[], WebSocket: WebSocketConstructor | undefined): Transport {
  if (WebSocket === undefined) {
    throw new TypeError('connectWebSocket: this platform has no WebSocket: give one as the option WebSocket');
  }
  return new WebSocketTransport(new WebSocket(url, protocols));
}
