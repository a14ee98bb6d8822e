// openDisk(): its options and their defaults.
import { checkedSignal, type WaitOptions } from '../base/abort.js';
import { describe } from '../base/describe.js';
import type { CacheOptions } from '../disk/block_cache.js';
import { CONTEXT_BASE_ALLOCATION } from '../generated/constants.js';
import type { TlsCredentials } from '../libnbd/host.js';
import { Addresses, type Where } from './addresses.js';
import { LastingDisk } from './lasting_disk.js';
import type { RemoteDisk } from './remote_disk.js';
import type { Settings } from './settings.js';
import { platformTiming, type Timing } from './timing.js';

/** How a lost connection is opened again. */
export interface RetryOptions {
  /** How often each address is tried in one outage, and how often one request is repeated; 12 unless told otherwise. */
  attempts?: number | undefined;
  /**
   * The longest delay between two attempts, in milliseconds; 10,000 unless told otherwise. The first one is at most 100, each further one twice
   * the one before, and every one is shortened by chance, to half at most.
   */
  maxDelay?: number | undefined;
  /**
   * Copies are kept of what was acknowledged and not flushed, and are written again to the next server when one has died: so many bytes; 0
   * unless told otherwise. When there are more, the disk flushes by itself, and the write that led to it waits.
   */
  keep?: number | undefined;
}

/** The options of {@link openDisk}; `Handle` is what its functions get. */
export interface OpenDiskOptions<Handle> extends WaitOptions {
  /** For addresses that name no export: URLs of WebSockets, and sockets. The server's default unless told otherwise. */
  exportName?: string | undefined;
  /** The metadata contexts to ask the server for; `['base:allocation']` unless told otherwise. */
  contexts?: readonly string[] | undefined;
  /** Requires TLS, with credentials where some are given. Without it, the URI says whether there is TLS. */
  tls?: boolean | TlsCredentials | undefined;
  /** Sets each new handle up before it is connected, after the other options did. */
  prepare?: ((nbd: Handle) => unknown) | undefined;
  /**
   * Looks at each new connection before it is used. What it throws counts as a failed attempt: the next address has its turn. Size, block
   * sizes and flags of the export are compared in any case.
   */
  check?: ((nbd: Handle) => unknown) | undefined;
  /** The most connections, which there are where the server allows several (`canMultiConn`); 4 unless told otherwise. */
  connections?: number | undefined;
  /** How lost connections are opened again; `false`: not at all. */
  retry?: RetryOptions | false | undefined;
  /** Milliseconds that a request may take; 60,000 unless told otherwise, `Infinity` for no limit. */
  timeout?: number | undefined;
  /** Milliseconds that a connection may take until it can be used, with `prepare` and `check`; 15,000 unless told otherwise. */
  connectTimeout?: number | undefined;
  /** Milliseconds without a request after which the server is asked for its first block; 30,000 unless told otherwise, `Infinity` for never. */
  keepalive?: number | undefined;
  /** Refuses changes with `EROFS`. */
  readOnly?: boolean | undefined;
  /**
   * Keeps blocks that were read, and reads ahead of who goes on where they were, as {@link cached} does; `true` for its sizes, `false` unless told
   * otherwise. The blocks are dropped when the last connection was lost: the next server may have something else.
   */
  blockCache?: boolean | CacheOptions | undefined;
}

/** Opens a disk. The signal ends the opening, and means nothing afterwards. */
export async function openDiskWith<Handle>(
  create: () => Promise<RemoteDisk>,
  where: Where,
  options: OpenDiskOptions<Handle> = {},
  timing: Timing = platformTiming,
): Promise<LastingDisk> {
  const signal = checkedSignal('openDisk', options);
  signal?.throwIfAborted();
  return LastingDisk.open(settings(create, where, options, timing), signal);
}

function settings<Handle>(
  create: () => Promise<RemoteDisk>,
  where: Where,
  options: OpenDiskOptions<Handle>,
  timing: Timing,
): Settings {
  const retry = options.retry === false ? { attempts: 0 } : (options.retry ?? {});
  return {
    addresses: new Addresses(where),
    create,
    exportName: options.exportName,
    contexts: options.contexts ?? [CONTEXT_BASE_ALLOCATION],
    tls: options.tls ?? false,
    prepare: options.prepare,
    check: options.check,
    connections: atLeast('connections', options.connections ?? 4, 1),
    readOnly: options.readOnly ?? false,
    attempts: atLeast('retry.attempts', retry.attempts ?? 12, 0),
    maxDelay: atLeast('retry.maxDelay', retry.maxDelay ?? 10_000, 0),
    keep: atLeast('retry.keep', retry.keep ?? 0, 0),
    timeout: atLeast('timeout', options.timeout ?? 60_000, 1),
    connectTimeout: atLeast('connectTimeout', options.connectTimeout ?? 15_000, 1),
    keepalive: atLeast('keepalive', options.keepalive ?? 30_000, 1),
    blockCache: cacheOptions(options.blockCache ?? false),
    timing,
  };
}

function cacheOptions(blockCache: boolean | CacheOptions): CacheOptions | undefined {
  if (typeof blockCache === 'boolean') return blockCache ? {} : undefined;
  if (typeof blockCache === 'object') return blockCache;
  throw new TypeError(`openDisk: blockCache must be a boolean or an object, not ${describe(blockCache)}`);
}

function atLeast(name: string, value: number, least: number): number {
  if (typeof value === 'number' && value >= least) return value;
  throw new RangeError(`openDisk: ${name} must be a number of at least ${least}, not ${describe(value)}`);
}
