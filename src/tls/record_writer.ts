// Encrypts what is sent into records of TLS 1.3. All records of a write are encrypted side by side, and sent in their order.
import { applicationData, type Bytes, mostContent, tagLength } from './record_splitter.js';
import type { TrafficKey } from './traffic_key.js';

export const contentType = { alert: 21, handshake: 22, applicationData } as const;

/** After so many records with one key, the next one is taken: half of what is safe. */
export const rekeyAfter = 2 ** 23;
/** So many records are sent at a time: a message of a WebSocket takes 2^18 bytes. */
const mostTogether = 15;

const warning = 1;
const fatal = 2;
export const keyUpdate = 24;

export class RecordWriter {
  #key: TrafficKey;
  /** Made beforehand, so that no write ever waits for it. */
  #next: Promise<TrafficKey>;
  #nextIsHere: TrafficKey | undefined;
  readonly #send: (chunks: Bytes[], written: () => void) => void;
  readonly #onfail: (error: unknown) => void;
  /** Resolved when all that was to be sent is with the transport. */
  #sending: Promise<void> = Promise.resolve();
  /** Its last word is said. */
  #isOver = false;
  /** A record is missing: what follows must not go out. */
  #isBroken = false;

  /** `send` passes bytes on; `onfail` hears why nothing can be encrypted any more. */
  constructor(key: TrafficKey, send: (chunks: Bytes[], written: () => void) => void, onfail: (error: unknown) => void) {
    this.#key = key;
    this.#send = send;
    this.#onfail = onfail;
    this.#next = this.#prepare();
  }

  #prepare(): Promise<TrafficKey> {
    this.#nextIsHere = undefined;
    const next = this.#key.next().then((key) => {
      this.#nextIsHere = key;
      return key;
    });
    next.catch((error: unknown) => this.#fail(error));
    return next;
  }

  #fail(error: unknown): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#isOver = true;
    this.#onfail(error);
  }

  /** Sends data. All of it has been copied when this returns. */
  write(chunks: readonly Uint8Array[], written: () => void): void {
    if (this.#isOver) return;
    if (this.#key.count >= rekeyAfter && this.#nextIsHere !== undefined) this.#update(this.#nextIsHere, false);
    this.#queue(
      [...contents(chunks)].map((content) => this.#seal(content, contentType.applicationData)),
      written,
    );
  }

  /** Changes the key, and tells the other side so; with `wanted`, the other side is to change its own as well. */
  async update(wanted: boolean): Promise<void> {
    for (;;) {
      const awaited = this.#next;
      const next = await awaited;
      if (this.#isOver) return;
      if (awaited !== this.#next) continue; // another change took this key meanwhile
      this.#update(next, wanted);
      return;
    }
  }

  #update(next: TrafficKey, wanted: boolean): void {
    this.#queue([this.#seal(Uint8Array.of(keyUpdate, 0, 0, 1, wanted ? 1 : 0, 0), contentType.handshake)]);
    this.#key = next;
    this.#next = this.#prepare();
  }

  /** Says goodbye. Nothing is sent after it. */
  closeNotify(): void {
    this.#last(warning, 0);
  }

  /** Tells the other side what it has done. Nothing is sent after it. */
  alert(description: number): void {
    this.#last(fatal, description);
  }

  #last(level: number, description: number): void {
    if (this.#isOver) return;
    this.#queue([this.#seal(Uint8Array.of(level, description, 0), contentType.alert)]);
    this.#isOver = true;
  }

  /** Calls back when all that was to be sent is with the transport. */
  whenSent(call: () => void): void {
    this.#sending.then(call);
  }

  /** `inner` has a byte more than the content, for the type. */
  #seal(inner: Bytes, type: number): Promise<Bytes[]> {
    inner[inner.length - 1] = type;
    const length = inner.length + tagLength;
    const header = Uint8Array.of(applicationData, 3, 3, length >> 8, length);
    const sealed = this.#key.seal(header, inner).then((body) => [header, new Uint8Array(body)]);
    sealed.catch(() => {}); // #queue, which may still wait for others, hears of it
    return sealed;
  }

  #queue(records: Promise<Bytes[]>[], written: () => void = () => {}): void {
    for (let at = 0; at < records.length; at += mostTogether) {
      const group = Promise.all(records.slice(at, at + mostTogether));
      group.catch(() => {}); // it may still wait for others, and hears of it then
      const isLast = at + mostTogether >= records.length;
      this.#sending = this.#sending
        .then(async () => {
          const sealed = await group;
          if (!this.#isBroken) this.#send([join(sealed.flat())], isLast ? written : () => {});
        })
        .catch((error: unknown) => this.#fail(error));
    }
  }
}

/** Cuts chunks into what fits into records; each has room for a byte more. */
function* contents(chunks: readonly Uint8Array[]): Generator<Bytes, void, undefined> {
  let left = chunks.reduce((sum, { length }) => sum + length, 0);
  let index = 0;
  let done = 0; // of the chunk
  while (left > 0) {
    const count = Math.min(left, mostContent);
    const content = new Uint8Array(count + 1);
    for (let filled = 0; filled < count; ) {
      const chunk = chunks[index] as Uint8Array; // `left` counts what is left of them
      const part = chunk.subarray(done, done + count - filled);
      content.set(part, filled);
      filled += part.length;
      done += part.length;
      if (done === chunk.length) {
        index++;
        done = 0;
      }
    }
    left -= count;
    yield content;
  }
}

function join(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
