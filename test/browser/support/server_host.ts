// Starts the servers that tests in a browser ask for, each behind a proxy of its own: over HTTP, so that a page and a worker
// can both do it, in any browser.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createProxy, type NbdProxy } from 'libnbd-wasm/proxy';
import { Owner } from '../../support/cleanup.js';
import { peer } from '../../support/peer.js';
import type { Step } from '../../support/script.js';
import { type Image, nbdkit, nbdServer, qemuNbd, type Server } from '../../support/servers.js';
import { fromWire } from '../../support/wire.js';

/** What a page can ask for: the function of `platform.ts` and its arguments. */
export type ServerRequest =
  | ['nbdkit', ...args: string[]]
  | ['qemuNbd', image: Image]
  | ['nbdServer', content: Uint8Array, settings?: string[]]
  | ['peer', script: readonly Step[], pieceSize?: number];

interface Hosted {
  readonly owner: Owner;
  readonly server: Server;
  proxy: NbdProxy;
  readonly startProxy: () => NbdProxy;
}

/**
 * `url` is where it listens; a POST of a {@link ServerRequest} answers with the path of a new server, which DELETE ends; DELETE of
 * its `proxy` starts that one anew, and GET asks for the number of its connections.
 */
export async function startServerHost(): Promise<{ url: string; close(): Promise<void> }> {
  const hosted = new Map<string, Hosted>();
  let count = 0;

  const start = async (request: IncomingMessage): Promise<string> => {
    const owner = new Owner();
    const server = await owner.run(async () => startServer(fromWire(await text(request)) as ServerRequest));
    const path = `/${++count}/`;
    const startProxy = () =>
      createProxy({
        path: `${path}nbd/`,
        targets: { server: server.uri },
        token: false,
        handshakeTimeout: 600_000, // a connection that a test expects to be closed is not to be closed by the proxy
        // The page is the test runner's, which comes from another port.
        allowOrigins: request.headers.origin === undefined ? [] : [request.headers.origin],
      });
    hosted.set(path, { owner, server, proxy: startProxy(), startProxy });
    return path;
  };
  const end = async (path: string): Promise<void> => {
    const entry = hosted.get(path);
    hosted.delete(path);
    await entry?.owner.end();
    await entry?.proxy.close();
  };
  const restartProxy = async (path: string): Promise<void> => {
    const entry = hosted.get(path);
    await entry?.proxy.close();
    if (entry !== undefined) entry.proxy = entry.startProxy();
  };
  const answer = async (request: IncomingMessage): Promise<string> => {
    const path = request.url ?? '/';
    if (request.method === 'GET') return String(hosted.get(path)?.proxy.connections);
    if (request.method === 'POST') return start(request);
    if (request.method === 'DELETE' && path.endsWith('/server')) await hosted.get(path.slice(0, -'server'.length))?.server.kill();
    else if (request.method === 'DELETE' && path.endsWith('/proxy')) await restartProxy(path.slice(0, -'proxy'.length));
    else if (request.method === 'DELETE') await end(path);
    return '';
  };

  const http = createServer((request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Methods', '*');
    answer(request).then(
      (body) => response.end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  http.on('upgrade', (request, socket, head) => {
    const entry = [...hosted.values()].find(({ proxy }) => proxy.handles(request));
    if (entry === undefined) socket.destroy();
    else entry.proxy.handleUpgrade(request, socket, head);
  });
  await new Promise<void>((resolve, reject) => void http.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: async () => {
      await Promise.all([...hosted.keys()].map(end));
      http.closeAllConnections();
      http.close();
    },
  };
}

async function startServer(request: ServerRequest): Promise<Server> {
  switch (request[0]) {
    case 'nbdkit':
      return nbdkit(...(request.slice(1) as string[]));
    case 'qemuNbd':
      return qemuNbd(request[1]);
    case 'nbdServer':
      return nbdServer(request[1], request[2]);
    case 'peer':
      return peer(request[1], request[2]);
  }
}
