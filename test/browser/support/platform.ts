// What the shared suites need of a browser: servers, each behind a WebSocket proxy, started by the host that the test run has.
import { connectWebSocket } from 'libnbd-wasm';
import { inject, onTestFinished } from 'vitest';
import type { Step } from '../../support/script.js';
import type { Image } from '../../support/servers.js';
import type { TestServer } from '../../support/test_server.js';
import { toWire } from '../../support/wire.js';
import type { ServerRequest } from './server_host.js';

export interface PageServer extends TestServer {
  /** Of the WebSocket that leads to it. */
  readonly url: string;
  /** Of the proxy, whose one target is `server`. */
  readonly proxy: string;
  /** How many connections the proxy has. */
  connections(): Promise<number>;
  /** Ends the proxy, with its connections, and starts it again. */
  restartProxy(): Promise<void>;
}

export const nbdkit = (...args: string[]): Promise<PageServer> => start(['nbdkit', ...args]);
export const qemuNbd = (image: Image): Promise<PageServer> => start(['qemuNbd', image]);
export const nbdServer = (content: Uint8Array, settings: string[] = []): Promise<PageServer> =>
  start(['nbdServer', content, settings]);
export const peer = (script: readonly Step[], pieceSize?: number): Promise<PageServer> =>
  start(pieceSize === undefined ? ['peer', script] : ['peer', script, pieceSize]);

async function start(request: ServerRequest): Promise<PageServer> {
  const host = inject('serverHost');
  const ask = async (path: string, init: RequestInit) => {
    const response = await fetch(new URL(path, host), init);
    const answer = await response.text();
    if (!response.ok) throw new Error(`${request[0]}: ${answer}`);
    return answer;
  };
  const path = await ask('/', { method: 'POST', body: toWire(request) });
  onTestFinished(async () => void (await ask(path, { method: 'DELETE' })));
  const proxy = new URL(path, host);
  proxy.protocol = 'ws:';
  const url = new URL('nbd/server', proxy);
  return {
    url: url.href,
    proxy: proxy.href,
    connections: async () => Number(await ask(path, {})),
    restartProxy: async () => void (await ask(`${path}proxy`, { method: 'DELETE' })),
    socket: () => connectWebSocket(url),
    kill: async () => void (await ask(`${path}server`, { method: 'DELETE' })),
  };
}
