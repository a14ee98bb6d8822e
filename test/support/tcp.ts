// TCP ports of this machine, each chosen by the kernel, that lead to a server on a Unix socket; and ports that lead nowhere.
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { listen, type Server } from './servers.js';
import { join2 } from './socket_kinds.js';

/** A port at an address of the loopback interface, that leads to a server. */
export async function portTo(server: Server, host = '127.0.0.1'): Promise<number> {
  const relay = createServer((socket) => join2(socket, server.socket()));
  await listen(relay, { host, port: 0 });
  return (relay.address() as AddressInfo).port;
}

/** A port where nobody listens any more. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await listen(server, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
