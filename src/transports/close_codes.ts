// The close codes of a WebSocket, and what they mean for NBD: those of RFC 6455, and those of our proxy (src/proxy/). A page learns
// nothing of an upgrade that was refused, but it learns the code and the reason of a close.
import { codeOf, type ErrnoCode, NBDError } from '../base/errors.js';
import { escapeControls } from '../text/escape.js';

/** Why the proxy closes a connection; chosen after the HTTP status that says the same. */
export const closeCode = {
  /** What the client sent is not NBD over binary messages. */
  badMessage: 4400,
  /** The token is missing or wrong. */
  badToken: 4401,
  /** The page's origin, or the host name that it used, is not allowed. */
  forbidden: 4403,
  unknownTarget: 4404,
  /** The client asked for a change, and the proxy only lets reads through. */
  readOnly: 4405,
  /** The client was silent for too long. */
  timedOut: 4408,
  /** The proxy has as many connections as it may. */
  tooMany: 4429,
  /** The NBD server refused the connection, or cannot be reached. */
  serverRefused: 4502,
  /** The connection to the NBD server broke. */
  serverLost: 4503,
  /** The NBD server did not answer in time. */
  serverTimedOut: 4504,
  /** The NBD server has no TLS, or cannot be trusted. */
  serverInsecure: 4525,
} as const;

const codes: Readonly<Record<number, ErrnoCode>> = {
  1002: 'EPROTO',
  1003: 'EPROTO',
  1007: 'EPROTO',
  1008: 'EACCES',
  1009: 'EMSGSIZE',
  [closeCode.badMessage]: 'EPROTO',
  [closeCode.badToken]: 'EACCES',
  [closeCode.forbidden]: 'EACCES',
  [closeCode.unknownTarget]: 'ENOENT',
  [closeCode.readOnly]: 'EROFS',
  [closeCode.timedOut]: 'ETIMEDOUT',
  [closeCode.tooMany]: 'EBUSY',
  [closeCode.serverRefused]: 'ECONNREFUSED',
  [closeCode.serverTimedOut]: 'ETIMEDOUT',
  [closeCode.serverInsecure]: 'EPROTO',
};

/** The errno's code for a close code: `4404` → `'ENOENT'`. Every other end of a connection is `'ECONNRESET'`. */
export function errnoCodeOfClose(code: number): ErrnoCode {
  return codes[code] ?? 'ECONNRESET';
}

/** Whether a close code says that the peer has ended the stream in good order: 1000, or none at all (which reads as 1005). */
export function isEndOfStream(code: number): boolean {
  return code === 1000 || code === 1005;
}

/**
 * The error of a close that is not the end of the stream. Its text becomes part of the text of the calls that fail; the reason in it,
 * which the other side has chosen, is made safe to show.
 */
export function closeError(code: number, reason: string, hasOpened: boolean, cause: unknown): NBDError {
  const because = cause instanceof Error ? `: ${cause.message}` : '';
  const why = reason === '' ? '' : ` ${escapeControls(reason)}`;
  const [message, fallback]: [string, ErrnoCode] = hasOpened
    ? [`the WebSocket was closed: ${code}${why}${because}`, errnoCodeOfClose(code)]
    : [`the WebSocket could not be opened${because || ': only the browser knows why, its console may say'}`, 'ECONNREFUSED'];
  return new NBDError(message, codeOf(cause, fallback), cause === undefined ? undefined : { cause });
}
