// NBD by hand: as little of it as reads and writes need. What is measured with it is the way to the server, not the client. It has structured
// replies, as libnbd has by itself and block status needs: nbdkit sends one in three pieces, which cost it more.
import type { Job, Request } from '../in_flight.js';

const requestSize = 28;
/** Of a simple reply, and of a structured one with its data's offset. */
const [simpleReplySize, structuredReplySize] = [16, 28];
const NBD_REQUEST_MAGIC = 0x25609513;
const NBD_CMD_WRITE = 1;
const NBD_CMD_DISC = 2;
const NBD_OPT_STARTTLS = 5;
const NBD_OPT_GO = 7;
const NBD_OPT_STRUCTURED_REPLY = 8;
const NBD_REP_ACK = 1;
const NBD_REP_ERR_UNSUP = 2 ** 31 + 1;

/** The client's flags and its first option, with as many zeroes as data. */
function optionRequest(option: number, length: number): Uint8Array<ArrayBuffer> {
  const request = new DataView(new ArrayBuffer(20 + length));
  request.setUint32(0, 3); // the newstyle without zeroes
  request.setBigUint64(4, 0x49484156454f5054n); // IHAVEOPT
  request.setUint32(12, option);
  request.setUint32(16, length);
  return new Uint8Array(request.buffer);
}

export const startTlsRequest = optionRequest(NBD_OPT_STARTTLS, 0);

/** How many bytes of a reply come before its data. */
const replySize = ({ operation }: Job): number => (operation === 'read' ? structuredReplySize : simpleReplySize);

/** Who gets what the server answers, and tells of it. */
interface Receiver {
  received(bytes: Uint8Array): void;
  /** Fulfilled when the request of the slot, which was sent just now, is answered. */
  next(slot: number): Promise<void>;
}

/**
 * Counts answers of one size and keeps nothing of them. They come in the order of their requests, or might as well: the first has come when
 * so many bytes have.
 */
