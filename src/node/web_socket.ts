// connectWebSocket in Node: with the `ws` package, on every version. It can stop reading, which the WebSocket that Node 22
// has cannot, and it is loaded only when somebody opens a WebSocket.
import { type ConnectWebSocket, connectWebSocket as connectWith } from '../transports/connect_web_socket.js';
import { WebSocketTransport } from '../transports/web_socket.js';

const options = {
  perMessageDeflate: false, // disks do not get smaller at a price that pays
  skipUTF8Validation: true, // text is refused whatever is in it
  closeTimeout: 5_000, // a peer that does not answer the close keeps the process alive this long
};

export const connectWebSocket: ConnectWebSocket = (url, { protocols, WebSocket } = {}) => {
  if (WebSocket !== undefined) return connectWith(url, { protocols, WebSocket });
  if (!URL.canParse(String(url)) || !/^(wss?|https?|ws\+unix):$/.test(new URL(url).protocol)) {
    throw new SyntaxError(`connectWebSocket: ${url} is not a ws: or wss: URL`);
  }
  return new WebSocketTransport(import('ws').then(({ WebSocket }) => new WebSocket(url, protocols, options)));
};
