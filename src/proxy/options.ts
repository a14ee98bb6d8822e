// What a proxy can be told, and what it does when it is told nothing.
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { TlsCredentials } from '../libnbd/host.js';
import { checkCredentials } from '../node/tls.js';
import { normalHost, normalOrigin } from './admission.js';
import type { ConnectionLog } from './log.js';
import { parseTarget, type Target } from './target.js';

export interface ProxyOptions {
  /**
   * What can be reached: names, each with an NBD URI: `{ disk: 'nbd://localhost' }`. A URI with an export leads to this one
   * alone (`nbd://HOST[:PORT]/EXPORT`, `nbd+unix:///EXPORT?socket=PATH`), which the client opens under its name or under
   * the empty one. A URI without an export leads to all of the server's. To a server of `nbds:` or `nbds+unix:` the proxy
   * speaks TLS; what clients say to the proxy is the same.
   */
  targets: Readonly<Record<string, string>>;
  /**
   * Credentials for TLS with the servers of `nbds:` targets, but those whose URI names some (`tls-certificates`, `tls-psk-file`).
   * Default: files where libnbd looks for them, else the system's authorities. The certificate must have the name of the URI's
   * host, or what `tls-hostname` says.
   */
  tls?: TlsCredentials | undefined;
  /** The server whose upgrades it handles. Without this, pass them on with {@link NbdProxy.handleUpgrade}. */
  server?: Server | TlsServer | undefined;
  /** What the paths of its WebSockets begin with; the target's name follows. Default `/nbd/`. */
  path?: string | undefined;
  /** Origins whose pages may connect, such as `https://example.com`, besides the origin that the proxy itself is reached at. */
  allowOrigins?: readonly string[] | undefined;
  /** Host names that the proxy is reached at, besides `localhost` and IP addresses; with a port, only at that port. */
  allowHosts?: readonly string[] | undefined;
  /**
   * The secret that URLs must have as `?token=`; false for none. Default: a random one, which is demanded unless the server listens
   * on a loopback address or a Unix socket.
   */
  token?: string | false | undefined;
  /** Closes a connection that asks for anything but reads. Default false. */
  readOnly?: boolean | undefined;
  /** Default 256. */
  maxConnections?: number | undefined;
  /** Milliseconds in which the server must be reached, and both sides must have spoken. Default 10,000. */
  handshakeTimeout?: number | undefined;
  /** Milliseconds without a byte in either direction after which a connection is closed; 0 for no limit. Default 3,600,000. */
  idleTimeout?: number | undefined;
  /** Milliseconds between pings; a client that answers none until the next is gone. 0 for no pings. Default 30,000. */
  pingInterval?: number | undefined;
  /** Bytes that a message from the client may have. Default 1 MiB. */
  maxPayload?: number | undefined;
  /** Bytes that wait in a direction before its source is no longer read. Default 1 MiB. */
  maxBuffered?: number | undefined;
  /** Called once for each connection, at its end. */
  log?: ((entry: ConnectionLog) => void) | undefined;
}

/** What a proxy does when it is told nothing else. */
export const defaults = {
  maxConnections: 256,
  handshakeTimeout: 10_000,
  idleTimeout: 3_600_000,
  pingInterval: 30_000,
  maxPayload: 2 ** 20,
  maxBuffered: 2 ** 20,
} as const;

/** The options with every default filled in. */
export interface Settings {
  readonly targets: ReadonlyMap<string, Target>;
  readonly server: Server | TlsServer | undefined;
  readonly path: string;
  readonly allowOrigins: ReadonlySet<string>;
  readonly allowHosts: ReadonlySet<string>;
  readonly token: string | undefined;
  /** Whether the token is demanded wherever the server listens. */
  readonly tokenAlways: boolean;
  readonly readOnly: boolean;
  readonly maxConnections: number;
  readonly handshakeTimeout: number;
  readonly idleTimeout: number;
  readonly pingInterval: number;
  readonly maxPayload: number;
  readonly maxBuffered: number;
  readonly log: (entry: ConnectionLog) => void;
}

/** Throws TypeError or RangeError for what makes no sense. */
export function settings(options: ProxyOptions): Settings {
  const { path = '/nbd/', token, server } = options;
  if (!/^\/(.*\/)?$/.test(path)) throw new TypeError(`path must begin and end with a slash, unlike ${path}`);
  if (token === '') throw new TypeError('an empty token protects nothing: give false for none');
  return {
    targets: parseTargets(options),
    server,
    path,
    allowOrigins: new Set((options.allowOrigins ?? []).map(normalOrigin)),
    allowHosts: new Set((options.allowHosts ?? []).map(normalHost)),
    token: token === false ? undefined : (token ?? randomBytes(24).toString('base64url')),
    tokenAlways: token !== undefined || server === undefined,
    readOnly: options.readOnly ?? false,
    maxConnections: atLeast(1, 'maxConnections', options.maxConnections ?? defaults.maxConnections),
    handshakeTimeout: atLeast(1, 'handshakeTimeout', options.handshakeTimeout ?? defaults.handshakeTimeout),
    idleTimeout: atLeast(0, 'idleTimeout', options.idleTimeout ?? defaults.idleTimeout),
    pingInterval: atLeast(0, 'pingInterval', options.pingInterval ?? defaults.pingInterval),
    maxPayload: atLeast(1, 'maxPayload', options.maxPayload ?? defaults.maxPayload),
    maxBuffered: atLeast(1, 'maxBuffered', options.maxBuffered ?? defaults.maxBuffered),
    log: options.log ?? (() => {}),
  };
}

function parseTargets({ targets, tls }: ProxyOptions): ReadonlyMap<string, Target> {
  const entries = Object.entries(targets);
  if (entries.length === 0) throw new TypeError('a proxy needs at least one target');
  if (entries.some(([name]) => name === '')) throw new TypeError('a target needs a name');
  const parsed = new Map(entries.map(([name, uri]) => [name, withCredentials(name, parseTarget(uri), tls)]));
  if (tls !== undefined && [...parsed.values()].every((target) => target.tls === undefined)) {
    throw new TypeError('there are credentials for TLS, and no target of nbds: or nbds+unix: to use them for');
  }
  return parsed;
}

// Files are read for each connection, so that a certificate can be renewed; that they can be read is found out now.
function withCredentials(name: string, target: Target, credentials: TlsCredentials | undefined): Target {
  if (target.tls === undefined) return target;
  const hasOwn = target.tls.certificates !== undefined || target.tls.pskFile !== undefined;
  const tls = hasOwn ? target.tls : { ...target.tls, credentials };
  try {
    checkCredentials(tls);
  } catch (cause) {
    throw new TypeError(`the credentials for TLS with ${name} cannot be used: ${(cause as Error).message}`, { cause });
  }
  return { ...target, tls };
}

// 2^31 - 1 is also what a timer can wait at most, in milliseconds.
function atLeast(min: number, name: string, value: number): number {
  if (Number.isInteger(value) && value >= min && value < 2 ** 31) return value;
  throw new RangeError(`${name} must be an integer from ${min} to 2147483647, not ${value}`);
}
