// Follows what a client says just far enough to see every request before the server does, and to tell those that only read.
//
// The client's half of the protocol can be followed alone: each of its messages begins with a magic number, which says whether
// it is still an option or already a request, and with which header. A server that is elsewhere in the protocol drops a client
// that sends it a magic number out of turn. Writes are refused at their header, so that no payload of theirs is ever parsed.

const IHAVEOPT = 0x49484156; // its first half, the second being 0x454f5054
const NBD_REQUEST_MAGIC = 0x25609513;
const NBD_EXTENDED_REQUEST_MAGIC = 0x21e41c71;

const NBD_OPT_EXPORT_NAME = 1;
const NBD_OPT_STARTTLS = 5;

/** Commands that change nothing, by their number. */
const reads: Readonly<Record<number, string>> = { 0: 'READ', 2: 'DISC', 3: 'FLUSH', 5: 'CACHE', 7: 'BLOCK_STATUS' };
const changes: Readonly<Record<number, string>> = { 1: 'WRITE', 4: 'TRIM', 6: 'WRITE_ZEROES', 8: 'RESIZE' };
const NBD_CMD_BLOCK_STATUS = 7;
const NBD_CMD_FLAG_PAYLOAD_LEN = 1 << 5;

const headerSizes: Readonly<Record<number, number>> = {
  [IHAVEOPT]: 16,
  [NBD_REQUEST_MAGIC]: 28,
  [NBD_EXTENDED_REQUEST_MAGIC]: 32,
};

/** What a client must not send. */
export class Violation extends Error {
  /** Whether it asked for a change; otherwise it is not understood. */
  readonly isChange: boolean;

  constructor(reason: string, isChange = false) {
    super(reason);
    this.isChange = isChange;
  }
}

export class ReadOnlyFollower {
  readonly #header = Buffer.alloc(32);
  #filled = 0;
  /** How many bytes the header has, as far as is known. */
  #needed = 4;
  /** Bytes to come that are no header: an option's data, or a request's payload. */
  #skip = 0;
  #phase: 'flags' | 'options' | 'requests' = 'flags';
  /** The header that this connection's requests have. */
  #requestMagic: number | undefined;

  /** Looks at the client's next bytes. Throws a {@link Violation} if they must not reach the server, none of them. */
  follow(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#skip > 0) {
        const count = Math.min(this.#skip, bytes.length - at);
        this.#skip -= count;
        at += count;
        continue;
      }
      const count = Math.min(this.#needed - this.#filled, bytes.length - at);
      this.#header.set(bytes.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
      if (this.#filled === this.#needed) this.#step();
    }
  }

  // As many bytes are there as were needed to know more.
  #step(): void {
    const first = this.#header.readUInt32BE(0);
    if (this.#phase === 'flags') {
      // A server of the oldstyle gets no flags, but requests at once.
      if (first > 3) throw new Violation('only the newstyle protocol can be followed');
      this.#phase = 'options';
      this.#next();
    } else if (this.#needed === 4) {
      const isOption = first === IHAVEOPT && this.#phase === 'options';
      const isRequest = first !== IHAVEOPT && first === (this.#requestMagic ?? first);
      const size = isOption || isRequest ? headerSizes[first] : undefined;
      if (size === undefined) throw new Violation('what the client sends is not NBD');
      this.#needed = size;
    } else if (first === IHAVEOPT) {
      this.#option();
    } else {
      this.#request(first);
    }
  }

  #next(skip = 0): void {
    this.#filled = 0;
    this.#needed = 4;
    this.#skip = skip;
  }

  #option(): void {
    const option = this.#header.readUInt32BE(8);
    if (option === NBD_OPT_STARTTLS) throw new Violation('what TLS hides cannot be followed');
    // Requests follow it without an answer. After NBD_OPT_GO either may come, as the server has answered.
    if (option === NBD_OPT_EXPORT_NAME) this.#phase = 'requests';
    this.#next(this.#header.readUInt32BE(12));
  }

  #request(magic: number): void {
    const flags = this.#header.readUInt16BE(4);
    const command = this.#header.readUInt16BE(6);
    if (reads[command] === undefined) {
      throw new Violation(`read-only: ${changes[command] ?? `command ${command}`} is refused`, true);
    }
    let payload = 0;
    if ((flags & NBD_CMD_FLAG_PAYLOAD_LEN) !== 0) {
      if (magic !== NBD_EXTENDED_REQUEST_MAGIC || command !== NBD_CMD_BLOCK_STATUS) {
        throw new Violation('a payload where the protocol has none');
      }
      payload = Number(this.#header.readBigUInt64BE(24));
    }
    this.#phase = 'requests';
    this.#requestMagic = magic;
    this.#next(payload);
  }
}