export class Answers implements Receiver {
  readonly #size: number;
  #received = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(job: Job) {
    this.#size = replySize(job) + (job.operation === 'read' ? job.size : 0);
  }

  get size(): number {
    return this.#size;
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  received({ length }: Uint8Array): void {
    this.#received += length;
    for (; this.#received >= this.#size; this.#received -= this.#size) this.#waiting.shift()?.();
  }
}

/** Splits what is received into replies, and copies what each brings into the array of its slot: what any client does, and no more. */
class Replies implements Receiver {
  readonly #payload: number;
  readonly #buffers: readonly Uint8Array[];
  readonly #waiting: (() => void)[] = [];
  readonly #header: Uint8Array;
  readonly #view: DataView;
  readonly #ok: number;
  #filled = 0;
  #slot = 0;
  #left = 0;

  constructor(job: Job) {
    const { operation, size, inFlight } = job;
    this.#header = new Uint8Array(replySize(job));
    this.#view = new DataView(this.#header.buffer);
    this.#ok = operation === 'read' ? 0x10001 : 0; // all of the data, in one piece; no error
    this.#payload = operation === 'read' ? size : 0;
    this.#buffers = Array.from({ length: inFlight }, () => new Uint8Array(this.#payload));
  }

  next(slot: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting[slot] = resolve;
    });
  }

  received(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      at += this.#left > 0 ? this.#copy(bytes, at) : this.#readHeader(bytes, at);
    }
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#header.length - this.#filled, bytes.length - at);
    for (let i = 0; i < count; i++) this.#header[this.#filled + i] = bytes[at + i] as number;
    this.#filled += count;
    if (this.#filled < this.#header.length) return count;
    this.#filled = 0;
    if (this.#view.getUint32(4) !== this.#ok) throw new Error('a request failed');
    this.#slot = this.#view.getUint32(12);
    this.#left = this.#payload;
    if (this.#left === 0) this.#waiting[this.#slot]?.();
    return count;
  }

  #copy(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#left, bytes.length - at);
    this.#buffers[this.#slot]?.set(bytes.subarray(at, at + count), this.#payload - this.#left);
    this.#left -= count;
    if (this.#left === 0) this.#waiting[this.#slot]?.();
    return count;
  }
}

/** A message for each slot, to be sent again and again: a request, and the bytes that it writes. */
export function messages({ operation, size, inFlight }: Job): (slot: number, offset: number) => Uint8Array<ArrayBuffer> {
  const made = Array.from({ length: inFlight }, (_, slot) => {
    const message = new Uint8Array(requestSize + (operation === 'write' ? size : 0)).fill(0x55, requestSize);
    const view = new DataView(message.buffer);
    view.setUint32(0, NBD_REQUEST_MAGIC);
    view.setUint32(12, slot); // the cookie
    view.setUint32(4, operation === 'write' ? NBD_CMD_WRITE : 0); // flags and command
    view.setUint32(24, size);
    return { message, view };
  });
  return (slot, offset) => {
    const { message, view } = made[slot] as (typeof made)[number];
    view.setBigUint64(16, BigInt(offset));
    return message;
  };
}

export class ByHand {
  /** A request; they may be sent after the handshake. */
  readonly request: Request;
  readonly #send: (message: Uint8Array<ArrayBuffer>) => void;
  readonly #answers: Receiver;
  /** What has come of the handshake; undefined after it. */
  #unread: Uint8Array | undefined = new Uint8Array(0);
  #heard: () => void = () => {};

  constructor(job: Job, send: (message: Uint8Array<ArrayBuffer>) => void, answers: Receiver = new Replies(job)) {
    const message = messages(job);
    this.#send = send;
    this.#answers = answers;
    this.request = (slot, offset) => {
      send(message(slot, offset));
      return answers.next(slot);
    };
  }

  /** To be called with all that is received. */
  received(bytes: Uint8Array): void {
    if (this.#unread === undefined) {
      this.#answers.received(bytes);
      return;
    }
    const all = new Uint8Array(this.#unread.length + bytes.length);
    all.set(this.#unread);
    all.set(bytes, this.#unread.length);
    this.#unread = all;
    this.#heard();
  }

  /** Opens the default export, and returns its size in bytes. After the option STARTTLS, the server does not greet again. */
  async handshake(isSecured = false): Promise<number> {
    if (!isSecured) await this.#next(18); // the greeting
    const request = optionRequest(NBD_OPT_STRUCTURED_REPLY, 0);
    this.#send(isSecured ? request.subarray(4) : request);
    await this.#reply();
    this.#send(optionRequest(NBD_OPT_GO, 6).subarray(4)); // of data: no name, and nothing asked for
    for (let diskSize = 0; ; ) {
      const { isLast, data } = await this.#reply();
      if (isLast) {
        this.#unread = undefined;
        return diskSize;
      }
      if (data.getUint16(0) === 0) diskSize = Number(data.getBigUint64(2)); // NBD_INFO_EXPORT
    }
  }

  async #reply(): Promise<{ isLast: boolean; data: DataView }> {
    const header = await this.#next(20);
    const reply = header.getUint32(12);
    const data = await this.#next(header.getUint32(16));
    if (reply >= NBD_REP_ERR_UNSUP) throw new Error(`the server refuses an option: ${reply - 2 ** 31}`);
    return { isLast: reply === NBD_REP_ACK, data };
  }

  disconnect(): void {
    const request = new DataView(new ArrayBuffer(requestSize));
    request.setUint32(0, NBD_REQUEST_MAGIC);
    request.setUint16(6, NBD_CMD_DISC);
    this.#send(new Uint8Array(request.buffer));
  }

  async #next(count: number): Promise<DataView> {
    for (;;) {
      const unread = this.#unread ?? new Uint8Array(0);
      if (unread.length >= count) {
        this.#unread = unread.slice(count);
        return new DataView(unread.slice(0, count).buffer);
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}
