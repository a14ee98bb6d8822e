// NBD over TLS 1.3 with as little as any client takes that leaves the records to WebCrypto: a call of it for each record, side by side for all
// that have arrived or are sent together, and one copy of what was received. tls.wasm shakes hands. Nothing is checked but by WebCrypto.
import type { CompiledModule } from '../../dist/base/platform_types.js';
import { Session } from '../../dist/tls/session.js';
import { start } from '../../dist/tls/start.js';
import type { Job, Request } from '../in_flight.js';
import { ByHand, startTlsRequest } from './by_hand.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** A connection that is open. */
export interface Link {
  send(bytes: Bytes): void;
  /** Called with what arrives, which is somebody else's after it. */
  onbytes: (bytes: Uint8Array) => void;
}

const headerSize = 5;
const tagSize = 16;
const mostContent = 2 ** 14;
const applicationData = 23;

export interface Opened {
  readonly diskSize: number;
  readonly request: Request;
  disconnect(): void;
}

export async function openTlsByHand(job: Job, link: Link, compiled: CompiledModule, ca: string): Promise<Opened> {
  await answer(link, 18); // the greeting
  link.send(startTlsRequest as Bytes);
  await answer(link, 20);
  const session = await shakeHands(link, compiled, ca);
  const early: Uint8Array[] = session.takeUnread();
  link.onbytes = (bytes) => early.push(bytes.slice());
  const { client, server } = session.secrets();
  const [sent, received] = await Promise.all([keyOf(client), keyOf(server)]);
  const sealer = new Sealer(sent, (bytes) => link.send(bytes));
  const nbd = new ByHand(job, (message) => sealer.send(message));
  const opener = new Opener(received, (content) => nbd.received(content));
  for (const bytes of early) opener.push(bytes);
  link.onbytes = (bytes) => opener.push(bytes);
  const diskSize = await nbd.handshake(true);
  return { diskSize, request: nbd.request, disconnect: () => nbd.disconnect() };
}

function answer(link: Link, size: number): Promise<void> {
  let count = 0;
  return new Promise((resolve) => {
    link.onbytes = ({ length }) => {
      count += length;
      if (count >= size) resolve();
    };
  });
}

async function shakeHands(link: Link, compiled: CompiledModule, ca: string): Promise<Session> {
  const session = await Session.make(compiled);
  const unset = { certificates: undefined, pskFile: undefined, username: undefined };
  const settings = { ...unset, hostname: 'localhost', verifyName: 'localhost', verifyPeer: true, credentials: { ca } };
  start(session, settings, { hasWebCrypto: true, tableAes: false, isLocal: false });
  await new Promise<void>((resolve) => {
    let isDone = false;
    const step = () => {
      isDone ||= session.handshake();
      for (const bytes of session.takeToSend()) link.send(bytes);
      if (isDone) resolve();
    };
    link.onbytes = (bytes) => {
      session.receive(bytes.slice());
      if (!isDone) step();
    };
    step();
  });
  return session;
}

interface Key {
  readonly key: CryptoKey;
  readonly iv: Bytes;
}

