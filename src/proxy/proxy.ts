// The proxy: takes the upgrades of an HTTP server that are meant for it, lets in who may come in, and keeps count.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeCode } from '../transports/close_codes.js';
import { isLoopback, refusal } from './admission.js';
import { type Ending, ending } from './ending.js';
import type { ConnectionLog } from './log.js';
import { type ProxyOptions, type Settings, settings } from './options.js';
import { closeTimeout, Relay } from './relay.js';
import type { Target } from './target.js';
import { Unmasking } from './unmasking.js';

/** A proxy from WebSockets to named NBD servers, made by {@link createProxy}. */
export interface NbdProxy {
  /** The secret that URLs need as `?token=`; undefined if none is demanded. */
  readonly token: string | undefined;
  /** The names of the targets that lead to every export of their server, since their URI names none. */
  readonly unconfined: readonly string[];
  /** How many connections are open. */
  readonly connections: number;
  /** Whether {@link NbdProxy.close} was called. */
  readonly closing: boolean;
  /** Whether a request is for a path of the proxy's. */
  handles(request: IncomingMessage): boolean;
  /** Takes over an upgrade; for programs that do so themselves, such as after an authentication of their own. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Takes no more connections, waits until those that there are have ended, and after `timeout` milliseconds (default 0) closes
   * them with 1001. The HTTP server stays open; it is its owner's.
   */
  close(timeout?: number): Promise<void>;
}

/** Makes a proxy, and attaches it to `options.server` if that is given. Throws TypeError or RangeError for options that make no sense. */
export function createProxy(options: ProxyOptions): NbdProxy {
  return new TargetProxy(settings(options));
}

/**
 * Refused clients are told why, which takes a moment. There may be so many of them besides the connections, and they are
 * cut off beyond.
 */
const maxRefused = 64;

class TargetProxy implements NbdProxy {
  readonly #settings: Settings;
  readonly #webSockets: WebSocketServer;
  readonly #relays = new Set<Relay>();
  #refused = 0;
  #drained: (() => void)[] = [];
  closing = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    const options = {
      noServer: true,
      clientTracking: false,
      closeTimeout,
      maxPayload: settings.maxPayload,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      // A page that offers `binary`, as websockify's clients do, gets it; Chromium fails where it gets none.
      handleProtocols: (protocols: Set<string>) => (protocols.has('binary') ? ('binary' as const) : (false as const)),
    };
    this.#webSockets = new WebSocketServer(options);
    settings.server?.on('upgrade', this.#serverOnUpgrade);
  }

  get token(): string | undefined {
    const { token, tokenAlways, server } = this.#settings;
    return tokenAlways || !isLoopback(server) ? token : undefined;
  }

  get unconfined(): readonly string[] {
    return [...this.#settings.targets].filter(([, { exportName }]) => exportName === undefined).map(([name]) => name);
  }

  get connections(): number {
    return this.#relays.size;
  }

  handles(request: IncomingMessage): boolean {
    return request.url?.startsWith(this.#settings.path) ?? false;
  }

  readonly #serverOnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (this.handles(request)) this.handleUpgrade(request, socket, head);
  };

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const name = decode(request.url?.slice(this.#settings.path.length).replace(/\?.*/s, ''));
    const admitted = this.#admit(request, name);
    if ('code' in admitted && this.#refused >= maxRefused) {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () => socket.destroy());
      return;
    }
    const log = this.#logOf(request, this.#shown(name));
    this.#webSockets.handleUpgrade(request, socket, head, (client) => {
      if ('code' in admitted) this.#refuse(client, admitted, log);
      else {
        Unmasking.attach(socket);
        this.#relay(new Relay(client, admitted, this.#settings), log);
      }
    });
  }

  /** Where a request may go, or why it may not. */
  #admit(request: IncomingMessage, name: string): Target | Ending {
    const { targets, maxConnections } = this.#settings;
    if (this.closing) return ending(1001, shuttingDown);
    const refused = refusal(request, { ...this.#settings, token: this.token });
    if (refused !== undefined) return refused;
    const target = targets.get(name);
    if (target === undefined) return ending(closeCode.unknownTarget, `unknown target ${this.#shown(name)}`);
    if (this.#relays.size < maxConnections) return target;
    return ending(closeCode.tooMany, `all ${maxConnections} connections are in use`);
  }

  // A token that was meant for the query may stand in what was taken for a name.
  #shown(name: string): string {
    const { targets, token } = this.#settings;
    if (targets.has(name)) return name;
    const shown = name.replace(/(token(?:=|%3d)).*/is, '$1…');
    return token === undefined ? shown : shown.replaceAll(token, '…');
  }

  #refuse(client: WebSocket, ending: Ending, log: Log): void {
    this.#refused++;
    client.on('error', () => {}); // whatever else it does wrong, it is being closed
    client.on('close', () => {
      this.#refused--;
      this.#settings.log(log(0, 0, ending));
    });
    client.close(ending.code, ending.reason);
  }

  #relay(relay: Relay, log: Log): void {
    this.#relays.add(relay);
    relay.onclose = (ending) => {
      this.#relays.delete(relay);
      this.#settings.log(log(relay.toServer.bytes, relay.toClient.bytes, ending));
      if (this.#relays.size === 0) for (const drained of this.#drained) drained();
    };
  }

  #logOf({ socket, headers }: IncomingMessage, target: string): Log {
    const time = new Date();
    const start = performance.now();
    const forwardedFor = headers['x-forwarded-for'];
    const known = {
      time,
      target,
      peer: socket.remoteAddress === undefined ? 'unix' : `${socket.remoteAddress} ${socket.remotePort}`,
      ...(headers.origin === undefined ? {} : { origin: headers.origin }),
      ...(forwardedFor === undefined ? {} : { forwardedFor: String(forwardedFor) }),
    };
    return (bytesToServer, bytesToClient, ending) => {
      return { ...known, bytesToServer, bytesToClient, milliseconds: Math.round(performance.now() - start), ...ending };
    };
  }

  async close(timeout = 0): Promise<void> {
    this.closing = true; // newcomers are told
    const timer = setTimeout(() => {
      for (const relay of this.#relays) relay.end({ code: 1001, reason: shuttingDown });
    }, timeout);
    if (this.#relays.size > 0) {
      await new Promise<void>((resolve) => {
        this.#drained.push(resolve);
      });
    }
    clearTimeout(timer);
    this.#settings.server?.off('upgrade', this.#serverOnUpgrade);
  }
}

type Log = (bytesToServer: number, bytesToClient: number, ending: Ending) => ConnectionLog;

const shuttingDown = 'the proxy is shutting down';

function decode(name = ''): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // which is the name of nothing
  }
}
