// Decrypts the records of TLS 1.3 that arrive, several at a time, and passes their contents on in their order.
//
// A record is decrypted with the key of now before those in front of it are looked at. If one of them changes the key, the records behind
// it are decrypted again: so each keeps its bytes until its turn. A failure counts only when it is a record's turn.
import { pauseBound } from '../transports/unread.js';
import { alert, Violation } from './failure.js';
import { RecordMemory } from './record_memory.js';
import { type Bytes, headerLength, mostContent, RecordSplitter } from './record_splitter.js';
import { contentType, keyUpdate, rekeyAfter } from './record_writer.js';
import type { TrafficKey } from './traffic_key.js';

/** What came of the records. */
export interface RecordEvents {
  data(content: Bytes): void;
  /** The server says that it sends no more. */
  closeNotify(): void;
  /** The connection has ended without that. */
  cut(): void;
  /** The server's own alert: it has given the session up. */
  alert(description: number): void;
  /** The server did what it may not, or somebody on the way. Nothing more is reported. */
  failed(violation: Violation): void;
  /** The server has changed its key, and wants this side to do so too. Resolves when that is done. */
  updateWanted(): Promise<void>;
  /** The server's key has been in use for long. */
  keyIsWorn(): void;
  /** Whether more may come. */
  roomChanged(hasRoom: boolean): void;
}

/** So many records are decrypted at a time: 512 KiB. */
const mostAtOnce = 32;
/** Above this many bytes that wait to be decrypted, no more may come. */
const waitingBound = 2 ** 18;
/** A source that cannot be stopped may be ahead by this many bytes, and by this many records: what holds a record takes memory too. */
const mostWaiting = 2 ** 26;
const mostWaitingRecords = 2 ** 14;
const weight = ({ length }: Bytes): number => Math.max(length, 200);
/** So many records without data may follow each other: tickets, changes of the key, and empty ones. */
const mostIdle = 64;
/** The longest message after the handshake that is taken: a ticket, of which nothing is used. */
const longestMessage = 2 ** 16;

const newSessionTicket = 4;
const userCanceled = 90;

interface Pending {
  readonly record: Bytes;
  plain: Promise<ArrayBuffer>;
}

export class RecordReader {
  #key: TrafficKey;
  readonly #events: RecordEvents;
  readonly #memory = new RecordMemory();
  readonly #splitter = new RecordSplitter(this.#memory, (record) => this.#arrived(record));
  /** Records that are not being decrypted yet, from `#firstWaiting` on: to shift a long array takes time for each record in it. */
  #waiting: Bytes[] = [];
  #firstWaiting = 0;
  #waitingBytes = 0;
  /** Records that are. */
  #pending: Pending[] = [];
  /** What comes after all of them: the end of the connection, or bytes that are no record. */
  #ending: 'cut' | Violation | undefined;
  #isReading = false;
  #isPaused = false;
  #hasRoom = true;
  #isOver = false;
  /** A message that has begun. */
  #message: Bytes = new Uint8Array();
  #idle = 0;
  #isWorn = false;

  constructor(key: TrafficKey, events: RecordEvents) {
    this.#key = key;
    this.#events = events;
  }

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    if (this.#isOver || this.#ending !== undefined) return;
    try {
      this.#splitter.push(bytes);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#ending = error;
    }
    this.#fill();
  }

  /** No more bytes will come. */
  end(): void {
    this.#ending ??= 'cut';
    this.#fill();
  }

  pause(): void {
    this.#isPaused = true;
    this.#tellRoom();
  }

  resume(): void {
    this.#isPaused = false;
    this.#fill();
  }

  /** Nothing is reported any more. */
  stop(): void {
    this.#isOver = true;
    this.#waiting = [];
    this.#firstWaiting = 0;
    this.#pending = [];
  }

  #arrived(record: Bytes): void {
    this.#waiting.push(record);
    this.#waitingBytes += weight(record);
    if (this.#waitingBytes > mostWaiting || this.#waiting.length - this.#firstWaiting > mostWaitingRecords)
      throw new Violation(alert.internalError, 'the server sent more than can be decrypted');
  }

  // While it is paused, what waits stays where it is. If more and more comes all the same, the source cannot be stopped, and it is for
  // the socket to say what nobody had asked for.
  #fill(): void {
    while (!this.#isOver && this.#pending.length < mostAtOnce && !(this.#isPaused && this.#waitingBytes <= pauseBound)) {
      const record = this.#nextWaiting();
      if (record === undefined) break;
      this.#waitingBytes -= weight(record);
      this.#pending.push({ record, plain: this.#open(record) });
    }
    this.#tellRoom();
    if (!this.#isReading) void this.#read();
  }

