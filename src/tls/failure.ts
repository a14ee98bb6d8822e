// What ends a session: the alert that the other side is told, and the error of the user's.
import { NBDError } from '../base/errors.js';

/** Alerts that are sent (RFC 8446, 6). */
export const alert = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  recordOverflow: 22,
  decodeError: 50,
  internalError: 80,
} as const;

/** Something that the server may not send. */
export class Violation extends Error {
  readonly alert: number;

  constructor(alert: number, message: string) {
    super(message);
    this.alert = alert;
  }
}

const names: Readonly<Record<number, string>> = {
  0: 'close notify',
  10: 'unexpected message',
  20: 'bad record mac',
  22: 'record overflow',
  40: 'handshake failure',
  42: 'bad certificate',
  43: 'unsupported certificate',
  44: 'certificate revoked',
  45: 'certificate expired',
  46: 'certificate unknown',
  47: 'illegal parameter',
  48: 'unknown ca',
  49: 'access denied',
  50: 'decode error',
  51: 'decrypt error',
  70: 'protocol version',
  71: 'insufficient security',
  80: 'internal error',
  86: 'inappropriate fallback',
  90: 'user canceled',
  109: 'missing extension',
  110: 'unsupported extension',
  112: 'unrecognized name',
  115: 'unknown psk identity',
  116: 'certificate required',
};

/** An alert in words, such as `alert bad record mac`. */
export const alertInWords = (number: number): string => `alert ${names[number] ?? number}`;

export const sessionError = (why: string, cause?: unknown): NBDError =>
  new NBDError(`the TLS session failed: ${why}`, 'EPROTO', cause === undefined ? {} : { cause });

export const handshakeError = (why: string, cause?: unknown): NBDError =>
  new NBDError(`the TLS handshake failed: ${why}`, 'EPROTO', cause === undefined ? {} : { cause });

/** Whatever ended a handshake, as an error of the library's. */
export const asHandshakeError = (error: unknown): NBDError =>
  error instanceof NBDError ? error : handshakeError(error instanceof Error ? error.message : String(error), error);

/** The connection ended without a goodbye: somebody may have cut it. */
export const cutOff = (): NBDError =>
  new NBDError("the connection ended without TLS's goodbye (close_notify): something was cut off", 'ECONNRESET');
