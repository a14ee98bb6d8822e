// Everything that Node has and connectSocket takes, each as a way to reach the same server.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { type BytePair, openConnection, type SocketLike, type Transport, type TransportEvents } from 'libnbd-wasm';
import { onTestFinished } from 'vitest';
import { run, temporaryFolder } from './processes.js';
import { listen, Server } from './servers.js';

export type Open = (server: Server) => SocketLike | Promise<SocketLike>;

export const socketKinds: Record<string, Open> = {
  'a Unix socket, still connecting': (server) => server.socket(),
  'a Unix socket, connected': (server) => connectedSocket(server.socket()),
  'a TCP socket, still connecting': async (server) => connect(await tcpProxy(server), '127.0.0.1'),
  'a TCP socket, found by name': async (server) => connect(await tcpProxy(server), 'localhost'),
  'a TCP socket, connected': async (server) => connectedSocket(connect(await tcpProxy(server), '127.0.0.1')),
  'a socket that has received bytes already': (server) => greeted(server.socket()),
  'a tls.TLSSocket': (server) => tlsSocket(server),
  'a Duplex': (server) => {
    const socket = server.socket();
    return Duplex.from({ readable: socket, writable: socket });
  },
  '{ readable, writable } web streams': (server) => Duplex.toWeb(server.socket()) as BytePair,
  'a MessagePort': (server) => asSocket(portTo(server.socket())),
  'a MessagePort of a Worker': (server) => asSocket(portOfWorker(server.path)),
  'a Transport': (server) => new PlainTransport(server.socket()),
  'a connection that the library opens': (server) => openConnection(server.address),
};

/** Node's own type of a MessagePort is not quite the web's. */
export const asSocket = (port: MessagePort): SocketLike => port as unknown as SocketLike;

/** Waits until a socket is connected. */
export async function connectedSocket<T extends Socket>(socket: T): Promise<T> {
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  return socket;
}

/** Waits until the server's greeting lies in the socket, read by nobody. */
export async function greeted(socket: Socket): Promise<Socket> {
  await connectedSocket(socket);
  while (socket.readableLength < 18) await new Promise((resolve) => setTimeout(resolve, 1));
  return socket;
}

/** Lets bytes go both ways between two sockets, and each end with the other. */
export function join2(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
  }
}

/** A server in front of another, for one client: what that client has sent when it ends the connection. */
export async function recordingRelay(server: Server): Promise<{ server: Server; sent: Promise<Buffer> }> {
  const path = join(await temporaryFolder(), 'relay');
  const chunks: Buffer[] = [];
  const relay = createServer();
  const sent = new Promise<Buffer>((resolve) => {
    relay.on('connection', (socket) => {
      socket.on('data', (bytes) => chunks.push(bytes));
      socket.on('close', () => resolve(Buffer.concat(chunks)));
      join2(socket, server.socket());
    });
  });
  await listen(relay, { path });
  return { server: new Server({ path }, server), sent };
}

/** A TCP port that leads to a server; returns its number. */
async function tcpProxy(server: Server): Promise<number> {
  const proxy = createServer((socket) => join2(socket, server.socket()));
  await listen(proxy, { host: '127.0.0.1', port: 0 });
  return (proxy.address() as AddressInfo).port;
}

/** A server that ends TLS, with a certificate of its own making, and the client's socket to it. */
export async function tlsSocket(server: Server): Promise<TLSSocket> {
  const folder = await temporaryFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  await run('openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...subject);
  const certificate = await run('cat', cert);
  const proxy = createTlsServer({ key: await run('cat', key), cert: certificate }, (socket) => join2(socket, server.socket()));
  await listen(proxy, { host: '127.0.0.1', port: 0 });
  const { port } = proxy.address() as AddressInfo;
  return connectTls({ host: '127.0.0.1', port, ca: certificate, servername: 'localhost' });
}

/** A MessagePort whose other end leads to a socket. */
export function portTo(socket: Socket): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.on('message', (data: Uint8Array | null) => void (data === null ? socket.end() : socket.write(data)));
  port2.on('close', () => socket.destroy());
  socket.on('data', (bytes) => port2.postMessage(Uint8Array.from(bytes)));
  socket.on('end', () => port2.postMessage(null));
  socket.on('error', (error) => port2.postMessage(error.message));
  onTestFinished(() => port2.close());
  return port1;
}

/** The same, with the socket in another thread. */
function portOfWorker(path: string): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const program = `
    const { workerData: { path, port } } = require('node:worker_threads');
    const socket = require('node:net').connect(path);
    port.on('message', (data) => data === null ? socket.end() : socket.write(data));
    port.on('close', () => socket.destroy());
    socket.on('data', (bytes) => port.postMessage(Uint8Array.from(bytes)));
    socket.on('end', () => port.postMessage(null));`;
  const worker = new Worker(program, { eval: true, workerData: { path, port: port2 }, transferList: [port2] });
  onTestFinished(async () => void (await worker.terminate()));
  return port1;
}

/** The least that a transport can be: it never pauses, and cannot be given back. */
export class PlainTransport implements Transport {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  open(events: TransportEvents): void {
    this.#socket.on('data', (bytes) => events.data(bytes));
    this.#socket.on('end', () => events.end());
    this.#socket.on('error', (error) => events.error(error));
  }

  write(chunks: readonly Uint8Array[], written: () => void): void {
    for (const chunk of chunks.slice(0, -1)) this.#socket.write(chunk);
    this.#socket.write(chunks.at(-1) ?? new Uint8Array(), () => written());
  }

  close(): void {
    this.#socket.end();
  }
}
