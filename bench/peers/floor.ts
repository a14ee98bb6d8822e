// The floor of any client that is a Node program: a socket with `onread` moves the same requests and replies, and each payload is copied once,
// into the slot's own array. NBD is done by hand; requests of one turn of the event loop are one write, as with us.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hostAndPort, type Job, jobFromArguments, measure } from '../in_flight.js';
import { ByHand, messages, replySize, startTlsRequest } from './by_hand.js';

const readSize = 2 ** 19;
/** Requests up to this size are gathered. */
const gatherMax = 2 ** 13;
const gatherSize = 2 ** 16;

/** Splits what is read into replies, and copies what they bring. */
class Replies {
  readonly #payload: number;
  readonly #buffers: readonly Uint8Array[];
  readonly #answered: (slot: number) => void;
  readonly #header: Buffer;
  readonly #ok: number;
  #filled = 0;
  #slot = 0;
  #left = 0;

  constructor(job: Job, answered: (slot: number) => void) {
    const { operation, size, inFlight } = job;
    this.#header = Buffer.alloc(replySize(job));
    this.#ok = operation === 'read' ? 0x10001 : 0; // all of the data, in one piece; no error
    this.#payload = operation === 'read' ? size : 0;
    this.#buffers = Array.from({ length: inFlight }, () => new Uint8Array(this.#payload));
    this.#answered = answered;
  }

  read(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      at += this.#left > 0 ? this.#copy(bytes, at) : this.#readHeader(bytes, at);
    }
  }

  #readHeader(bytes: Buffer, at: number): number {
    const count = Math.min(this.#header.length - this.#filled, bytes.length - at);
    for (let i = 0; i < count; i++) this.#header[this.#filled + i] = bytes[at + i] as number;
    this.#filled += count;
    if (this.#filled < this.#header.length) return count;
    this.#filled = 0;
    if (this.#header.readUInt32BE(4) !== this.#ok) throw new Error('a request failed');
    this.#slot = this.#header.readUInt32BE(12);
    this.#left = this.#payload;
    if (this.#left === 0) this.#answered(this.#slot);
    return count;
  }

  #copy(bytes: Buffer, at: number): number {
    const count = Math.min(this.#left, bytes.length - at);
    this.#buffers[this.#slot]?.set(bytes.subarray(at, at + count), this.#payload - this.#left);
    this.#left -= count;
    if (this.#left === 0) this.#answered(this.#slot);
    return count;
  }
}

/** Writes what was sent in one turn at its end. */
class Sender {
  readonly #socket: Socket;
  readonly #spare: Uint8Array[] = [];
  readonly #turn = Promise.resolve();
  #gather: Uint8Array = Buffer.alloc(gatherSize);
  #gathered = 0;
  #isDue = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  readonly send = (message: Uint8Array): void => {
    if (!this.#isDue) {
      this.#isDue = true;
      void this.#turn.then(this.#flush);
    }
    if (message.length > gatherMax) {
      if (this.#socket.writableCorked === 0) this.#socket.cork();
      this.#write();
      this.#socket.write(message);
      return;
    }
    if (this.#gathered + message.length > gatherSize) this.#write();
    this.#gather.set(message, this.#gathered);
    this.#gathered += message.length;
  };

  readonly #flush = (): void => {
    this.#isDue = false;
    this.#write();
    if (this.#socket.writableCorked > 0) this.#socket.uncork();
  };

  #write(): void {
    if (this.#gathered === 0) return;
    const gather = this.#gather;
    this.#socket.write(gather.subarray(0, this.#gathered), () => this.#spare.push(gather));
    this.#gather = this.#spare.pop() ?? Buffer.alloc(gatherSize);
    this.#gathered = 0;
  }
}

const job = jobFromArguments();

async function opened(onread: (bytes: Buffer) => void): Promise<Socket> {
  if (job.transport === 'tls') return openTls(onread);
  const buffer = Buffer.alloc(readSize);
  const callback = (count: number) => {
    onread(buffer.subarray(0, count));
    return true;
  };
  const target = job.transport === 'tcp' ? hostAndPort(job.address) : { path: job.address };
  const socket = connect({ ...target, noDelay: true, onread: { buffer, callback } });
  await once(socket, 'connect');
  return socket;
}

/** Node's TLS as it comes: it reads for itself. The server sends nothing that nobody has asked for. */
async function openTls(onread: (bytes: Buffer) => void): Promise<Socket> {
  const plain = connect({ path: `${job.address}/socket` });
  await once(plain, 'data'); // the greeting
  plain.write(startTlsRequest);
  await once(plain, 'data'); // the server agrees, or TLS fails
  const ca = readFileSync(`${job.address}/ca-cert.pem`);
  const socket = connectTls({ socket: plain, ca, checkServerIdentity: () => undefined });
  await once(socket, 'secureConnect');
  return socket.on('data', onread);
}

const waiting: ((value?: undefined) => void)[] = [];
const replies = new Replies(job, (slot) => waiting[slot]?.());
let socket: Socket;
const byHand = new ByHand(job, (message) => socket.write(message));
let onbytes = (bytes: Buffer) => byHand.received(bytes);
socket = await opened((bytes) => onbytes(bytes));
const diskSize = await byHand.handshake(job.transport === 'tls');
onbytes = (bytes) => replies.read(bytes);
const { send } = new Sender(socket);
const message = messages(job);
const request = (slot: number, offset: number) =>
  new Promise<undefined>((resolve) => {
    waiting[slot] = resolve;
    send(message(slot, offset));
  });
console.log(JSON.stringify(await measure(job, diskSize, request)));
byHand.disconnect();
socket.end();
