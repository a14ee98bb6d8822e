// What `libnbd-wasm inspect` serves on one port: the page, the list of its disks, and the proxy to them.
//
// Any page that a browser shows can send requests here. One that says it is from elsewhere, or that uses a name which is not
// ours, is refused; the list and the disks want the token besides, which no page but ours is given. The token reaches the page
// in the fragment of its URL, which no browser sends.
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { isEqual, normalHost, strangerRefusal } from '../proxy/admission.js';
import type { ProxyOptions } from '../proxy/options.js';
import { createProxy, type NbdProxy } from '../proxy/proxy.js';
import { type PageFile, readPage } from './page_files.js';

/** A disk that the page is offered. */
export interface InspectedDisk {
  /** What the page calls it. */
  readonly name: string;
  /** The NBD URI of its server, or the URL of a WebSocket that leads to it. */
  readonly uri: string;
  /** Where it is, as the page shows it. */
  readonly source: string;
}

export interface InspectorOptions extends Pick<ProxyOptions, 'tls' | 'log'> {
  readonly server: Server | TlsServer;
  readonly disks: readonly InspectedDisk[];
  /** The page's files. */
  readonly folder: string;
  /** The secret; a random one where it is left out. */
  readonly token?: string | undefined;
  /** Names that the page is reached under, beside `localhost` and addresses. */
  readonly allowHosts?: readonly string[] | undefined;
  /** Called when the link of `once()` is opened a second time: somebody else may have the token. */
  readonly onLinkTwice?: (() => void) | undefined;
}

export interface Inspector {
  readonly token: string;
  /** A path that leads to the page with its token, once: for a program's command line, which others on the machine can read. */
  once(): string;
  /** Ends all connections to the disks. The HTTP server stays open; it is its owner's. */
  close(): Promise<void>;
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
    "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Attaches the page and its disks to a server. Rejects if the page's files are not there; TypeError for a URI that is none. */
export async function createInspector(options: InspectorOptions): Promise<Inspector> {
  return new PageServer(options, await readPage(options.folder));
}

class PageServer implements Inspector {
  readonly token: string;
  readonly #files: ReadonlyMap<string, PageFile>;
  readonly #visitors: { allowOrigins: ReadonlySet<string>; allowHosts: ReadonlySet<string> };
  readonly #list: string;
  readonly #proxy: NbdProxy | undefined;
  readonly #onLinkTwice: () => void;
  #key: string | undefined;
  #isKeyUsed = false;

  constructor(
    { server, disks, token, allowHosts = [], tls, log, onLinkTwice }: InspectorOptions,
    files: ReadonlyMap<string, PageFile>,
  ) {
    if (token === '') throw new TypeError('an empty token protects nothing');
    this.token = token ?? randomBytes(24).toString('base64url');
    this.#files = files;
    this.#onLinkTwice = onLinkTwice ?? (() => {});
    this.#visitors = { allowOrigins: new Set(), allowHosts: new Set(allowHosts.map(normalHost)) };
    const list = disks.map(({ name, source }) => ({ name, url: `nbd/${encodeURIComponent(name)}`, source }));
    this.#list = `${JSON.stringify({ disks: list })}\n`;
    const targets = Object.fromEntries(disks.map(({ name, uri }) => [name, uri]));
    // Without a disk, the page still opens what is typed in.
    if (disks.length > 0) this.#proxy = createProxy({ targets, token: this.token, allowHosts, tls, log, readOnly: true });
    server.on('request', this.#serverOnRequest);
    server.on('upgrade', (request, socket, head) => {
      if (this.#proxy?.handles(request)) return this.#proxy.handleUpgrade(request, socket, head);
      socket.on('error', () => {}); // whoever it is, the answer is the last word
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
    });
  }

  once(): string {
    this.#key = randomBytes(24).toString('base64url');
    this.#isKeyUsed = false;
    return `/open?key=${this.#key}`;
  }

  async close(): Promise<void> {
    await this.#proxy?.close();
  }

  readonly #serverOnRequest = (request: IncomingMessage, response: ServerResponse): void => {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const stranger = strangerRefusal(request, this.#visitors);
    const [path, query] = (request.url ?? '').split('?', 2);
    if (stranger !== undefined) refuse(response, 403, stranger.reason);
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      refuse(response, 405, 'this server is only read');
    } else if (path === '/disks.json') this.#sendList(request, response);
    else if (path === '/open') this.#sendToPage(query, response);
    else this.#sendFile(path, request, response);
  };

  #sendList({ headers }: IncomingMessage, response: ServerResponse): void {
    const [, token] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
    if (token === undefined || !isEqual(token, this.token)) {
      response.setHeader('www-authenticate', 'Bearer');
      refuse(response, 401, token === undefined ? 'a token is needed: Authorization: Bearer TOKEN' : 'wrong token');
      return;
    }
    send(response, 200, 'application/json', this.#list);
  }

  #sendFile(path: string | undefined, { headers }: IncomingMessage, response: ServerResponse): void {
    const file = path === undefined ? undefined : this.#files.get(path);
    if (file === undefined) {
      refuse(response, 404, 'there is no such file');
      return;
    }
    response.setHeader('etag', file.etag);
    response.setHeader('cache-control', 'no-cache'); // it is asked for again, and sent if it has changed
    if (headers['if-none-match'] === file.etag) response.writeHead(304).end();
    else response.writeHead(200, { 'content-type': file.type, 'content-length': file.bytes.length }).end(file.bytes);
  }

  // Others on the machine can read the key. Whoever comes first gets the token: the second visit shows that there was another.
  #sendToPage(query: string | undefined, response: ServerResponse): void {
    const key = new URLSearchParams(query).get('key');
    const isGood = key !== null && this.#key !== undefined && isEqual(key, this.#key);
    if (!isGood || this.#isKeyUsed) {
      if (isGood) this.#onLinkTwice();
      refuse(response, 403, 'this link has been used: open the URL that libnbd-wasm inspect has printed');
      return;
    }
    this.#isKeyUsed = true;
    response.setHeader('location', `/#token=${encodeURIComponent(this.token)}`);
    send(response, 303, 'text/plain', '');
  }
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-store' }).end(text);
}

const refuse = (response: ServerResponse, status: number, why: string) => send(response, status, 'text/plain', `${why}\n`);
