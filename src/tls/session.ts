// One session of Mbed TLS: an instance of tls.wasm for each connection, so that what a hostile server does to its memory reaches no other.
import { NBDError } from '../base/errors.js';
import type { CompiledModule } from '../base/platform_types.js';
import { Memory, nullPointer, type Pointer } from '../wasm/memory.js';
import type { AesGcm } from './traffic_key.js';

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  _initialize(): void;
  malloc(size: number): Pointer;
  free(pointer: Pointer): void;
  nbd_tls_begin(verify: number): number;
  nbd_tls_set_ca(pem: Pointer, length: number): number;
  nbd_tls_set_crl(pem: Pointer, length: number): number;
  nbd_tls_set_cert(pem: Pointer, length: number): number;
  nbd_tls_set_key(pem: Pointer, length: number): number;
  nbd_tls_set_psk(key: Pointer, keyLength: number, identity: Pointer, identityLength: number): number;
  nbd_tls_start(suites: Pointer, name: Pointer, isAddress: number): number;
  nbd_tls_handshake(): number;
  nbd_tls_read(buffer: Pointer, length: number): number;
  nbd_tls_write(buffer: Pointer, length: number): number;
  nbd_tls_close_notify(): number;
  nbd_tls_suite(): number;
  nbd_tls_verify_result(): number;
  nbd_tls_alert(): number;
  nbd_tls_has_rest(): number;
  nbd_tls_secret_length(): number;
  nbd_tls_secrets(): Pointer;
}

/** What a call answers beside Mbed TLS's errors, which are negative, and counts of bytes (wasm/tls/session.c). */
export const answer = { want: 0x7fffffff, end: 0x7ffffffe, cut: 0x7ffffffd } as const;

/** Room for the data of whole records. */
const dataSize = 2 ** 17;
const mostSecret = 48;

/** The kinds of credentials that are PEM, in the order in which the session takes them. */
export type PemKind = 'ca' | 'crl' | 'cert' | 'key';

/** The IANA numbers of the cipher suites. */
export const suites = {
  aes128: 0x1301, // TLS 1.3: AES-128-GCM, AES-256-GCM and ChaCha20-Poly1305
  aes256: 0x1302,
  chaCha: 0x1303,
  ecdsaChaCha: 0xcca9, // TLS 1.2, all with ECDHE
  rsaChaCha: 0xcca8,
  pskChaCha: 0xccac,
  ecdsaAes128: 0xc02b,
  rsaAes128: 0xc02f,
  ecdsaAes256: 0xc02c,
  rsaAes256: 0xc030,
} as const;

/** A name that a certificate has: text, or the bytes of an address. */
export type CertificateName = string | Uint8Array;

/** The session could not go on: Mbed TLS's error, or how the connection ended. */
export class SessionError extends Error {
  readonly number: number;

  constructor(number: number) {
    super(`Mbed TLS: error -0x${(-number).toString(16)}`);
    this.number = number;
  }
}

export class Session {
  readonly #exports: Exports;
  readonly #memory: Memory;
  /** What came from the server, and was not taken yet. */
  #received: Uint8Array[] = [];
  #receivedBytes = 0;
  #hasEnded = false;
  #toSend: Uint8Array<ArrayBuffer>[] = [];
  /** The names of a certificate that was refused. */
  readonly certificateNames: CertificateName[] = [];
  #data = nullPointer;
  #isOver = false;

  private constructor(exports: Exports, memory: Memory) {
    this.#exports = exports;
    this.#memory = memory;
  }

  static async make(compiled: CompiledModule): Promise<Session> {
    const memory = new Memory();
    let session: Session | undefined;
    const bytes = (at: number, length: number) => memory.bytes.subarray(at, at + length);
    const imports = {
      random: (at: number, length: number) => fillRandom(bytes(at, length) as Uint8Array<ArrayBuffer>),
      now: () => Date.now(),
      receive: (at: number, length: number) => session?.take(bytes(at, length)) ?? -1,
      send: (at: number, length: number) => session?.give(bytes(at, length)),
      certificateName: (isAddress: number, at: number, length: number) => {
        const name = bytes(at, length).slice();
        session?.certificateNames.push(isAddress ? name : new TextDecoder().decode(name));
      },
    };
    const { exports } = await WebAssembly.instantiate(compiled, {
      tls: imports,
      env: { emscripten_notify_memory_growth: () => {} },
    });
    const typed = exports as unknown as Exports;
    memory.attach(typed.memory);
    typed._initialize();
    session = new Session(typed, memory);
    return session;
  }

