// What the platform can do for libnbd beside carrying bytes: open connections and start processes.
import { NBDError } from './errors.js';
import type { SocketLike } from './sockets/socket_like.js';
import type { Transport } from './sockets/transport.js';

/** Where a connection is to go: TCP, by host name or address, or a Unix socket. */
export type ConnectTarget = { host: string; port: number } | { path: string };

/**
 * Opens a connection that libnbd asked for (`connectTcp`, `connectUnix`, `connectUri`); it may still be connecting when it is
 * returned.
 */
export type Connect = (target: ConnectTarget) => SocketLike;

/** A process that serves NBD to this one. */
export interface Processes {
  /** Starts a command with its standard input and output as the connection. */
  spawnOnStdio(argv: string[]): { pid: number; transport: Transport };
  /** Listens on a Unix socket until a command was given it. */
  listen(path: string): Listener;
  kill(pid: number, signum: number): void;
  /** The process is wanted no more; it ends by itself, and nothing is left of it then. */
  reap(pid: number): void;
  /** Makes a folder of its own, its name from a template that ends in XXXXXX. */
  makeFolder(template: string): string;
  removeFolder(path: string): void;
  removeFile(path: string): void;
}

export interface Listener {
  /** Starts a command by systemd's socket activation: it finds the listening socket as descriptor 3. */
  spawn(argv: string[], socketName: string | undefined): number;
  close(): void;
}

export interface Host {
  readonly connect: Connect;
  readonly processes?: Processes | undefined;
}

/** What a platform that opens no connections says. */
export function cannotConnect(target: ConnectTarget): never {
  const what = 'path' in target ? target.path : `${target.host}:${target.port}`;
  throw new NBDError(
    `this platform cannot open a connection to ${what} by itself: give load() a connect function that does, for example ` +
      'through a WebSocket proxy, or hand over a socket with connectSocket()',
    'ENOTSUP',
  );
}
