// A handle, as far as the instance that it is made on has to do with it.
import type { NBDError } from '../base/errors.js';
import type { TlsCredentials } from './host.js';

export interface Dependent {
  /** TLS credentials in memory, where the user gave some. */
  readonly credentials: TlsCredentials | undefined;
  /** The instance can be used no more: nothing will complete. */
  abandon(error: NBDError): void;
}