  // --- settings; each throws a SessionError ---

  begin(verifyPeer: boolean): void {
    this.#check(this.#call(() => this.#exports.nbd_tls_begin(verifyPeer ? 1 : 0)));
  }

  /** Throws a SessionError also where some of several certificates could not be read. */
  setPem(kind: PemKind, pem: string | Uint8Array): void {
    const text = typeof pem === 'string' ? new TextEncoder().encode(pem) : pem;
    const terminated = new Uint8Array(text.length + 1);
    terminated.set(text);
    try {
      this.#with([terminated], (at) =>
        this.#check(this.#call(() => this.#exports[`nbd_tls_set_${kind}`](at, terminated.length))),
      );
    } finally {
      terminated.fill(0);
      if (text !== pem) text.fill(0);
    }
  }

  setPsk(key: Uint8Array, identity: string): void {
    const name = new TextEncoder().encode(identity);
    this.#with([key, name], (at, nameAt) =>
      this.#check(this.#call(() => this.#exports.nbd_tls_set_psk(at, key.length, nameAt, name.length))),
    );
  }

  /** Makes the first message. `name`: what the certificate must be for; undefined for any. */
  start(offered: readonly number[], name: string | undefined, isAddress: boolean): void {
    const list = new Uint8Array(Int32Array.of(...offered, 0).buffer);
    const listAt = this.#copyIn(list); // it stays: the session looks into it again
    if (name === undefined) {
      this.#check(this.#call(() => this.#exports.nbd_tls_start(listAt, nullPointer, 0)));
      return;
    }
    const terminated = new TextEncoder().encode(`${name}\0`);
    this.#with([terminated], (at) => this.#check(this.#call(() => this.#exports.nbd_tls_start(listAt, at, isAddress ? 1 : 0))));
  }

  // --- bytes of the connection ---

  /** Takes bytes that have arrived; they are the session's from here on. */
  receive(bytes: Uint8Array): void {
    if (this.#isOver || bytes.length === 0) return; // to the module, nothing means that it has to wait
    this.#received.push(bytes);
    this.#receivedBytes += bytes.length;
  }

  /** No more will arrive. */
  end(): void {
    this.#hasEnded = true;
  }

  /** How many bytes have arrived and were not looked at. */
  get unread(): number {
    return this.#receivedBytes;
  }

  /** What has arrived and was not looked at, for somebody else who goes on with it. */
  takeUnread(): Uint8Array[] {
    const unread = this.#received;
    this.#received = [];
    this.#receivedBytes = 0;
    return unread;
  }

  /** What is to be sent now. */
  takeToSend(): Uint8Array<ArrayBuffer>[] {
    const toSend = this.#toSend;
    this.#toSend = [];
    return toSend;
  }

  /** @internal For the module: fills a part of its memory. */
  take(target: Uint8Array): number {
    const first = this.#received[0];
    if (first === undefined) return this.#hasEnded ? -1 : 0;
    const count = Math.min(first.length, target.length);
    target.set(first.subarray(0, count));
    if (count === first.length) this.#received.shift();
    else this.#received[0] = first.subarray(count);
    this.#receivedBytes -= count;
    return count;
  }

  /** @internal For the module. */
  give(bytes: Uint8Array): void {
    this.#toSend.push(bytes.slice());
  }

  // --- the session ---

  /** Whether the handshake is over, and the server verified. Throws a SessionError. */
  handshake(): boolean {
    const result = this.#call(() => this.#exports.nbd_tls_handshake());
    if (result === answer.want) return false;
    this.#check(result);
    return true;
  }

  /** The data of the records that are here, as far as there is room for it; undefined where none is whole. Throws a SessionError. */
  read(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#data === nullPointer) this.#data = this.#allocate(dataSize);
    const count = this.#call(() => this.#exports.nbd_tls_read(this.#data, dataSize));
    if (count === answer.want) return undefined;
    if (count < 0 || count > dataSize) throw new SessionError(count);
    return this.#memory.bytes.slice(this.#data, this.#data + count);
  }

  /** Encrypts data. Throws a SessionError. */
  write(data: Uint8Array): void {
    if (this.#data === nullPointer) this.#data = this.#allocate(dataSize);
    for (let done = 0; done < data.length; done += dataSize) {
      const part = data.subarray(done, done + dataSize);
      this.#memory.bytes.set(part, this.#data);
      this.#check(this.#call(() => this.#exports.nbd_tls_write(this.#data, part.length)));
    }
  }

  /** Throws a SessionError. */
  closeNotify(): void {
    this.#check(this.#call(() => this.#exports.nbd_tls_close_notify()));
  }

  /** Why the certificate was refused, as bits; 0 where it was not. */
  get verifyResult(): number {
    const result = this.#exports.nbd_tls_verify_result() >>> 0;
    return result === 0xffffffff ? 0 : result;
  }

  /** The number of the alert that the server has sent. */
  get alert(): number {
    return this.#exports.nbd_tls_alert();
  }

  /** Whether the last message of the handshake has something behind it, in its record. */
  get hasRest(): boolean {
    return this.#exports.nbd_tls_has_rest() !== 0;
  }

  /** The suite, where it is one of TLS 1.3 whose records WebCrypto can do. */
  get aesGcm(): AesGcm | undefined {
    if (this.#exports.nbd_tls_secret_length() === 0) return undefined;
    const suite = this.#exports.nbd_tls_suite();
    if (suite === suites.aes128) return { hash: 'SHA-256', keyLength: 16 };
    return suite === suites.aes256 ? { hash: 'SHA-384', keyLength: 32 } : undefined;
  }

  /** The traffic secrets of TLS 1.3, for the caller to wipe. */
  secrets(): { client: Uint8Array<ArrayBuffer>; server: Uint8Array<ArrayBuffer> } {
    const length = this.#exports.nbd_tls_secret_length();
    const at = this.#exports.nbd_tls_secrets();
    const { bytes } = this.#memory;
    return { client: bytes.slice(at, at + length), server: bytes.slice(at + mostSecret, at + mostSecret + length) };
  }

  /** Wipes all that it knew. It can be used no more. */
  wipe(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#received = [];
    this.#toSend = [];
    this.#memory.bytes.fill(0);
  }

  // --- calls ---

  #check(result: number): void {
    if (result !== 0) throw new SessionError(result);
  }

  /** A call that goes into what a server has sent. A trap is the connection's end, and nobody else's. */
  #call(native: () => number): number {
    if (this.#isOver) throw new Error('the TLS session is over');
    try {
      return native();
    } catch (cause) {
      if (cause instanceof NBDError) throw cause; // of a function here that the module called
      const what = cause instanceof Error ? cause.message : String(cause);
      throw new NBDError(`tls.wasm failed inside (${what}). Please report it, with what led to it`, 'EPROTO', { cause });
    }
  }

  #allocate(size: number): Pointer {
    const pointer = this.#exports.malloc(size);
    if (pointer === nullPointer) throw new NBDError(`no memory for ${size} bytes in tls.wasm`, 'ENOMEM');
    return pointer;
  }

  #copyIn(bytes: Uint8Array): Pointer {
    const at = this.#allocate(Math.max(bytes.length, 1));
    this.#memory.bytes.set(bytes, at);
    return at;
  }

  /** Calls with copies of bytes in the module's memory, which are wiped. */
  #with(arrays: readonly Uint8Array[], call: (...at: Pointer[]) => void): void {
    const copies = arrays.map((bytes) => ({ at: this.#copyIn(bytes), length: bytes.length }));
    try {
      call(...copies.map(({ at }) => at));
    } finally {
      for (const { at, length } of copies) {
        this.#memory.bytes.fill(0, at, at + length);
        this.#exports.free(at);
      }
    }
  }
}

function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  const most = 65536; // of one call
  try {
    for (let at = 0; at < bytes.length; at += most) crypto.getRandomValues(bytes.subarray(at, at + most));
  } catch (cause) {
    throw new NBDError('TLS has no random numbers: crypto.getRandomValues() failed', 'EIO', { cause });
  }
}