/** Of AES-128-GCM with SHA-256, which a server takes where it is offered first. */
async function keyOf(secret: Bytes): Promise<Key> {
  if (secret.length !== 32) throw new Error('the server has not chosen AES-128-GCM');
  const hmac = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const expand = async (label: string, length: number) => {
    const name = new TextEncoder().encode(`tls13 ${label}`);
    const info = Uint8Array.of(0, length, name.length, ...name, 0, 1);
    return new Uint8Array(await crypto.subtle.sign('HMAC', hmac, info)).slice(0, length);
  };
  const key = await crypto.subtle.importKey('raw', await expand('key', 16), 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { key, iv: await expand('iv', 12) };
}

/** The nonce of the next record. It is one array again and again: WebCrypto has copied it when a call of it returns. */
class Nonces {
  readonly #start: number;
  readonly #view: DataView;
  #count = 0;

  constructor(iv: Bytes) {
    this.#view = new DataView(iv.buffer);
    this.#start = this.#view.getUint32(8);
  }

  next(): DataView<ArrayBuffer> {
    this.#view.setUint32(8, this.#start ^ this.#count++);
    return this.#view as DataView<ArrayBuffer>;
  }
}

class Opener {
  readonly #key: CryptoKey;
  readonly #nonces: Nonces;
  readonly #onContent: (content: Uint8Array) => void;
  readonly #opening: Promise<ArrayBuffer>[] = [];
  #isReading = false;
  /** The record that arrives in parts. */
  readonly #part = new Uint8Array(headerSize + mostContent + 256);
  #filled = 0;

  constructor({ key, iv }: Key, onContent: (content: Uint8Array) => void) {
    this.#key = key;
    this.#nonces = new Nonces(iv);
    this.#onContent = onContent;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const size = this.#filled === 0 && bytes.length - at >= headerSize ? recordSize(bytes, at) : Number.POSITIVE_INFINITY;
      if (at + size <= bytes.length) {
        this.#open(bytes.subarray(at, at + size) as Bytes);
        at += size;
      } else at += this.#gather(bytes, at);
    }
    if (!this.#isReading) void this.#read();
  }

  #gather(bytes: Uint8Array, at: number): number {
    const wanted = this.#filled < headerSize ? headerSize : recordSize(this.#part, 0);
    const count = Math.min(wanted - this.#filled, bytes.length - at);
    this.#part.set(bytes.subarray(at, at + count), this.#filled);
    this.#filled += count;
    if (this.#filled > headerSize && this.#filled === recordSize(this.#part, 0)) {
      this.#open(this.#part.subarray(0, this.#filled));
      this.#filled = 0;
    }
    return count;
  }

  #open(record: Bytes): void {
    const algorithm = { name: 'AES-GCM', iv: this.#nonces.next(), additionalData: record.subarray(0, headerSize) };
    this.#opening.push(crypto.subtle.decrypt(algorithm, this.#key, record.subarray(headerSize)));
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    for (let first = this.#opening.shift(); first !== undefined; first = this.#opening.shift()) {
      const inner = new Uint8Array(await first);
      const last = inner.length - 1; // the server does not pad
      if (inner[last] === applicationData) this.#onContent(inner.subarray(0, last)); // and not a ticket
    }
    this.#isReading = false;
  }
}

const recordSize = (bytes: Uint8Array, at: number): number =>
  headerSize + (bytes[at + 3] as number) * 256 + (bytes[at + 4] as number);

class Sealer {
  readonly #key: CryptoKey;
  readonly #nonces: Nonces;
  readonly #send: (bytes: Bytes) => void;
  #sending = Promise.resolve();

  constructor({ key, iv }: Key, send: (bytes: Bytes) => void) {
    this.#key = key;
    this.#nonces = new Nonces(iv);
    this.#send = send;
  }

  /** One message of a WebSocket for each of NBD. */
  send(message: Uint8Array): void {
    const sealed: Promise<ArrayBuffer>[] = [];
    for (let at = 0; at < message.length; at += mostContent) sealed.push(this.#seal(message.subarray(at, at + mostContent)));
    const all = Promise.all(sealed);
    this.#sending = this.#sending.then(async () => {
      const bodies = await all;
      const whole = new Uint8Array(bodies.reduce((sum, { byteLength }) => sum + headerSize + byteLength, 0));
      let at = 0;
      for (const body of bodies) {
        whole.set(header(body.byteLength), at);
        whole.set(new Uint8Array(body), at + headerSize);
        at += headerSize + body.byteLength;
      }
      this.#send(whole);
    });
  }

  #seal(content: Uint8Array): Promise<ArrayBuffer> {
    const inner = new Uint8Array(content.length + 1);
    inner.set(content);
    inner[content.length] = applicationData;
    const algorithm = { name: 'AES-GCM', iv: this.#nonces.next(), additionalData: header(inner.length + tagSize) };
    return crypto.subtle.encrypt(algorithm, this.#key, inner);
  }
}

const header = (length: number): Bytes => Uint8Array.of(applicationData, 3, 3, length >> 8, length);
