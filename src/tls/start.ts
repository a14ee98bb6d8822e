// What a session is started with: credentials, the name that the certificate must have, and cipher suites.
import { NBDError } from '../base/errors.js';
import type { TlsCredentials, TlsSettings } from '../libnbd/host.js';
import { isAddress } from './addresses.js';
import { type PemKind, type Session, SessionError, suites } from './session.js';

/** What the platform and the user say beside the settings of the handle. */
export interface Circumstances {
  /** Whether WebCrypto is there. */
  readonly hasWebCrypto: boolean;
  /** Whether records may be encrypted by AES in the module. */
  readonly tableAes: boolean;
  /** Whether any certificate of the authority's will do where no name is known: the connection does not leave the machine. */
  readonly isLocal: boolean;
}

/** In bytes; Mbed TLS has room for no more, and no name of DNS is longer. */
const longestName = 255;

/** Throws an NBDError that says what to do, before anything was sent. */
export function start(session: Session, settings: TlsSettings, circumstances: Circumstances): void {
  const credentials = given(settings);
  const { verifyName, verifyPeer } = settings;
  if (new TextEncoder().encode(verifyName ?? '').length > longestName) {
    throw wrong(
      `TLS takes a name of up to ${longestName} bytes: say the one in the server’s certificate, with setTlsHostname(name)`,
    );
  }
  session.begin(verifyPeer);
  if (credentials.psk === undefined) {
    if (verifyPeer) checkVerifiable(credentials, settings, circumstances);
    usePem(session, credentials);
  } else usePsk(session, credentials.psk);
  const name = verifyName === '' ? undefined : verifyName;
  session.start(offered(credentials.psk !== undefined, circumstances), name, name !== undefined && isAddress(name));
}

function given({ credentials, certificates, pskFile }: TlsSettings): TlsCredentials {
  if (credentials !== undefined) return credentials;
  const file = certificates ?? pskFile;
  if (file === undefined) return {};
  throw wrong(`${file}: a page has no files: give credentials in memory, with setTlsCredentials()`, 'ENOTSUP');
}

function checkVerifiable(credentials: TlsCredentials, { verifyName }: TlsSettings, { isLocal }: Circumstances): void {
  if (credentials.ca === undefined) {
    throw wrong(
      'TLS has no authority to trust: there are none of the system here. Give the certificate of the authority that the server’s is of, in PEM, ' +
        'with setTlsCredentials({ ca })',
    );
  }
  if (verifyName === '' || (verifyName === undefined && !isLocal)) {
    throw wrong(
      'TLS does not know whose certificate to expect, and any other server of the authority’s would do: say the name or the address that ' +
        'stands in the server’s certificate, with setTlsHostname(name)',
    );
  }
}

function usePem(session: Session, credentials: TlsCredentials): void {
  const { cert, key } = credentials;
  if ((cert === undefined) !== (key === undefined))
    throw wrong('a certificate of the client’s and its key go together: cert and key');
  for (const kind of ['ca', 'crl', 'cert', 'key'] as const) {
    const pem = credentials[kind];
    if (pem === undefined) continue;
    try {
      session.setPem(kind, pem);
    } catch (error) {
      throw error instanceof SessionError ? wrong(unreadable(kind, error), 'EINVAL', error) : error;
    }
  }
}

const kinds: Readonly<Record<PemKind, string>> = {
  ca: 'the certificate of the authority (ca)',
  crl: 'the list of revoked certificates (crl)',
  cert: 'the certificate of the client (cert)',
  key: 'the key of the client (key)',
};

// Mbed TLS's errors are two numbers in one: where it was noticed, in steps of 0x80, and what it was.
const unknownSignature = -0x2600;
const unknownKey = -0x3c80;
const passwordRequired = -0x3c00;
const passwordMismatch = -0x3b80;
const keysDiffer = -0x3f00;
const noPem = -0x1080;

function unreadable(kind: PemKind, { number }: SessionError): string {
  const what = kinds[kind];
  if (number > 0) return `${what} has ${number} certificates that cannot be read`;
  const noticed = -(-number & ~0x7f);
  if (isUnsupported(number)) return `${what} is of a kind that TLS here does not have: ${supportedKeys}`;
  if (noticed === passwordRequired || noticed === passwordMismatch) return `${what} is encrypted: decrypt it first`;
  if (kind === 'key' && (noticed === keysDiffer || number === keysDiffer))
    return `${what} is not the one of the certificate (cert)`;
  if (noticed === noPem) return `${what} is not PEM`;
  return `${what} cannot be read (Mbed TLS: -0x${(-number).toString(16)})`;
}

export const supportedKeys = 'certificates and keys are of RSA or ECDSA, on P-256, P-384 or P-521; not of Ed25519 or Ed448';

/** Whether an error says that Mbed TLS does not have an algorithm of a certificate's. */
export function isUnsupported(number: number): boolean {
  const noticed = -(-number & ~0x7f);
  return [unknownSignature, unknownKey, -0x2080, -0x3a00, -0x3980].includes(noticed);
}

function usePsk(session: Session, { identity, key }: { identity: string; key: string }): void {
  if (!/^([0-9a-f]{2})+$/i.test(key)) throw wrong(`the key of ${identity} is not hexadecimal, two digits a byte`);
  const bytes = Uint8Array.from(key.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  try {
    session.setPsk(bytes, identity);
  } catch (error) {
    throw error instanceof SessionError ? wrong(`the key of ${identity} is too long, or its name`, 'EINVAL', error) : error;
  } finally {
    bytes.fill(0);
  }
}

/** AES-GCM first, which WebCrypto has in native code; without WebCrypto, ChaCha20-Poly1305 in the module. */
function offered(hasPsk: boolean, { hasWebCrypto, tableAes }: Circumstances): number[] {
  const s = suites;
  const gcm = hasPsk ? [s.aes128] : [s.aes128, s.aes256]; // a key in advance goes with SHA-256
  const chaCha = [s.chaCha, ...(hasPsk ? [s.pskChaCha] : [s.ecdsaChaCha, s.rsaChaCha])];
  const tables = hasPsk ? [] : [s.ecdsaAes128, s.rsaAes128, s.ecdsaAes256, s.rsaAes256];
  const first = hasWebCrypto ? [...gcm, ...chaCha] : chaCha;
  if (!tableAes) return first;
  return [...first, ...(hasWebCrypto ? [] : gcm), ...tables];
}

function wrong(message: string, code: 'EINVAL' | 'ENOTSUP' = 'EINVAL', cause?: unknown): NBDError {
  return new NBDError(message, code, cause === undefined ? {} : { cause });
}
