// Why a handshake failed, in words that say what to do.
import type { NBDError } from '../base/errors.js';
import type { TlsSettings } from '../libnbd/host.js';
import { escapeControls } from '../text/escape.js';
import { addressInWords } from './addresses.js';
import { alertInWords, handshakeError } from './failure.js';
import { answer, type CertificateName, type Session, SessionError } from './session.js';
import { isUnsupported, supportedKeys } from './start.js';

/** Bits of MBEDTLS_X509_BADCERT_… and MBEDTLS_X509_BADCRL_…; that of the name is told by itself. */
const nameMismatch = 0x04;
const flaws: readonly (readonly [bit: number, words: string])[] = [
  [0x01, 'the certificate has expired'],
  [0x200, 'the certificate is not valid yet'],
  [0x02, 'the certificate was revoked'],
  [0x08, 'the certificate is not of an authority that is trusted (ca)'],
  [0x40, 'the server has shown no certificate'],
  [0x10, 'the list of revoked certificates (crl) is not of the authority'],
  [0x20, 'the list of revoked certificates (crl) has expired'],
  [0x400, 'the list of revoked certificates (crl) is not valid yet'],
  [0x800 | 0x1000, 'the certificate is not for servers'],
  [0x4000 | 0x8000 | 0x1_0000, 'the certificate is signed in a way that is too weak'],
  [0x2_0000 | 0x4_0000 | 0x8_0000, 'the list of revoked certificates (crl) is signed in a way that is too weak'],
];

/** Mbed TLS's, for the goodbye of a server that does not go on with the handshake. */
const closeNotify = -0x7880;

const errors: Readonly<Record<number, string>> = {
  [answer.cut]: 'the server closed the connection',
  [-0x6e00]: 'the server chose what was not offered',
  [-0x6e80]: 'the server has neither TLS 1.3 nor TLS 1.2',
  [-0x7180]: 'a record is not authentic',
  [-0x7200]: 'what the server sends is not TLS',
  [-0x7300]: 'the server sent a message that is wrong',
  [-0x7700]: 'the server sent a message that does not belong there',
  [-0x6600]:
    'the server sent what is not allowed there. With TLS 1.2 and a certificate of RSA, it may sign by RSA-PSS, which is here only in ' +
    'TLS 1.3: have the server use TLS 1.3, or a certificate of ECDSA',
  [closeNotify]: 'the server closed the connection',
  [-0x7a00]: 'the certificate cannot be read',
  [-0x4e00]: 'the server could not prove that the certificate is its own',
};

const seeKey = 'see whether the server knows this identity and this key';

const fatalAlert = -0x7780;
const handshakeFailure = 40;
const insufficientSecurity = 71;
const protocolVersion = 70;

export function refused(session: Session, error: unknown, settings: TlsSettings, hasWebCrypto: boolean): NBDError {
  if (!(error instanceof SessionError)) return handshakeError(error instanceof Error ? error.message : String(error), error);
  return handshakeError(reason(session, error.number, settings, hasWebCrypto), error);
}

function reason(session: Session, number: number, settings: TlsSettings, hasWebCrypto: boolean): string {
  if (number === fatalAlert) return alertReason(session.alert, settings, hasWebCrypto);
  if ((number === answer.cut || number === closeNotify) && settings.credentials?.psk !== undefined)
    return `the server closed the connection: ${seeKey}`;
  if (isUnsupported(number)) return `the certificate is of a kind that TLS here does not have: ${supportedKeys}`;
  const bits = session.verifyResult;
  const words = flaws.filter(([bit]) => (bits & bit) !== 0).map(([, flaw]) => flaw);
  if ((bits & nameMismatch) !== 0) words.push(wrongName(session.certificateNames, settings));
  if (words.length > 0) return words.join('; ');
  return errors[number] ?? errors[-(-number & ~0x7f)] ?? `Mbed TLS has the error -0x${(-number).toString(16)}`;
}

function wrongName(names: readonly CertificateName[], { hostname, verifyName }: TlsSettings): string {
  const known = names.map((name) => (typeof name === 'string' ? escapeControls(name) : addressInWords(name)));
  const of = known.length > 0 ? `for ${known.join(', ')}` : 'for other names';
  const wanted = escapeControls(verifyName ?? '');
  if (hostname !== verifyName) return `the certificate is ${of}, not for ${wanted}`;
  return (
    `the certificate is ${of}, not for ${wanted}. If ${wanted} is only what a proxy calls the server, say the name in the server’s certificate, ` +
    'with setTlsHostname(name)'
  );
}

function alertReason(alert: number, { credentials }: TlsSettings, hasWebCrypto: boolean): string {
  const words = alertInWords(alert);
  if (alert === handshakeFailure || alert === insufficientSecurity || alert === protocolVersion) {
    const ciphers = hasWebCrypto
      ? 'TLS 1.3, or TLS 1.2 with ECDHE and ChaCha20-Poly1305'
      : 'ChaCha20-Poly1305, as this page is no secure context (https:)';
    return `${words}: there may be no cipher that both have. Here is ${ciphers}; ${supportedKeys}`;
  }
  if (credentials?.psk !== undefined) return `${words}: ${seeKey}`;
  return words;
}
