// A WebSocket client that does next to nothing with its bytes, so that a proxy is measured and not its client: what it receives goes
// into one buffer, and what it sends again and again is masked once. Without a path, it is a plain TCP connection.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { hostAndPort } from '../in_flight.js';

const bufferSize = 2 ** 19;
/** As much of a message as changes from one time to the next: an NBD request. */
const changing = 28;

export type Send = (message: Uint8Array) => void;

export async function openByHand(address: string, path: string | undefined, onbytes: (bytes: Uint8Array) => void): Promise<Send> {
  const frames = new FrameReader(onbytes);
  const onread = path === undefined ? onbytes : (bytes: Buffer) => frames.read(bytes);
  const buffer = Buffer.alloc(bufferSize);
  const callback = (count: number) => {
    onread(buffer.subarray(0, count));
    return true;
  };
  const socket = connect({ ...hostAndPort(address), noDelay: true, onread: { buffer, callback } });
  await once(socket, 'connect');
  socket.on('error', (error) => {
    throw error;
  });
  if (path === undefined) return (message) => socket.write(message);
  const key = `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`;
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${address}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    key,
    'Sec-WebSocket-Version: 13',
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await frames.upgraded;
  const made = new WeakMap<Uint8Array, Frame>();
  return (message) => {
    const frame = made.get(message) ?? new Frame(message);
    made.set(message, frame);
    socket.write(frame.of(message));
  };
}

/** A message's frame. */
class Frame {
  readonly #bytes: Buffer;
  readonly #key = randomBytes(4);
  readonly #start: number;

  constructor(message: Uint8Array) {
    const { length } = message;
    const header = Buffer.alloc(length < 126 ? 2 : length < 2 ** 16 ? 4 : 10);
    header[0] = 0x82; // binary, and whole
    header[1] = 0x80 | (length < 126 ? length : length < 2 ** 16 ? 126 : 127);
    if (header.length === 4) header.writeUInt16BE(length, 2);
    if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
    this.#bytes = Buffer.concat([header, this.#key, message]);
    this.#start = header.length + this.#key.length;
    this.#mask(message, changing, length);
  }

  of(message: Uint8Array): Buffer {
    this.#mask(message, 0, Math.min(changing, message.length));
    return this.#bytes;
  }

  #mask(message: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) this.#bytes[this.#start + i] = (message[i] as number) ^ (this.#key[i % 4] as number);
  }
}

/** Passes on what is in the frames, whatever their kind, once the upgrade's answer is over. */
class FrameReader {
  /** Fulfilled when the answer was read, rejected when it was not the one that was hoped for. */
  readonly upgraded: Promise<void>;
  #finish: (error?: Error) => void = () => {};
  #answer: string | undefined = '';
  readonly #header = Buffer.alloc(10);
  #filled = 0;
  #left = 0;
  readonly #onbytes: (bytes: Uint8Array) => void;

  constructor(onbytes: (bytes: Uint8Array) => void) {
    this.#onbytes = onbytes;
    this.upgraded = new Promise((resolve, reject) => {
      this.#finish = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  read(bytes: Buffer): void {
    for (let at = this.#answer === undefined ? 0 : this.#readAnswer(bytes); at < bytes.length; ) {
      if (this.#left > 0) {
        const part = bytes.subarray(at, at + this.#left);
        this.#left -= part.length;
        at += part.length;
        this.#onbytes(part);
      } else {
        this.#header[this.#filled++] = bytes[at++] as number;
        this.#endHeader();
      }
    }
  }

  #readAnswer(bytes: Buffer): number {
    const before = this.#answer?.length ?? 0;
    this.#answer += bytes.toString('latin1');
    const end = this.#answer?.indexOf('\r\n\r\n') ?? -1;
    if (end === -1) return bytes.length;
    this.#finish(this.#answer?.startsWith('HTTP/1.1 101') ? undefined : new Error(`no WebSocket: ${this.#answer}`));
    this.#answer = undefined;
    return end + 4 - before;
  }

  #endHeader(): void {
    const short = this.#header.readUInt8(1);
    if (this.#filled < (short < 126 ? 2 : short === 126 ? 4 : 10)) return;
    this.#left = short < 126 ? short : short === 126 ? this.#header.readUInt16BE(2) : Number(this.#header.readBigUInt64BE(2));
    this.#filled = 0;
  }
}
