// The records of TLS 1.3 with AES-GCM once more, by node:crypto and from the RFCs alone: the other side of the record layer's tests.
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

export const type = { alert: 21, handshake: 22, data: 23 } as const;

export interface IndependentSuite {
  readonly hash: 'sha256' | 'sha384';
  readonly keyLength: 16 | 32;
}

export const aes128: IndependentSuite = { hash: 'sha256', keyLength: 16 };
export const aes256: IndependentSuite = { hash: 'sha384', keyLength: 32 };

function expandLabel({ hash }: IndependentSuite, secret: Buffer, label: string, length: number): Buffer {
  const full = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, full.length]), full, Buffer.from([0])]);
  let block = Buffer.alloc(0);
  let output = Buffer.alloc(0);
  for (let counter = 1; output.length < length; counter++) {
    block = createHmac(hash, secret)
      .update(Buffer.concat([block, info, Buffer.from([counter])]))
      .digest();
    output = Buffer.concat([output, block]);
  }
  return output.subarray(0, length);
}

/** One direction. It encrypts or decrypts one record after the other. */
export class Direction {
  readonly #suite: IndependentSuite;
  #secret: Buffer;
  #sequence = 0n;

  constructor(suite: IndependentSuite, secret: Uint8Array) {
    this.#suite = suite;
    this.#secret = Buffer.from(secret);
  }

  get key(): Buffer {
    return expandLabel(this.#suite, this.#secret, 'key', this.#suite.keyLength);
  }

  get iv(): Buffer {
    return expandLabel(this.#suite, this.#secret, 'iv', 12);
  }

  #nonce(): Buffer {
    const nonce = Buffer.from(this.iv);
    nonce.writeBigUInt64BE(nonce.readBigUInt64BE(4) ^ this.#sequence++, 4);
    return nonce;
  }

  get #cipher(): 'aes-128-gcm' | 'aes-256-gcm' {
    return this.#suite.keyLength === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
  }

  seal(contentType: number, content: Uint8Array, padding = 0): Buffer {
    const inner = Buffer.concat([content, Buffer.from([contentType]), Buffer.alloc(padding)]);
    const header = Buffer.from([23, 3, 3, 0, 0]);
    header.writeUInt16BE(inner.length + 16, 3);
    const cipher = createCipheriv(this.#cipher, this.key, this.#nonce()).setAAD(header);
    return Buffer.concat([header, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
  }

  /** Takes the first record off some bytes. Throws where it is not authentic. */
  open(bytes: Uint8Array): { contentType: number; content: Buffer; rest: Buffer } {
    const all = Buffer.from(bytes);
    const end = 5 + all.readUInt16BE(3);
    const decipher = createDecipheriv(this.#cipher, this.key, this.#nonce())
      .setAAD(all.subarray(0, 5))
      .setAuthTag(all.subarray(end - 16, end));
    const inner = Buffer.concat([decipher.update(all.subarray(5, end - 16)), decipher.final()]);
    let last = inner.length - 1;
    while (inner[last] === 0) last--;
    return { contentType: inner[last] ?? 0, content: inner.subarray(0, last), rest: all.subarray(end) };
  }

  /** What follows a KeyUpdate. */
  update(): void {
    this.#secret = expandLabel(this.#suite, this.#secret, 'traffic upd', this.#secret.length);
    this.#sequence = 0n;
  }
}

export const keyUpdate = (wanted: boolean): Buffer => Buffer.from([24, 0, 0, 1, wanted ? 1 : 0]);
export const ticket = (length: number): Buffer =>
  Buffer.concat([Buffer.from([4, 0, length >> 8, length & 255]), Buffer.alloc(length, 7)]);
