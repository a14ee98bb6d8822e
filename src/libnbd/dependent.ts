// What an instance needs of each handle that was made on it.
import type { NBDError } from '../base/errors.js';
import type { TlsCredentials } from './host.js';

export interface Dependent {
  /** TLS credentials in memory, where the user gave some. */
  readonly credentials: TlsCredentials | undefined;
  /** The instance is broken: nothing will complete. */
  abandon(error: NBDError): void;
}
