// Memory for the records that wait for their turn. It is used again and again: in Chromium, fresh memory for each would cost more than the copy
// into this, and what the transport brought can be collected at once.
type Bytes = Uint8Array<ArrayBuffer>;

/** In bytes: more than wait where the transport can be paused. */
const size = 2 ** 21;

export class RecordMemory {
  readonly #bytes = new Uint8Array(size);
  /** Records are in use from here, the oldest first, to `#end`, and go on at 0 where the end does not take one. */
  #start = 0;
  #end = 0;
  #count = 0;

  /** Room for a record. Where there is none left, it is memory of its own. */
  take(length: number): Bytes {
    const at = this.#room(length);
    if (at === undefined) return new Uint8Array(length);
    this.#end = at + length;
    this.#count++;
    return this.#bytes.subarray(at, this.#end);
  }

  #room(length: number): number | undefined {
    const isBehind = this.#count === 0 || this.#end > this.#start;
    if (this.#end + length < (isBehind ? size : this.#start)) return this.#end;
    return isBehind && length < this.#start ? 0 : undefined;
  }

  /** Gives back the record that was taken first of those that were not. */
  release(record: Bytes): void {
    if (record.buffer !== this.#bytes.buffer) return;
    this.#count--;
    this.#start = this.#count === 0 ? 0 : record.byteOffset + record.length;
    if (this.#count === 0) this.#end = 0;
  }
}
