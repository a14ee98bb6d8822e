// The pump drives libnbd's state machine when the handle's socket has something for it.
import { NBDError } from '../base/errors.js';
import { AIO_DIRECTION_WRITE } from '../generated/constants.js';
import type { Exports } from '../libnbd/exports.js';
import type { Instance } from '../libnbd/instance.js';
import type { Socket } from '../sockets/socket.js';
import type { Pointer } from '../wasm/memory.js';

/**
 * The most that a server may send, in bytes, in answer to one option or before the first: libnbd keeps each metadata context that it is
 * told of, and a server could go on until the module's memory is full. 100,000 exports with their names fit.
 */
const handshakeBound = 2 ** 23;

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

  /** Whether libnbd may have something to read, or to find out. */
  get mayRead(): boolean {
    const socket = this.#socket;
    return socket === undefined || socket.closed || socket.readable;
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
   * 1. Let it read while it wants to and its socket has bytes, an end or an error (wasm/pump.c). This comes before writing, as in
   *    upstream's own poll, so that replies never wait behind requests.
   * 2. See in which directions it waits then. In none: it is at rest, closed or dead.
   * 3. Find the socket: libnbd opens one when it connects, and may open another.
   * 4. Where it wants to write and the socket has room: let it write, and go on at 1.
   * 5. Else the socket calls back when that changes.
   *
   * @returns Whether libnbd waits for nothing.
   */
  run(): boolean {
    const exports = this.#exports;
    const pointer = this.#pointer;
    for (;;) {
      if (this.#isHandshaking) this.#boundHandshake();
      const direction = exports.nbd_wasm_pump(pointer);
      if (direction === 0) return true;
      if (this.#socket === undefined || this.#socket.closed) this.#findSocket();
      const socket = this.#socket;
      if (socket === undefined) return false;
      if ((direction & AIO_DIRECTION_WRITE) === 0 || !socket.writable) return false;
      exports.nbd_aio_notify_write(pointer);
    }
  }

  #findSocket(): void {
    const fd = this.#exports.nbd_aio_get_fd(this.#pointer);
    this.#socket = fd === -1 ? undefined : this.#instance.descriptors.get(fd);
    if (this.#socket !== undefined) this.#socket.onready = this.#onready;
  }

  #boundHandshake(): void {
    const socket = this.#socket;
    if (socket === undefined || socket.arrived - this.#answerStart <= handshakeBound) return;
    this.#isHandshaking = false; // it is said once
    const text = `the server sent more than ${handshakeBound} bytes in answer to one option, which no honest server does`;
    socket.error(new NBDError(text, 'EPROTO'));
  }
}
