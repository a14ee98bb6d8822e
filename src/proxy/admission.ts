// Who may connect. A browser lets any page open a WebSocket to any host: what keeps strange pages out is only that they
// cannot lie about their origin, nor about the host name that they used, nor guess a token.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP, type Server } from 'node:net';
import { closeCode } from '../transports/close_codes.js';
import { type Ending, ending } from './ending.js';

/** Whose pages may ask. */
export interface Visitors {
  readonly allowOrigins: ReadonlySet<string>;
  readonly allowHosts: ReadonlySet<string>;
}

export interface Rules extends Visitors {
  /** Undefined where none is demanded. */
  readonly token: string | undefined;
}

const refusedOrigin = 'origin not allowed: ';

/** The origin of a page that was refused for it, to be let in by `--allow-origin`: one of the web's, of which nothing has to be quoted. */
export function refusedOriginOf({ code, reason, origin }: { code: number; reason: string; origin?: string }): string | undefined {
  const isRefused = code === closeCode.forbidden && reason.startsWith(refusedOrigin);
  return isRefused && origin !== undefined && /^https?:\/\/[\w.:[\]-]+$/.test(origin) ? origin : undefined;
}

/** Why a WebSocket's request may not connect; undefined for one that may. */
export function refusal(request: IncomingMessage, rules: Rules): Ending | undefined {
  const stranger = strangerRefusal(request, rules);
  if (stranger !== undefined || rules.token === undefined) return stranger;
  const token = new URLSearchParams(request.url?.split('?')[1]).get('token');
  if (token === null) return { code: closeCode.badToken, reason: 'a token is needed: add ?token= to the URL' };
  return isEqual(token, rules.token) ? undefined : { code: closeCode.badToken, reason: 'wrong token' };
}

/** Why a request is refused whoever knows what: it comes from another page, or by another name. */
export function strangerRefusal(request: IncomingMessage, { allowOrigins, allowHosts }: Visitors): Ending | undefined {
  const { host, origin } = request.headers;
  if (host === undefined || !isOurHost(host, allowHosts)) {
    return ending(closeCode.forbidden, `host not allowed: ${host ?? 'none'}`);
  }
  // No browser leaves the header out of a WebSocket's request: without it this is a program, which could send any.
  if (origin !== undefined && !allowOrigins.has(origin.toLowerCase()) && !isSameOrigin(origin, host, request)) {
    return ending(closeCode.forbidden, `${refusedOrigin}${origin}`);
  }
  return undefined;
}

// DNS rebinding: a page's own host name is made to resolve to our address, and the page is then of our origin, as far as its
// browser can tell. The name that it uses is still its own. An address or localhost, by contrast, is nobody else's.
function isOurHost(host: string, allowed: ReadonlySet<string>): boolean {
  const url = parseHost(host);
  if (url === undefined) return false;
  const { hostname } = url;
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0 || allowed.has(hostname) || allowed.has(url.host);
}

// The origin that a page has which this server, or the one in front of it, has served. That one may speak TLS where this one
// does not, so that only a page that came without TLS to a server with TLS is told apart.
function isSameOrigin(origin: string, host: string, request: IncomingMessage): boolean {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url?.origin !== origin) return false; // there is more in it, or it is not as browsers write it
  const isEncrypted = 'encrypted' in request.socket && request.socket.encrypted === true;
  if (url.protocol !== 'https:' && (isEncrypted || url.protocol !== 'http:')) return false;
  return parseHost(host, url.protocol)?.host === url.host;
}

function parseHost(host: string, protocol = 'http:'): URL | undefined {
  const text = `${protocol}//${host}`;
  return /^[\w.:[\]-]+$/.test(host) && URL.canParse(text) ? new URL(text) : undefined;
}

/** Whether two secrets are equal. Digests have one length, and differ in places that tell nothing of where the secrets do. */
export function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Whether only this machine can reach a server. A Unix socket counts: its permissions say who may open it. */
export function isLoopback(server: Server | undefined): boolean {
  const address = server?.address();
  if (address === undefined || address === null) return false;
  return typeof address === 'string' || /^(127\.|::1$|::ffff:127\.)/.test(address.address);
}

/** An allowed origin as browsers send it. The slash that an address bar puts behind it changes nothing. */
export function normalOrigin(origin: string): string {
  if (!/^([a-z][a-z0-9+.-]*:\/\/[^/?#\s]+\/?|null)$/i.test(origin)) {
    throw new TypeError(`${origin} is not an origin: one looks like https://example.com or http://localhost:8080`);
  }
  const { origin: normal } = origin === 'null' ? { origin } : new URL(origin);
  return normal === 'null' ? origin.toLowerCase().replace(/\/$/, '') : normal; // `null` is what URL makes of an extension's
}

/** An allowed host as it is compared. */
export function normalHost(host: string): string {
  const url = parseHost(host);
  if (url === undefined) throw new TypeError(`${host} is not a host: one looks like example.com or example.com:8080`);
  return url.host;
}
