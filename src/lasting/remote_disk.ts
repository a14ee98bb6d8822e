// A handle, here or in a worker, as far as a disk that stays uses it.
import type { WaitOptions } from '../base/abort.js';
import type { NBDError } from '../base/errors.js';
import type { Disk, Soon } from '../disk/disk.js';
import type { Tls } from '../generated/constants.js';
import type { TlsCredentials } from '../libnbd/host.js';
import type { SocketLike } from '../transports/socket_like.js';

export interface RemoteDisk extends Disk {
  /** Fulfilled when the connection is lost. */
  readonly lost: Promise<NBDError>;
  setExportName(name: string): Soon<void>;
  addMetaContext(context: string): Soon<void>;
  setTls(tls: Tls): Soon<void>;
  setTlsCredentials(credentials: TlsCredentials): Soon<void>;
  connectUri(uri: string, options: WaitOptions): Promise<void>;
  connectSocket(socket: SocketLike, options: WaitOptions): Promise<void>;
  canDf(): Soon<boolean>;
  shutdown(options: WaitOptions): Promise<void>;
  close(): Soon<void>;
}
