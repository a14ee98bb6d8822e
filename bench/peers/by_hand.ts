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
export const replySize = ({ operation }: Job): number => (operation === 'read' ? structuredReplySize : simpleReplySize);

/** Answers of one size, which come in the order of their requests or might as well: the first has come when so many bytes have. */
export class Answers {
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

  received(count: number): void {
    this.#received += count;
    for (; this.#received >= this.#size; this.#received -= this.#size) this.#waiting.shift()?.();
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
  readonly #answers: Answers;
  /** What has come of the handshake; undefined after it. */
  #unread: Uint8Array | undefined = new Uint8Array(0);
  #heard: () => void = () => {};

  constructor(job: Job, send: (message: Uint8Array<ArrayBuffer>) => void) {
    const message = messages(job);
    this.#send = send;
    this.#answers = new Answers(job);
    this.request = (slot, offset) => {
      send(message(slot, offset));
      return this.#answers.next();
    };
  }

  /** To be called with all that is received. */
  received(bytes: Uint8Array): void {
    if (this.#unread === undefined) {
      this.#answers.received(bytes.length);
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
