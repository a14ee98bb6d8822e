// libnbd's own connecting calls through a WebSocket proxy.
import { NBDError } from '../base/errors.js';
import type { ConnectWebSocket, ConnectWebSocketOptions } from './connect_web_socket.js';
import type { Connect } from './target.js';

/**
 * Makes a connect function for {@link load} that reaches every server through a proxy (`libnbd-wasm proxy`): the host of a URI is
 * then the name of one of the proxy's targets, and the port means nothing.
 *
 * @param proxy Where the proxy listens, `ws:` or `wss:`, with the token in its query if it wants one.
 * @throws TypeError for a text that is not a URL.
 * @example
 * ```ts
 * const lib = await load({ connect: connectThrough('wss://example.com?token=…') });
 * const nbd = lib.create();
 * await nbd.connectUri('nbd://disk/export'); // the proxy's target "disk"
 * ```
 */
export type ConnectThrough = (proxy: string | URL, options?: ConnectWebSocketOptions) => Connect;

/** `connectThrough`, with the platform's way to open a WebSocket. */
export function connectThroughWith(connectWebSocket: ConnectWebSocket): ConnectThrough {
  return (proxy, options) => {
    const base = new URL(proxy);
    return (target) => {
      if ('path' in target) {
        throw new NBDError(
          `a proxy reaches its own targets, not the Unix socket ${target.path}: connect to nbd://TARGET instead`,
          'ENOTSUP',
        );
      }
      const url = new URL(base);
      url.pathname = `${base.pathname.replace(/\/$/, '')}/nbd/${encodeURIComponent(target.host)}`;
      return connectWebSocket(url, options);
    };
  };
}
