// The key of one direction of TLS 1.3 with AES-GCM, and the nonces that go with it (RFC 8446, 5.3 and 7.3), by WebCrypto.
//
// WebCrypto's HKDF cannot expand without extracting. No output here is longer than a hash, and then HKDF-Expand is one HMAC.

/** What a cipher suite is made of. */
export interface AesGcm {
  readonly hash: 'SHA-256' | 'SHA-384';
  /** In bytes. */
  readonly keyLength: 16 | 32;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** AES-GCM's safety is proven for 2^24.5 whole records (RFC 8446, 5.5). One more than this is never made, nor taken. */
export const mostRecords = 2 ** 24;

const ivLength = 12;

export class TrafficKey {
  readonly #key: CryptoKey;
  readonly #iv: Bytes;
  /** Makes the secret of the next key. */
  readonly #secret: CryptoKey;
  readonly #suite: AesGcm;
  #count = 0;

  private constructor(key: CryptoKey, iv: Bytes, secret: CryptoKey, suite: AesGcm) {
    this.#key = key;
    this.#iv = iv;
    this.#secret = secret;
    this.#suite = suite;
  }

  /** Makes the key of a traffic secret, which is wiped. */
  static async from(secret: Bytes, suite: AesGcm): Promise<TrafficKey> {
    const raw: Bytes[] = [secret];
    try {
      const hmac = { name: 'HMAC', hash: suite.hash };
      const imported = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign']);
      const [key, iv] = await Promise.all([expand(imported, 'key', suite.keyLength), expand(imported, 'iv', ivLength)]);
      raw.push(key);
      const aes = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt']);
      return new TrafficKey(aes, iv, imported, suite);
    } finally {
      for (const bytes of raw) bytes.fill(0);
    }
  }

  /** The key that follows this one after a KeyUpdate. */
  async next(): Promise<TrafficKey> {
    const { hash } = this.#suite;
    return TrafficKey.from(await expand(this.#secret, 'traffic upd', hash === 'SHA-256' ? 32 : 48), this.#suite);
  }

  /** How many records it was used for. */
  get count(): number {
    return this.#count;
  }

  /** Encrypts the next record. WebCrypto has copied the bytes when this returns. */
  async seal(header: Bytes, inner: Bytes): Promise<ArrayBuffer> {
    return crypto.subtle.encrypt(this.#algorithm(header), this.#key, inner);
  }

  /** Decrypts the next record. Rejects where it is not authentic. */
  async open(header: Bytes, sealed: Bytes): Promise<ArrayBuffer> {
    return crypto.subtle.decrypt(this.#algorithm(header), this.#key, sealed);
  }

  // The nonce: the number of the record, in the last bytes of the IV. No two records have one.
  #algorithm(additionalData: Bytes): AesGcmParams {
    if (this.#count >= mostRecords) throw new RangeError('a key of TLS was used for too long');
    const iv = this.#iv.slice();
    const view = new DataView(iv.buffer);
    const last = ivLength - 4; // numbers stay below 2^32
    view.setUint32(last, view.getUint32(last) ^ this.#count++);
    return { name: 'AES-GCM', iv, additionalData };
  }
}

const encoder = new TextEncoder();

/** HKDF-Expand-Label with an empty context. */
async function expand(secret: CryptoKey, label: string, length: number): Promise<Bytes> {
  const name = encoder.encode(`tls13 ${label}`);
  const info = Uint8Array.of(length >> 8, length, name.length, ...name, 0, 1); // 1: the first block, of one
  const block = new Uint8Array(await crypto.subtle.sign('HMAC', secret, info));
  const result = block.slice(0, length);
  block.fill(0);
  return result;
}
