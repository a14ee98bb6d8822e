// The floor of any client that is a Node program: a socket with `onread` moves the same requests and replies, and each payload is copied once,
// into the slot's own array. NBD is done by hand; requests of one turn of the event loop are one write, as with us.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { hostAndPort, jobFromArguments, measure } from '../in_flight.js';
import { ByHand, startTlsRequest } from './by_hand.js';

const readSize = 2 ** 19;
/** Requests up to this size are gathered. */
const gatherMax = 2 ** 13;
const gatherSize = 2 ** 16;

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

let socket: Socket;
const sendAtOnce = (message: Uint8Array): void => {
  socket.write(message);
};
let send = sendAtOnce;
const byHand = new ByHand(job, (message) => send(message));
socket = await opened((bytes) => byHand.received(bytes));
const diskSize = await byHand.handshake(job.transport === 'tls');
send = new Sender(socket).send;
console.log(JSON.stringify(await measure(job, diskSize, byHand.request)));
send = sendAtOnce;
byHand.disconnect();
socket.end();
