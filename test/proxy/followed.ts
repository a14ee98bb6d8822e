// A client's bytes, followed as the proxy does, with a server that answers by the book: it takes each option by its length.
import { Violation } from '../../src/proxy/ending.js';
import { Follower, type Rules } from '../../src/proxy/follower.js';
import { concat, u16, u32, u64 } from '../support/bytes.js';
import { exportInfo, greeting, optionReply } from '../support/protocol.js';
import { EXPORT_NAME, GO, INFO, LIST } from './client_bytes.js';

export const readOnly: Rules = { readOnly: true, exportName: undefined };

/** A server that takes a block status with a payload. */
export const takesStatusPayload = { exportFlags: 1 | (1 << 12) };

/** A stream as messages of one size. */
export function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/** How a server answers. */
export interface Choices {
  /** Its greeting's flags. */
  greeting?: number;
  /** Whether it agrees to the option that comes as the nth. */
  agrees?: (number: number, nth: number) => boolean;
  /** Its export's flags. */
  exportFlags?: number;
  /** In pieces of this size. */
  pieceSize?: number;
}

export interface Outcome {
  /** What the server got. */
  toServer: Uint8Array;
  /** What the proxy has said in the server's place. */
  injected: Uint8Array;
  /** The close code and the reason; undefined for a connection that goes on. */
  ending: { code: number; reason: string } | undefined;
}

export function follow(rules: Rules, messages: readonly Uint8Array[], choices: Choices = {}): Outcome {
  const server = new BookServer(choices);
  let injected: Uint8Array = new Uint8Array();
  const outlet = {
    toServer: (bytes: Uint8Array) => server.receive(bytes),
    toClient: (bytes: Uint8Array) => {
      injected = concat(injected, bytes);
    },
  };
  const outcome = () => ({ toServer: server.received, injected, ending: undefined });
  try {
    const follower = new Follower(rules, outlet);
    const answer = () => {
      for (let said = server.take(); said.length > 0; said = server.take()) follower.serverSays(Buffer.from(said));
    };
    answer();
    for (const message of messages) {
      follower.clientSays(Buffer.from(message));
      answer();
    }
    return outcome();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { ...outcome(), ending: { code: error.code, reason: error.message } };
  }
}

class BookServer {
  received: Uint8Array = new Uint8Array();
  readonly #choices: Required<Choices>;
  #answer: Uint8Array;
  #at = 0;
  #options = 0;
  #phase: 'flags' | 'options' | 'requests' = 'flags';
  #hasZeroes = true;

  constructor({ greeting: flags = 3, agrees = () => true, exportFlags = 1, pieceSize = 2 ** 16 }: Choices) {
    this.#choices = { greeting: flags, agrees, exportFlags, pieceSize };
    this.#answer = greeting(flags);
  }

  receive(bytes: Uint8Array): void {
    this.received = concat(this.received, bytes);
    while (this.#step()) {}
  }

  /** The next piece of what it has said. */
  take(): Uint8Array {
    const piece = this.#answer.subarray(0, this.#choices.pieceSize);
    this.#answer = this.#answer.subarray(piece.length);
    return piece;
  }

  #step(): boolean {
    const rest = Buffer.from(this.received.subarray(this.#at));
    if (this.#phase === 'flags' && rest.length >= 4) {
      this.#hasZeroes = (rest.readUInt32BE() & 2) === 0;
      this.#phase = 'options';
      this.#at += 4;
      return true;
    }
    if (this.#phase !== 'options' || rest.length < 16) return false;
    const length = rest.readUInt32BE(12);
    if (rest.length < 16 + length) return false;
    this.#at += 16 + length;
    this.#option(rest.readUInt32BE(8));
    return true;
  }

  #option(number: number): void {
    const { agrees, exportFlags } = this.#choices;
    if (number === EXPORT_NAME) {
      this.#phase = 'requests';
      this.#say(u64(2 ** 20), u16(exportFlags), new Uint8Array(this.#hasZeroes ? 124 : 0));
    } else if (agrees(number, this.#options++)) {
      if (number === GO) this.#phase = 'requests';
      if (number === LIST) this.#say(optionReply(number, 2, concat(u32(4), u32(0x6469736b))));
      if (number === GO || number === INFO) {
        this.#say(optionReply(number, 3, exportInfo(2n ** 20n, exportFlags)), optionReply(number, 3, concat(u16(2), u32(0))));
      }
      this.#say(optionReply(number, 1));
    } else {
      this.#say(optionReply(number, 2 ** 31 + 1, new TextEncoder().encode('no')));
    }
  }

  #say(...parts: Uint8Array[]): void {
    this.#answer = concat(this.#answer, ...parts);
  }
}