  #nextWaiting(): Bytes | undefined {
    const record = this.#waiting[this.#firstWaiting];
    if (record === undefined) return undefined;
    this.#firstWaiting++;
    if (this.#firstWaiting === this.#waiting.length || this.#firstWaiting === mostWaitingRecords) {
      this.#waiting = this.#waiting.slice(this.#firstWaiting);
      this.#firstWaiting = 0;
    }
    return record;
  }

  #tellRoom(): void {
    const hasRoom = !this.#isPaused && this.#waitingBytes <= waitingBound;
    if (hasRoom === this.#hasRoom || this.#isOver) return;
    this.#hasRoom = hasRoom;
    this.#events.roomChanged(hasRoom);
  }

  #open(record: Bytes): Promise<ArrayBuffer> {
    const plain = this.#key.open(record.subarray(0, headerLength), record.subarray(headerLength));
    plain.catch(() => {}); // #read hears of it, when it is the record's turn
    return plain;
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      for (let first = this.#pending[0]; first !== undefined; first = this.#pending[0]) {
        const inner = new Uint8Array(await authentic(first.plain));
        if (this.#isOver) return;
        this.#pending.shift();
        this.#memory.release(first.record);
        const change = this.#take(inner);
        if (change !== undefined) await change;
        this.#fill();
      }
      if (!this.#isOver && this.#ending !== undefined && this.#waiting.length === 0) this.#end(this.#ending);
    } catch (error) {
      this.#end(error instanceof Violation ? error : new Violation(alert.internalError, String(error)));
    } finally {
      this.#isReading = false;
    }
  }

  #end(ending: 'cut' | Violation): void {
    if (this.#isOver) return;
    this.stop();
    if (ending === 'cut') this.#events.cut();
    else this.#events.failed(ending);
  }

  /** What is in a record: its content, its type and zeroes. Returns a promise if the keys change. */
  #take(inner: Bytes): Promise<void> | undefined {
    if (inner.length > mostContent + 1) throw new Violation(alert.recordOverflow, 'a record is too long inside');
    let end = inner.length - 1;
    while (end >= 0 && inner[end] === 0) end--;
    const type = inner[end];
    const content = inner.subarray(0, Math.max(end, 0));
    if (this.#message.length > 0 && type !== contentType.handshake) {
      throw new Violation(alert.unexpectedMessage, 'another record in the middle of a message');
    }
    if (type === contentType.applicationData && content.length > 0) {
      this.#idle = 0;
      this.#events.data(content);
      if (this.#key.count >= rekeyAfter && !this.#isWorn) {
        this.#isWorn = true;
        this.#events.keyIsWorn();
      }
      return undefined;
    }
    if (++this.#idle > mostIdle) throw new Violation(alert.unexpectedMessage, `more than ${mostIdle} records without data`);
    if (type === contentType.applicationData) return undefined;
    if (type === contentType.alert) {
      this.#takeAlert(content);
      return undefined;
    }
    if (type === contentType.handshake && content.length > 0) return this.#takeMessages(content);
    throw new Violation(alert.unexpectedMessage, `an encrypted record of the type ${type ?? 'nothing'}`);
  }

  #takeAlert(content: Bytes): void {
    const description = content[1];
    if (content.length !== 2 || description === undefined) throw new Violation(alert.decodeError, 'an alert of the wrong length');
    if (description === userCanceled) return; // the goodbye follows
    this.stop();
    if (description === alert.closeNotify) this.#events.closeNotify();
    else this.#events.alert(description);
  }

  /** Tickets, which are not used, and changes of the key. A message may have come in several records, or with others. */
  #takeMessages(content: Bytes): Promise<void> | undefined {
    const bytes = new Uint8Array(this.#message.length + content.length);
    bytes.set(this.#message);
    bytes.set(content, this.#message.length);
    let at = 0;
    while (bytes.length - at >= 4) {
      const [type = 0, high = 0, middle = 0, low = 0] = bytes.subarray(at, at + 4);
      const length = high * 2 ** 16 + middle * 2 ** 8 + low;
      if (length > longestMessage) throw new Violation(alert.unexpectedMessage, `a message of ${length} bytes`);
      if (bytes.length - at - 4 < length) break;
      const body = bytes.subarray(at + 4, at + 4 + length);
      at += 4 + length;
      if (type === keyUpdate) {
        if (at < bytes.length) throw new Violation(alert.unexpectedMessage, 'a message across a change of the key');
        this.#message = new Uint8Array();
        return this.#changeKey(body);
      }
      if (type !== newSessionTicket) throw new Violation(alert.unexpectedMessage, `a message of the type ${type}`);
    }
    this.#message = bytes.slice(at);
    return undefined;
  }

  async #changeKey(body: Bytes): Promise<void> {
    const wanted = body[0];
    if (body.length !== 1 || (wanted !== 0 && wanted !== 1)) throw new Violation(alert.decodeError, 'a wrong change of the key');
    this.#key = await this.#key.next();
    this.#isWorn = false;
    for (const pending of this.#pending) pending.plain = this.#open(pending.record);
    if (wanted === 1) await this.#events.updateWanted();
  }
}

/** Why a record could not be decrypted. WebCrypto says nothing but that. */
async function authentic(plain: Promise<ArrayBuffer>): Promise<ArrayBuffer> {
  try {
    return await plain;
  } catch (error) {
    if (error instanceof RangeError) throw new Violation(alert.internalError, error.message);
    throw new Violation(
      alert.badRecordMac,
      'a record is not authentic: somebody on the way has changed, dropped or repeated what the server sent',
    );
  }
}
