// Where a connection goes, and the function that opens it.
import type { SocketLike } from './socket_like.js';

/** Where a connection is to go: TCP, by host name or address, or a Unix socket. */
export type ConnectTarget = { host: string; port: number } | { path: string };

/**
 * Opens a connection that libnbd asked for (`connectTcp`, `connectUnix`, `connectUri`); it may still be connecting when it is
 * returned.
 */
export type Connect = (target: ConnectTarget) => SocketLike;
