// Servers of the command line: where they listen, and until when.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, isIPv6 } from 'node:net';
import { complain } from '../printing/output.js';
import { UsageError } from '../usage.js';

interface ServerOptions {
  /** Files, for TLS. */
  cert: string | undefined;
  key: string | undefined;
  /** Milliseconds for the head of a request, and for TLS. */
  handshakeTimeout: number;
  maxConnections: number;
}

/** An HTTP server, not listening yet. What comes before an upgrade has a time limit, and half-open sockets are capped. */
export function httpServer({ cert, key, handshakeTimeout, maxConnections }: ServerOptions): Server {
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together');
  const limits = { headersTimeout: handshakeTimeout, requestTimeout: handshakeTimeout, connectionsCheckingInterval: 1_000 };
  const server =
    cert === undefined || key === undefined
      ? createServer(limits)
      : createTlsServer({ ...limits, handshakeTimeout, cert: readFileSync(cert), key: readFileSync(key) });
  server.maxConnections = maxConnections + 256;
  return server;
}

/** Resolves when it listens. */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
  // Such as too many open files: connections are lost, and those that there are go on.
  server.on('error', (error) => complain(error.message));
}

/** The beginning of its URLs, without the scheme: `127.0.0.1:8080`. */
export function authorityOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo; // it listens on TCP
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

/** A port alone is one of this machine's own address. */
export function parseListen(option: string): { host: string; port: number } {
  const text = /^\d+$/.test(option) ? `127.0.0.1:${option}` : option;
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65535) {
    throw new UsageError(`--listen takes ADDRESS:PORT or a port, such as 127.0.0.1:0, [::]:10810 or 10810, not ${option}`);
  }
  return { host, port: Number(port) };
}

/** Resolves when the process is asked to end, by one of the signals. */
export async function signal(names: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']): Promise<void> {
  const controller = new AbortController(); // the listeners of the signals that do not come are removed
  const { signal } = controller;
  await Promise.race(names.map((name) => once(process, name, { signal })));
  controller.abort();
}
