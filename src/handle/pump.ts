// The pump drives libnbd's state machine when the handle's socket has something for it.
import { NBDError } from '../base/errors.js';
import { AIO_DIRECTION_READ, AIO_DIRECTION_WRITE } from '../generated/constants.js';
import type { Exports } from '../libnbd/exports.js';
import type { Instance } from '../libnbd/instance.js';
import type { Socket } from '../sockets/socket.js';
import type { Pointer } from '../wasm/memory.js';

/**
 * The most that a server may send, in bytes, in answer to one option or before the first: libnbd keeps each metadata context that it is
 * told of, and a server could go on until the module's memory is full. 100,000 exports with their names fit.
 */
const handshakeBound = 2 ** 23;

const simpleReplyMagic = 0x67446698;
const structuredReplyMagic = 0x668e33ef;
const extendedReplyMagic = 0x6e8a278c;
const longestHeader = 32;

export class Pump {
  readonly #instance: Instance;
  readonly #exports: Exports;
  readonly #pointer: Pointer;
  readonly #onready: () => void;
  #socket: Socket | undefined;
  #isHandshaking = true;
  /** How many bytes had arrived when the last option was sent. */
  #answerStart = 0;

  /** `onready` is called when the socket has something for libnbd. */
  constructor(instance: Instance, pointer: Pointer, onready: () => void) {
    this.#instance = instance;
    this.#exports = instance.module.exports;
    this.#pointer = pointer;
    this.#onready = onready;
  }

  get socket(): Socket | undefined {
    return this.#socket;
  }

  /** An option was sent: its answer may be as long as the bound again. */
  optionSent(): void {
    this.#answerStart = this.#socket?.arrived ?? 0;
  }

  /** libnbd has taken a command: from here on it asks for each byte that it reads. */
  commandTaken(): void {
    this.#isHandshaking = false;
  }

  /**
   * Lets libnbd do all that it can without waiting:
   *
   * 1. Ask libnbd in which directions it waits. In none: it is at rest, closed or dead.
   * 2. Find the socket: libnbd opens one when it connects, and may open another.
   * 3. Where libnbd wants to read and the socket has bytes, an end or an error: let it read. This comes before writing, as in upstream's
   *    own poll, so that replies never wait behind requests.
   * 4. Else, where it wants to write and the socket has room: let it write.
   * 5. Else the socket calls back when that changes.
   *
   * @returns Whether libnbd waits for nothing.
   */
  run(): boolean {
    const exports = this.#exports;
    const pointer = this.#pointer;
    for (;;) {
      const direction = exports.nbd_aio_get_direction(pointer);
      if (direction === 0) return true;
      if (this.#socket === undefined || this.#socket.closed) this.#findSocket();
      const socket = this.#socket;
      if (socket === undefined) return false;
      if (this.#isHandshaking) this.#boundHandshake(socket);
      if ((direction & AIO_DIRECTION_READ) !== 0 && socket.readable && !this.#isHeaderPartial(socket)) {
        exports.nbd_aio_notify_read(pointer);
      } else if ((direction & AIO_DIRECTION_WRITE) !== 0 && socket.writable) exports.nbd_aio_notify_write(pointer);
      else return false;
    }
  }

  #findSocket(): void {
    const fd = this.#exports.nbd_aio_get_fd(this.#pointer);
    this.#socket = fd === -1 ? undefined : this.#instance.descriptors.get(fd);
    if (this.#socket !== undefined) this.#socket.onready = this.#onready;
  }

  #boundHandshake(socket: Socket): void {
    if (socket.arrived - this.#answerStart <= handshakeBound) return;
    this.#isHandshaking = false; // it is said once
    const text = `the server sent more than ${handshakeBound} bytes in answer to one option, which no honest server does`;
    socket.error(new NBDError(text, 'EPROTO'));
  }

  // libnbd looks for the command of a reply as soon as it has read the reply's header. It may read the header in two parts, and a command
  // that was issued between them makes an assertion of its fail (states-reply.c). So it is handed a header whole, as a socket with
  // SO_RCVLOWAT would. A short read says that libnbd is in the middle of something; else the next byte begins a header.
  #isHeaderPartial(socket: Socket): boolean {
    const { unread } = socket;
    if (unread >= longestHeader || socket.isOver || socket.isMidRead) return false;
    if (unread >= this.#headerSize(socket.peekUint32())) return false;
    return this.#exports.nbd_aio_is_ready(this.#pointer) !== 0 || this.#exports.nbd_aio_is_processing(this.#pointer) !== 0;
  }

  #headerSize(magic: number | undefined): number {
    if (magic === undefined) return 4;
    if (this.#exports.nbd_get_extended_headers_negotiated(this.#pointer) === 1) return magic === extendedReplyMagic ? 32 : 4;
    return magic === simpleReplyMagic ? 16 : magic === structuredReplyMagic ? 20 : 4; // libnbd refuses any other
  }
}
