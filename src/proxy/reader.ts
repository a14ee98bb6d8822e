// Reads a socket into buffers that are used again, which costs half of what a new one for each read does.
import { connect, type Socket } from 'node:net';
import type { Address } from './target.js';

/** What is read at once becomes one message, and each costs a browser a lot: a read of 256 KiB is answered in one, with its header. */
const bufferSize = 2 ** 18 + 2 ** 12;
/** What is shorter than this is copied, so that it does not keep a whole buffer waiting. */
const copyMax = bufferSize / 8;
/** Buffers that nobody uses are kept, for all connections, up to this number. */
const maxSpare = 32;
const spare: Buffer[] = [];

/**
 * A host name may have several addresses, which are tried in turn. By itself, Node gives up each but the last after a
 * quarter of a second; the longest time that its timers know is no limit.
 */
export const eachAddress = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 2 ** 31 - 1 };

/** Gets bytes that were read; they are good until `release` is called. */
export type OnBytes = (bytes: Buffer, release: () => void) => void;

export class Reader {
  readonly socket: Socket;
  readonly delay = 'the NBD server cannot be reached in time';
  /** How much memory the bytes take that were not released yet, bytes that were copied aside. */
  held = 0;
  readonly #onbytes: OnBytes;
  #buffer: Buffer = spare.pop() ?? Buffer.allocUnsafeSlow(bufferSize);

  constructor(address: Address, onbytes: OnBytes) {
    this.#onbytes = onbytes;
    this.socket = connect({
      ...address,
      ...eachAddress,
      noDelay: true,
      onread: { buffer: () => this.#buffer, callback: this.#onRead },
    });
    this.socket.on('close', () => this.#free(this.#buffer));
  }

  readonly #onRead = (count: number): boolean => {
    const buffer = this.#buffer;
    if (count < copyMax) {
      this.#onbytes(Buffer.from(buffer.subarray(0, count)), () => {});
      return true;
    }
    this.#buffer = spare.pop() ?? Buffer.allocUnsafeSlow(bufferSize);
    this.held += bufferSize;
    this.#onbytes(count === bufferSize ? buffer : buffer.subarray(0, count), () => {
      this.held -= bufferSize;
      this.#free(buffer);
    });
    return true;
  };

  #free(buffer: Buffer): void {
    if (spare.length < maxSpare) spare.push(buffer);
  }
}
