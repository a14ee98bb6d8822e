// Proxies in the test's own process, and WebSocket clients.
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer as createBridge } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { connectWebSocket } from 'libnbd-wasm';
import { type ConnectionLog, createProxy, type NbdProxy, type ProxyOptions } from 'libnbd-wasm/proxy';
import { onTestFinished } from 'vitest';
import { type ClientOptions, createWebSocketStream, WebSocket } from 'ws';
import type { TestServer } from '../support/platform.js';
import { temporaryFolder } from '../support/processes.js';
import { listen } from '../support/servers.js';

/** A proxy in this process, on an HTTP server that listens on a port that the kernel chose. */
export class TestProxy implements TestServer {
  readonly proxy: NbdProxy;
  /** Of the connections that are over. */
  readonly log: ConnectionLog[] = [];
  readonly server: HttpServer;
  #logged: () => void = () => {};

  constructor(server: HttpServer, options: Omit<ProxyOptions, 'server' | 'log'>) {
    this.server = server;
    this.proxy = createProxy({
      ...options,
      server,
      log: (entry) => {
        this.log.push(entry);
        this.#logged();
      },
    });
    onTestFinished(() => this.kill());
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(name = 'disk'): string {
    return `ws://127.0.0.1:${this.port}/nbd/${name}`;
  }

  /** What `connectSocket` takes: the library through the proxy. */
  socket() {
    return connectWebSocket(this.url());
  }

  /** The log, once it has so many entries. */
  async logOf(count: number): Promise<ConnectionLog[]> {
    while (this.log.length < count) {
      await new Promise<void>((resolve) => {
        this.#logged = resolve;
      });
    }
    return this.log;
  }

  async kill(): Promise<void> {
    this.server.closeAllConnections();
    await this.proxy.close();
  }
}

/** A proxy with one target, `disk`. */
export async function proxyTo(target: { uri: string } | string, options: Omit<ProxyOptions, 'targets'> = {}): Promise<TestProxy> {
  const server = createServer();
  await listen(server, { host: '127.0.0.1', port: 0 });
  return new TestProxy(server, { ...options, targets: { disk: typeof target === 'string' ? target : target.uri } });
}

/** A WebSocket that is closed when the test is over. Its errors are no concern of the test's: a close follows each. */
export function client(url: string, options: ClientOptions = {}): WebSocket {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  socket.on('error', () => {});
  onTestFinished(() => socket.terminate());
  return socket;
}

/** How a WebSocket ends, as its owner is told: `4404 unknown target disk`. */
export async function endOf(socket: WebSocket): Promise<string> {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return `${code} ${reason}`.trim();
}

/** Everything that a WebSocket delivers, as it comes. */
export function received(socket: WebSocket): { atLeast(count: number): Promise<Buffer> } {
  let bytes = Buffer.alloc(0);
  socket.on('message', (data: Buffer) => {
    bytes = Buffer.concat([bytes, data]);
  });
  return {
    async atLeast(count) {
      while (bytes.length < count) await once(socket, 'message');
      return bytes;
    },
  };
}

/** An upgrade as bytes, for a client that is no WebSocket. */
export function upgradeRequest(path: string, host = 'Host: localhost'): string {
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const lines = [`GET ${path} HTTP/1.1`, host, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', key];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A Unix socket that leads to the target of a proxy, for programs that know no WebSocket; its URI. */
export async function bridgeTo(proxy: TestProxy, name = 'disk'): Promise<string> {
  const path = join(await temporaryFolder(), 'socket');
  const bridge = createBridge((socket) => {
    const webSocket = client(proxy.url(name));
    const stream = createWebSocketStream(webSocket);
    pipeline(socket, stream, () => socket.destroy());
    pipeline(stream, socket, () => webSocket.terminate());
  });
  await listen(bridge, { path });
  return `nbd+unix:///?socket=${path}`;
}
