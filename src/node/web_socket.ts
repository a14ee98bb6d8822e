// connectWebSocket in Node: with the `ws` package, on every version. A WebSocket of `ws` can stop reading; Node 22's own cannot.
// The package is loaded only when somebody opens a WebSocket.
import { type ConnectWebSocket, connectWebSocket as connectWith } from '../transports/connect_web_socket.js';
import { WebSocketTransport } from '../transports/web_socket.js';

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
  return new WebSocketTransport(import('ws').then(({ WebSocket }) => new WebSocket(url, protocols, options)));
};
