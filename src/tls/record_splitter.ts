// Cuts the bytes that arrive into the records of TLS 1.3, which have to be encrypted ones (RFC 8446, 5.2).
import { alert, Violation } from './failure.js';
import type { RecordMemory } from './record_memory.js';

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
  readonly #memory: RecordMemory;
  readonly #onrecord: (record: Bytes) => void;
  readonly #header = new Uint8Array(headerLength);
  /** A record that has begun to arrive; undefined while its header has not. */
  #record: Bytes | undefined;
  /** How much of it has. */
  #filled = 0;

  /** `onrecord` is called with each record, its header included, which is a copy in the memory. */
  constructor(memory: RecordMemory, onrecord: (record: Bytes) => void) {
    this.#memory = memory;
    this.#onrecord = onrecord;
  }

  /** Throws a {@link Violation}. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += this.#gather(bytes, at);
  }

  /** Takes bytes of one record. Returns how many. */
  #gather(bytes: Uint8Array, at: number): number {
    const target = this.#record ?? this.#header;
    const part = bytes.subarray(at, at + target.length - this.#filled);
    target.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled < target.length) return part.length;
    if (this.#record === undefined) {
      this.#record = this.#memory.take(recordLength(this.#header));
      this.#record.set(this.#header);
      return part.length;
    }
    const record = this.#record;
    this.#record = undefined;
    this.#filled = 0;
    this.#onrecord(record);
    return part.length;
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
