// A scripted server that does what no real one does when told to: it forgets all that was not flushed, stalls, cuts a reply in two, answers
// with any error, or comes back with another size.
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { concat, u32, u64 } from '../support/bytes.js';
import { atEnd } from '../support/cleanup.js';
import { temporaryFolder } from '../support/processes.js';
import {
  clientFlags,
  goReplies,
  greeting,
  NBD_FLAG_HAS_FLAGS,
  NBD_OPT_GO,
  NBD_REP_ERR_UNSUP,
  optionHeader,
  optionReply,
  request as requestHeader,
  simpleReply,
} from '../support/protocol.js';
import { listen } from '../support/servers.js';

/** NBD_FLAG_SEND_FLUSH, SEND_FUA, SEND_TRIM, SEND_WRITE_ZEROES and SEND_CACHE. */
const changes = 4 | 8 | 32 | 64 | 1024;
const canMultiConn = 256;

export const kinds = ['read', 'write', 'disconnect', 'flush', 'trim', 'cache', 'zero'] as const;

export interface Asked {
  readonly kind: (typeof kinds)[number];
  readonly offset: number;
  readonly count: number;
  /** Which connection it came on, the first is 1. */
  readonly connection: number;
}

/** What becomes of a request: as usual, or done and not answered, or neither, or an errno, or the connection ends before or in the reply. */
export type Fate = 'answer' | 'ignore' | 'do' | 'drop' | 'do and drop' | 'truncate' | { errno: number };

export class ForgetfulServer {
  readonly path: string;
  /** What survives its death. */
  durable: Uint8Array;
  /** What it serves. */
  current: Uint8Array;
  fate: (asked: Asked) => Fate | Promise<Fate> = () => 'answer';
  readonly asked: Asked[] = [];
  connections = 0;
  flags: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(path: string, size: number, flags: number) {
    this.path = path;
    this.durable = new Uint8Array(size);
    this.current = new Uint8Array(size);
    this.flags = flags;
  }

  static async start(size: number, { multiConn = true } = {}): Promise<ForgetfulServer> {
    const path = join(await temporaryFolder(), 'socket');
    const server = new ForgetfulServer(path, size, NBD_FLAG_HAS_FLAGS | changes | (multiConn ? canMultiConn : 0));
    await server.revive();
    atEnd(() => server.die());
    return server;
  }

  get uri(): string {
    return `nbd+unix:///?socket=${this.path}`;
  }

  /** How many connections there are now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Ends one connection, as a broken network does. */
  dropOne(): void {
    const [first] = this.#sockets;
    first?.destroy();
  }

  /** Dies, and forgets: `survives` says of what was written and not flushed which bytes are there nevertheless. */
  async die(survives: (offset: number) => boolean = () => false): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    for (const [i, byte] of this.current.entries()) if (survives(i)) this.durable[i] = byte;
    this.current = this.durable.slice();
    if (server !== undefined) await new Promise((resolve) => server.close(resolve));
  }

  async revive(): Promise<void> {
    const server = createServer((socket) => {
      const connection = ++this.connections;
      this.#sockets.add(socket);
      socket.on('error', () => {}); // the client may go whenever it likes
      socket.on('close', () => this.#sockets.delete(socket));
      void this.#serve(socket, connection);
    });
    this.#server = server;
    await listen(server, { path: this.path });
  }

  async #serve(socket: Socket, connection: number): Promise<void> {
    const bytes = reader(socket);
    const receive = async (count: number) => (await bytes(count)) ?? (await new Promise<never>(() => {})); // it has ended
    socket.write(greeting());
    await receive(clientFlags);
    for (let option = 0; option !== NBD_OPT_GO; ) {
      const header = await receive(optionHeader);
      option = header.readUInt32BE(8);
      await receive(header.readUInt32BE(12));
      socket.write(
        option === NBD_OPT_GO ? goReplies(BigInt(this.current.length), this.flags) : optionReply(option, NBD_REP_ERR_UNSUP),
      );
    }
    for (;;) {
      const header = await receive(requestHeader);
      const flags = header.readUInt16BE(4);
      const kind = kinds[header.readUInt16BE(6)] ?? 'disconnect';
      const cookie = Number(header.readBigUInt64BE(8));
      const offset = Number(header.readBigUInt64BE(16));
      const count = header.readUInt32BE(24);
      const payload = kind === 'write' ? await receive(count) : new Uint8Array();
      if (kind === 'disconnect') socket.end();
      if (kind === 'disconnect' || !this.#sockets.has(socket)) return;
      void this.#answer(socket, { kind, offset, count, connection }, cookie, flags, payload);
    }
  }

  async #answer(socket: Socket, asked: Asked, cookie: number, flags: number, payload: Uint8Array): Promise<void> {
    this.asked.push(asked);
    const decided = this.fate(asked);
    const fate = decided instanceof Promise ? await decided : decided;
    if (typeof fate === 'object') {
      socket.write(simpleReply(cookie, fate.errno));
      return;
    }
    if (fate === 'ignore') return;
    if (fate !== 'drop') this.#do(asked, flags, payload);
    if (fate === 'do') return;
    const { kind, offset, count } = asked;
    const data = kind === 'read' ? this.current.slice(offset, offset + count) : new Uint8Array();
    const reply = concat(u32(0x67446698), u32(0), u64(cookie), data);
    if (fate === 'answer') socket.write(reply);
    else if (fate === 'truncate') socket.end(reply.subarray(0, reply.length - 1));
    else socket.destroy();
  }

  #do({ kind, offset, count }: Asked, flags: number, payload: Uint8Array): void {
    if (kind === 'write') this.current.set(payload, offset);
    else if (kind === 'zero' || kind === 'trim') this.current.fill(0, offset, offset + count);
    const isDurable = (flags & 1) !== 0;
    if (kind === 'flush') this.durable.set(this.current);
    else if (isDurable) this.durable.set(this.current.subarray(offset, offset + count), offset);
  }
}

/** Takes so many bytes from a socket; undefined when it has ended before. */
function reader(socket: Socket): (count: number) => Promise<Buffer | undefined> {
  const iterator = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest = Buffer.alloc(0);
  return async (count) => {
    while (rest.length < count) {
      const next = await iterator.next().catch(() => ({ done: true as const, value: undefined }));
      if (next.done) return undefined;
      rest = Buffer.concat([rest, next.value]);
    }
    const bytes = rest.subarray(0, count);
    rest = rest.subarray(count);
    return bytes;
  };
}
