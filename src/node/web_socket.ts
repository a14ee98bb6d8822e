// connectWebSocket in Node: with the `ws` package, on every version. A WebSocket of `ws` can stop reading; Node 22's own cannot.
// The package is loaded only when somebody opens a WebSocket. Where it cannot be loaded, the platform's own does: Deno without
// --allow-env refuses what the package asks for, and an executable of one file may have been made without it.
import { type ConnectWebSocket, connectWebSocket as connectWith } from '../transports/connect_web_socket.js';
import { type WebSocketLike, WebSocketTransport } from '../transports/web_socket.js';

const options = {
  perMessageDeflate: false, // compression costs more than it saves of a disk's bytes
  skipUTF8Validation: true, // text is refused, valid or not
  closeTimeout: 5_000, // a peer that does not answer the close keeps the process alive this long
};

export const connectWebSocket: ConnectWebSocket = (url, { protocols, WebSocket } = {}) => {
  if (WebSocket !== undefined) return connectWith(url, { protocols, WebSocket });
  if (!URL.canParse(String(url)) || !/^(wss?|https?|ws\+unix):$/.test(new URL(url).protocol)) {
    throw new SyntaxError(`connectWebSocket: ${url} is not a ws: or wss: URL`);
  }
  return new WebSocketTransport(openWebSocket(url, protocols));
};

async function openWebSocket(url: string | URL, protocols: string | string[] | undefined): Promise<WebSocketLike> {
  try {
    const { WebSocket } = await import('ws');
    return new WebSocket(url, protocols, options);
  } catch (error) {
    const { WebSocket } = globalThis;
    if (error instanceof SyntaxError || WebSocket === undefined) throw error; // a SyntaxError is about the URL or a subprotocol
    return new WebSocket(url, protocols);
  }
}
