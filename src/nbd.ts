// The handle that users hold.
import { type Extent, type ExtentsOptions, extents } from './extents.js';
import { Methods } from './generated/methods.js';
import type { TlsCredentials } from './host.js';
import type { Library } from './library.js';
import {
  geometryOf,
  type ReadableOptions,
  readable,
  readFully,
  type TransferOptions,
  type WritableOptions,
  writable,
} from './transfers.js';

/**
 * A handle of libnbd's: one connection to one NBD server.
 *
 * Every libnbd call is a method: `nbd_set_export_name` is {@link NBD.setExportName | setExportName}. A call that waits for
 * the network returns a promise, and many of them can be in flight at a time; every other call returns at once.
 *
 * @example
 * ```ts
 * await using nbd = await NBD.create();
 * await nbd.connectSocket(net.connect(10809, 'localhost'));
 * console.log(nbd.getSize(), await nbd.pread(512, 0n));
 * ```
 */
export class NBD extends Methods {
  /** Makes a handle on the shared instance of libnbd, which is loaded the first time. */
  static async create(): Promise<NBD> {
    sharedLibrary ??= loadShared();
    return (await sharedLibrary).create();
  }

  /** Made by {@link NBD.create} and {@link Library.create} alone. */
  protected constructor(lib: Library) {
    super(lib);
  }

  /** @internal */
  static on(lib: Library): NBD {
    return new NBD(lib);
  }

  /** Whether {@link close} was called. */
  get closed(): boolean {
    return this.connection.closed;
  }

  /**
   * Closes the handle and its socket (`nbd_close`), without telling the server: for that, call {@link NBD.shutdown | shutdown}
   * first. What is still in flight rejects. Closing it again does nothing.
   */
  close(): void {
    this.connection.close();
    this.lib.forget(this);
  }

  /**
   * Gives TLS its credentials in memory, in place of the files that {@link NBD.setTlsCertificates | setTlsCertificates} and
   * {@link NBD.setTlsPskFile | setTlsPskFile} name. libnbd has no such call. To be made before connecting.
   */
  setTlsCredentials(credentials: TlsCredentials): void {
    this.enter('setTlsCredentials');
    this.lib.posix.credentials.set(this.h, { ...credentials });
  }

  /**
   * The extents of the disk, or of a part of it, in their order and without gaps; neighbours that the server says the same of
   * are one. A thin layer over {@link NBD.blockStatus64 | blockStatus64}.
   *
   * @throws NBDError `ENOTSUP` when the metadata context was not negotiated, and those of `blockStatus64`; RangeError for a range
   *   that is not inside the disk.
   * @example
   * ```ts
   * nbd.addMetaContext(CONTEXT_BASE_ALLOCATION); // before connecting
   * for await (const { offset, length, flags } of nbd.extents()) console.log(offset, length, flags);
   * ```
   */
  extents(options: ExtentsOptions = {}): AsyncGenerator<Extent, void, undefined> {
    return extents(this, options);
  }

  /**
   * Reads any number of bytes into one buffer, where {@link NBD.pread | pread} ends at 64 MiB: split at the server's block sizes
   * and maximum payload, with a bounded number of requests in flight.
   *
   * @throws NBDError as `pread`; RangeError for a range that is not inside the disk.
   */
  readFully(length: number, offset: number | bigint, options: TransferOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return readFully(this, length, offset, options);
  }

  /**
   * A range of the disk as a stream of bytes. Requests are sent as the stream is read, at most `inFlight` of them ahead of the
   * reader; cancelling the stream stops them.
   */
  readable(options: ReadableOptions = {}): ReadableStream<Uint8Array> {
    return readable(this, geometryOf(this), options);
  }

  /**
   * A stream that writes to the disk from an offset on. Chunks of any size are gathered into requests; a write waits while
   * `inFlight` requests are under way. Closing it waits for all of them and flushes, where the server can.
   */
  writable(options: WritableOptions = {}): WritableStream<Uint8Array> {
    return writable(this, geometryOf(this), options);
  }

  /** `using`: {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** `await using`: disconnects in good order if there is a connection, then {@link close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.closed && (this.aioIsReady() || this.aioIsProcessing() || this.aioIsNegotiating())) await this.shutdown();
    } finally {
      this.close();
    }
  }
}

let sharedLibrary: Promise<Library> | undefined;
let loadShared = (): Promise<Library> => Promise.reject(new Error('no loader was set'));

/** @internal The platform's way to load the instance that `NBD.create` uses. */
export function setSharedLoader(loader: () => Promise<Library>): void {
  loadShared = () =>
    loader().catch((error: unknown) => {
      sharedLibrary = undefined; // the next call tries again
      throw error;
    });
}
