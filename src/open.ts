// openDisk(), on handles of this thread.
import type { Where } from './lasting/addresses.js';
import type { LastingDisk } from './lasting/lasting_disk.js';
import type { OpenDiskOptions } from './lasting/open_disk.js';
import { type Library, NBD } from './nbd.js';

/** The options of {@link openDisk}. */
export interface OpenOptions extends OpenDiskOptions<NBD> {
  /** The instance of libnbd for its handles, as for a server that is not trusted; the shared one unless told otherwise. */
  lib?: Library | undefined;
}

/**
 * Opens a disk of an NBD server to read and write it, and keeps it: connections that are lost are opened again.
 *
 * ```ts
 * const disk = await openDisk('nbd://localhost/disk');
 * const sector = await disk.pread(512, 0); // a Uint8Array with the first 512 bytes
 * await disk.shutdown();
 * ```
 *
 * What it promises:
 *
 * - Up to 4 connections where the server allows several; each request goes to the one with the least to do. All of them lead to one address.
 * - A connection that is lost is opened again, up to 12 times with delays of up to 10 seconds, at the next address after each failure. Reads,
 *   block status, `cache` and changes whose connection has ended are repeated then; calls that overlap such a change wait for it. `ESHUTDOWN`
 *   counts as a lost connection. `EIO` and the like are the disk's answer, and are not repeated. When there is no connection to be had, what
 *   waits rejects, a change with `DiskError.ranges`; the next call tries again.
 * - What was acknowledged and not flushed when the last connection was lost may be gone. Nobody can tell whether a server is still the same
 *   process. The next `flush`, and a write with `CMD_FLAG_FUA` over it, rejects once with a {@link DiskError} `EIO`, whose `ranges` are to be
 *   written again. With `retry.keep`, copies are kept and written again instead.
 * - A request that takes longer than 60 seconds rejects with `ETIMEDOUT`. A change is then in doubt, and its `DiskError.ranges` say where: the
 *   server may still make it. A read is repeated if its connection answers nothing at all. Such a connection is closed; all changes that
 *   are in flight on it are in doubt.
 * - NBD has no fencing. A server that was cut off and goes on may make a change late, after one that was repeated or that came after it.
 * - A server that comes back with another size, other block sizes, flags or metadata contexts serves another disk: every call rejects with
 *   `ESTALE` from then on.
 * - An idle connection is asked for its first block every 30 seconds.
 * - With `blockCache`, what was read is kept, up to a bound, until the last connection is lost.
 *
 * Nothing waits for ever: with the defaults, a call rejects within some minutes at most. Close the disk when it is needed no more.
 *
 * @param where An NBD URI or a WebSocket's URL; several of them, which lead to the same storage, as the caller vouches; or a function that
 *   opens a connection. At first, each address is tried once.
 * @param options `contexts`, `tls`, `readOnly`, `retry`, `timeout`, `signal` and more: {@link OpenOptions}.
 * @returns The disk, connected. It has the calls of {@link NBD} that read, write and describe an export.
 * @throws NBDError when no address could be connected to.
 * @example
 * ```ts
 * const disk = await openDisk(['nbd://one/disk', 'nbd://two/disk']); // the same storage by two ways
 * disk.addEventListener('reconnecting', ({ address, cause }) => console.warn(address, cause));
 * await disk.pwrite(bytes, 0);
 * await disk.flush();
 * ```
 */
export async function openDisk(where: Where, { lib, ...options }: OpenOptions = {}): Promise<LastingDisk> {
  const { openDiskWith } = await import('./lasting/open_disk.js'); // a page that opens none does not load it
  return openDiskWith(async () => lib?.create() ?? NBD.create(), where, options);
}
