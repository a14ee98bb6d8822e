// The bytes that libnbd sent on a virtual descriptor: some wait for the end of this turn, others are with the transport, which has
// not passed them on yet. Small sends are gathered in one buffer. Large ones are written from where they are.
import { NBDError } from '../base/errors.js';
import { copy } from './copy.js';

/** Above this many bytes that the transport has not passed on yet, libnbd is told to wait. */
const sendBound = 2 ** 22;
/** Sends up to this size are gathered. */
const gatherMax = 2 ** 13;
const gatherSize = 2 ** 16;
/** The first buffer for it: a handle that makes few requests at a time needs no more. */
const firstGatherSize = 2 ** 12;
const maxSpareGathers = 8;

export class SendQueue {
  /** Chunks to be written. After them come the bytes of the gathering buffer, from #gatherStart to #gathered. */
  #toWrite: Uint8Array[] = [];
  #gather: Uint8Array | undefined;
  /** How long the next one is that is made. */
  #gatherSize = firstGatherSize;
  #gathered = 0;
  #gatherStart = 0;
  readonly #fullGathers: Uint8Array[] = []; // to be used again once nothing is pending
  #spareGathers: Uint8Array[] = [];
  #pending = 0; // taken from libnbd and not yet passed on by the transport
  #inTransport = 0; // how many of the pending bytes the transport was given
  #wasFull = false;

  /** How many bytes can be added; 0 or less when libnbd has to wait. */
  get room(): number {
    return sendBound - this.#pending;
  }

  get isEmpty(): boolean {
    return this.#pending === 0;
  }

  /** Adds a copy of bytes. */
  add(source: Uint8Array, start: number, count: number): void {
    this.#gatherBytes(source, start, count);
    this.#count(count);
  }

  /** Adds bytes of a buffer that does not change before they are written. */
  addStable(source: Uint8Array, start: number, count: number): void {
    if (count <= gatherMax) {
      this.add(source, start, count);
      return;
    }
    this.#endGathered();
    this.#toWrite.push(source.subarray(start, start + count));
    this.#count(count);
  }

  #count(bytes: number): void {
    this.#pending += bytes;
    this.#wasFull ||= this.#pending >= sendBound;
  }

  /**
   * Takes out the chunks to be written, in their order, for the transport. Once the transport has passed them on, `written` is told
   * their number of bytes.
   *
   * @throws NBDError EFAULT when a buffer was transferred away.
   */
  take(): { chunks: readonly Uint8Array[]; bytes: number } {
    this.#endGathered();
    const chunks = this.#toWrite;
    for (const { length } of chunks) if (length === 0) throw transferred();
    const bytes = this.#pending - this.#inTransport;
    if (chunks.length > 0) this.#toWrite = [];
    this.#inTransport += bytes;
    return { chunks, bytes };
  }

  /** The transport has passed on so many bytes. Returns whether libnbd, which had to wait, has room again. */
  written(bytes: number): boolean {
    this.#inTransport -= bytes;
    this.#pending -= bytes;
    if (this.#pending === 0) {
      // Nobody holds a view of these any more.
      this.#gathered = 0;
      this.#gatherStart = 0;
      if (this.#fullGathers.length > 0)
        this.#spareGathers = [...this.#fullGathers.splice(0), ...this.#spareGathers].slice(0, maxSpareGathers);
    }
    if (!this.#wasFull || this.#pending > sendBound / 2) return false;
    this.#wasFull = false;
    return true;
  }

  #gatherBytes(source: Uint8Array, start: number, length: number): void {
    for (let done = 0; done < length; ) {
      if (this.#gather === undefined) {
        this.#gather = this.#spareGathers.pop() ?? new Uint8Array(this.#gatherSize);
        this.#gatherSize = gatherSize;
        this.#gathered = 0;
        this.#gatherStart = 0;
      }
      const { length: size } = this.#gather;
      const count = Math.min(length - done, size - this.#gathered);
      copy(source, start + done, this.#gather, this.#gathered, count);
      done += count;
      this.#gathered += count;
      if (this.#gathered === size) {
        this.#endGathered();
        if (size === gatherSize && this.#fullGathers.length < maxSpareGathers) this.#fullGathers.push(this.#gather);
        this.#gather = undefined;
      }
    }
  }

  // Makes a chunk of what was gathered since the last one.
  #endGathered(): void {
    if (this.#gather === undefined || this.#gathered === this.#gatherStart) return;
    this.#toWrite.push(this.#gather.subarray(this.#gatherStart, this.#gathered));
    this.#gatherStart = this.#gathered;
  }
}

/** The error of a write whose buffer was transferred. Half of the request is out, so the connection cannot go on. */
export function transferred(): Error {
  return new NBDError('the buffer of a write was transferred before it was sent', 'EFAULT');
}
