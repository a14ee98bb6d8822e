// Cuts the bytes that arrive into the records of TLS 1.3, which have to be encrypted ones (RFC 8446, 5.2).
import { alert, Violation } from './failure.js';

export type Bytes = Uint8Array<ArrayBuffer>;

export const headerLength = 5;
/** The most that a record carries. */
export const mostContent = 2 ** 14;
export const tagLength = 16;
/** Encrypted it may be longer by this, for its type, its padding and its tag. */
const mostGrowth = 256;

/** What the outside of a record says that is encrypted. What it is stands inside. */
export const applicationData = 23;

export class RecordSplitter {
  readonly #onrecord: (record: Bytes) => void;
  readonly #header = new Uint8Array(headerLength);
  /** A record that has begun to arrive; undefined while its header has not. */
  #record: Bytes | undefined;
  /** How much of it has. */
  #filled = 0;

  /** `onrecord` is called with each record, its header included. */
  constructor(onrecord: (record: Bytes) => void) {
    this.#onrecord = onrecord;
  }

  /** `reused`: the bytes are somebody else's once this has returned. Throws a {@link Violation}. */
  push(bytes: Uint8Array, reused: boolean): void {
    for (let at = 0; at < bytes.length; ) {
      const left = bytes.length - at;
      if (this.#filled === 0 && left >= headerLength) {
        const length = recordLength(bytes.subarray(at, at + headerLength));
        if (left >= length) {
          const record = bytes.subarray(at, at + length) as Bytes; // no socket's memory is shared between threads
          this.#onrecord(reused ? record.slice() : record);
          at += length;
          continue;
        }
      }
      at += this.#gather(bytes.subarray(at));
    }
  }

  /** Takes bytes of a record that is not whole. Returns how many. */
  #gather(bytes: Uint8Array): number {
    const target = this.#record ?? this.#header;
    const count = Math.min(bytes.length, target.length - this.#filled);
    target.set(bytes.subarray(0, count), this.#filled);
    this.#filled += count;
    if (this.#filled < target.length) return count;
    if (this.#record === undefined) {
      this.#record = new Uint8Array(recordLength(this.#header));
      this.#record.set(this.#header);
      return count;
    }
    const record = this.#record;
    this.#record = undefined;
    this.#filled = 0;
    this.#onrecord(record);
    return count;
  }
}

/** The length of a record with its header. (The version in it means nothing, and is authenticated with the rest.) */
function recordLength([type = 0, , , high = 0, low = 0]: Uint8Array): number {
  if (type !== applicationData)
    throw new Violation(alert.unexpectedMessage, `a record of the type ${type} that is not encrypted`);
  const length = high * 256 + low;
  if (length > mostContent + mostGrowth) throw new Violation(alert.recordOverflow, `a record of ${length} bytes`);
  if (length <= tagLength) throw new Violation(alert.decodeError, `a record of ${length} bytes, too short for any`);
  return headerLength + length;
}
