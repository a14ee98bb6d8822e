// Where an NBD server is, and which of its exports, from a URI: read as libnbd does, so that one URI leads to one place
// everywhere.
//
// libnbd itself would be no simpler here: its module is compiled asynchronously, and a proxy is made by a call that returns
// at once. The grammar is that of RFC 3986, as libxml2 has it. Text is percent-decoded and nothing else; in particular, a
// plus sign is a plus sign.

import type { TlsSettings } from '../libnbd/host.js';

/** As `net.connect` takes it. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

export interface Target {
  /** A server, or the URL of the WebSocket of another proxy. */
  readonly address: Address | { readonly url: string };
  /** The one export that clients may open; undefined for all of the server's. */
  readonly exportName: string | undefined;
  /** How TLS is done with the server; undefined for a server that is spoken to without. */
  readonly tls: TlsSettings | undefined;
}

const defaultPort = 10809;
const maxPort = 65535;
/** What the kernel takes as the path of a socket, in bytes. */
const maxSocketPath = 107;
const maxExportName = 4096;

const unreserved = "[\\w.~!$&'()*+,;=-]|%[0-9a-f]{2}"; // with the sub-delimiters, which are allowed wherever these are
const segment = `(?:${unreserved}|[:@])*`;
const grammar = new RegExp(
  `^(?<scheme>[a-z][a-z0-9+.-]*)://(?:(?<user>(?:${unreserved}|:)*)@)?(?<host>\\[[^\\]]*\\]|(?:${unreserved})*)(?::(?<port>\\d+))?` +
    `(?:/(?<path>${segment}(?:/${segment})*))?(?:\\?(?<query>(?:${unreserved}|[:@/?])*))?(?:#(?:${unreserved}|[:@/?[\\]])*)?$`,
  'i',
);

/** The server and the export in an NBD URI, or a WebSocket's URL. Throws TypeError for what is neither. */
export function parseTarget(uri: string): Target {
  if (/^wss?:/i.test(uri)) return parseWebSocketUrl(uri);
  const { scheme = '', user, host = '', port = '0', path = '', query = '' } = grammar.exec(uri)?.groups ?? {};
  const parameters = parseQuery(query, uri);
  const isTls = /^nbds(\+|$)/i.test(scheme);
  const transport = scheme.toLowerCase().replace(/^nbds/, 'nbd');
  const address = parseAddress(transport, decode(host, uri), Number(port), parameters.get('socket'));
  if (address === undefined) {
    throw new TypeError(`${uri} is not a URI such as nbd://localhost:10809 or nbd+unix:///?socket=/run/nbd.sock`);
  }
  const exportName = decode(path, uri);
  if (Buffer.byteLength(exportName) > maxExportName) throw new TypeError(`${uri}: the export’s name is too long`);
  const tls = isTls ? tlsSettings(uri, parameters, 'host' in address ? address.host : undefined, user) : undefined;
  if (tls === undefined && [...parameters.keys()].some((name) => name.startsWith('tls-'))) {
    throw new TypeError(`${uri}: settings of TLS are for nbds: and nbds+unix:`);
  }
  return { address, exportName: exportName === '' ? undefined : exportName, tls };
}

// The token that may be in it is left out of the error.
function parseWebSocketUrl(url: string): Target {
  if (URL.canParse(url) && new URL(url).hash === '') return { address: { url }, exportName: undefined, tls: undefined };
  throw new TypeError(`${url.replace(/[?#].*/s, '')} is not the URL of a WebSocket, such as ws://localhost:10810/nbd/disk`);
}

// A host must be named: that libnbd takes none for localhost is no reason to guess.
function parseAddress(transport: string, host: string, port: number, socket: string | undefined): Address | undefined {
  const name = host.replace(/^\[(.*)\]$/s, '$1');
  if (transport === 'nbd' && name !== '' && port <= maxPort && socket === undefined) {
    return { host: name, port: port === 0 ? defaultPort : port };
  }
  if (transport === 'nbd+unix' && socket && Buffer.byteLength(socket) <= maxSocketPath) return { path: socket };
  return undefined;
}

// As a handle has them after `connectUri`: over TCP the host's name is verified, unless another is given.
function tlsSettings(uri: string, parameters: Parameters, host: string | undefined, user: string | undefined): TlsSettings {
  return {
    hostname: host,
    verifyName: parameters.get('tls-hostname') ?? host,
    verifyPeer: parseBoolean(uri, parameters.get('tls-verify-peer') ?? 'true'),
    certificates: parameters.get('tls-certificates'),
    pskFile: parameters.get('tls-psk-file'),
    username: user ? decode(user, uri) : undefined,
    credentials: undefined,
  };
}

function parseBoolean(uri: string, text: string): boolean {
  if (/^(1|true|t|yes|y|on)$/i.test(text)) return true;
  if (/^(0|false|f|no|n|off)$/i.test(text)) return false;
  throw new TypeError(`${uri}: tls-verify-peer is true or false, not ${text}`);
}

type Parameters = ReadonlyMap<string, string>;

// The names are of any case, and the last of several counts. Where there is an ampersand further on, a semicolon separates
// nothing.
function parseQuery(query: string, uri: string): Parameters {
  const parts = query.split('&');
  const last = parts.pop() ?? '';
  const pairs = [...parts, ...last.split(';')].map((part) => /^([^=]+)=?(.*)$/.exec(part) ?? []);
  return new Map(pairs.map(([, name = '', value = '']) => [decode(name, uri).toLowerCase(), decode(value, uri)]));
}

function decode(text: string, uri: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {} // not UTF-8
  throw new TypeError(`${uri}: ${text} is not the text of anything`);
}
