// What a disk that stays was told, with its defaults filled in.
import type { CacheOptions } from '../disk/block_cache.js';
import type { TlsCredentials } from '../libnbd/host.js';
import type { Addresses } from './addresses.js';
import type { HandleLimits } from './pooled_handle.js';
import type { RemoteDisk } from './remote_disk.js';

export interface Settings extends HandleLimits {
  readonly addresses: Addresses;
  /** Makes a handle. */
  readonly create: () => Promise<RemoteDisk>;
  readonly exportName: string | undefined;
  readonly contexts: readonly string[];
  readonly tls: boolean | TlsCredentials;
  readonly prepare: ((nbd: never) => unknown) | undefined;
  readonly check: ((nbd: never) => unknown) | undefined;
  readonly connections: number;
  readonly readOnly: boolean;
  /** How often each address is tried in an outage; 0 where nothing is tried again. */
  readonly attempts: number;
  readonly maxDelay: number;
  readonly keep: number;
  /** The cache of what was read; undefined for none. */
  readonly blockCache: CacheOptions | undefined;
  readonly connectTimeout: number;
}
