// The handle that users hold.

import type { WaitOptions } from './base/abort.js';
import { NBDError } from './base/errors.js';
import { inspected, shown, shownSize } from './base/inspect.js';
import type { CompiledModule } from './base/platform_types.js';
import { geometryOf } from './disk/disk.js';
import { type Extent, type ExtentsOfContextsOptions, type ExtentsOptions, extents } from './disk/extents.js';
import type { TransferOptions } from './disk/ranges.js';
import { type ReadableOptions, readable, readFully } from './disk/transfers.js';
import { type WritableOptions, writable } from './disk/writable.js';
import {
  ALLOW_TRANSPORT_MASK,
  ALLOW_TRANSPORT_TCP,
  type AllowTransport,
  type CmdFlag,
  TLS_ALLOW,
  TLS_DISABLE,
  TLS_REQUIRE,
  type Tls,
} from './generated/constants.js';
import { Methods } from './generated/methods.js';
import type { Command } from './handle/command.js';
import type { Connection } from './handle/connection.js';
import { commandReply, connected } from './handle/waiting.js';
import type { Host, TlsCredentials } from './libnbd/host.js';
import { Instance } from './libnbd/instance.js';
import type { ConnectWebSocketOptions } from './transports/connect_web_socket.js';
import type { SocketLike } from './transports/socket_like.js';
import type { Transport } from './transports/transport.js';

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
  /** The library that the handle belongs to. */
  readonly lib: Library;
  /** What URIs may ask for. libnbd keeps the same, and has no call that tells. */
  #allowedTransports = ALLOW_TRANSPORT_MASK;
  #allowedTls: Tls = TLS_ALLOW;

  /** Makes a handle on the shared instance of libnbd, which is loaded the first time. */
  static async create(): Promise<NBD> {
    sharedLibrary ??= loadShared();
    const loading = sharedLibrary;
    const library = await loading;
    if (library.instance.module.broken === undefined) return library.create();
    if (sharedLibrary === loading) sharedLibrary = undefined; // it failed inside: the next one takes its place
    return NBD.create();
  }

  /** Made by {@link NBD.create} and {@link Library.create} alone. */
  protected constructor(lib: Library) {
    super(lib.instance);
    this.lib = lib;
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
   * Whether there is a connection to the server: from when it is connected, or negotiating in option mode, until it ends. While nothing
   * is in flight, a connection that broke is known to be over as soon as the socket tells.
   */
  get connected(): boolean {
    return this.connection.connected;
  }

  /**
   * Fulfilled once, with the error that says why, when the connection is lost: when it breaks, when the server closes it, or when libnbd
   * gives it up. Never rejected. It stays pending when the connection ends by {@link NBD.shutdown | shutdown} or {@link close}.
   */
  get lost(): Promise<NBDError> {
    return this.connection.lost;
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
   * {@link NBD.setTlsPskFile | setTlsPskFile} name. libnbd has no such call. Call it before connecting.
   */
  setTlsCredentials(credentials: TlsCredentials): void {
    this.begin('setTlsCredentials');
    this.connection.credentials = { ...credentials };
  }

  /**
   * Connects through a WebSocket to a proxy that passes its binary messages on to an NBD server and back: `libnbd-wasm proxy`,
   * websockify or any other.
   *
   * @param url `ws:` or `wss:`
   * @throws NBDError (the promise rejects) with the close code and its reason where the WebSocket says one; SyntaxError for a text that is
   *   not a URL or not a subprotocol.
   */
  connectWebSocket(url: string | URL, options: ConnectWebSocketOptions & WaitOptions = {}): Promise<void> {
    return this.#connectWebSocket('nbd_connect_socket', url, options);
  }

  /**
   * Connects to a server, and to one of its exports (its disks), by a URI.
   *
   * ```ts
   * await nbd.connectUri('nbd://localhost/disk'); // in Node: the host, and the name of the export
   * ```
   *
   * - `nbd://HOST:PORT/EXPORT` is TCP, `nbds:` the same with TLS, `nbd+unix:///EXPORT?socket=PATH` a Unix socket, and libnbd knows others.
   * - `ws://HOST/nbd/NAME?token=…` and `wss:` are a WebSocket, in pages as well: what {@link connectWebSocket} takes, such as
   *   `libnbd-wasm proxy` prints. Such a URL names no export; {@link NBD.setExportName | setExportName} does.
   *
   * What {@link setUriAllowTransports} and {@link setUriAllowTls} say holds for both: a WebSocket is TCP, and `wss:` is TLS. In C it is
   * `nbd_connect_uri`, which takes NBD URIs alone.
   *
   * @param uri The URI. Without a port it is 10809; without an export it is the default of the server.
   * @param options `signal`: an `AbortSignal` that ends the wait, and the connection with it.
   * @returns A promise that is fulfilled when the disk can be read and written, or options negotiated in option mode.
   * @throws NBDError (the promise rejects) with libnbd's text and code: `EPERM` for a URI that the handle does not allow.
   */
  override connectUri(uri: string, options: WaitOptions = {}): Promise<void> {
    const scheme = /^wss?(?=:)/i.exec(uri)?.[0].toLowerCase();
    return scheme === undefined
      ? super.connectUri(uri, options)
      : this.#connectWebSocket('nbd_connect_uri', uri, options, scheme);
  }

  override setUriAllowTransports(mask: AllowTransport): void {
    super.setUriAllowTransports(mask);
    this.#allowedTransports = mask;
  }

  override setUriAllowTls(tls: Tls): void {
    super.setUriAllowTls(tls);
    this.#allowedTls = tls;
  }

  async #connectWebSocket(
    call: string,
    url: string | URL,
    { signal, ...options }: ConnectWebSocketOptions & WaitOptions,
    scheme?: string,
  ): Promise<void> {
    this.begin(call);
    const refused = scheme !== undefined && this.#refusal(scheme);
    if (refused) throw new NBDError(`${call}: ${refused} is not permitted: Operation not permitted`, 'EPERM');
    const { exports, pointer } = this;
    let socket: Transport | undefined;
    const start = () => {
      socket = this.instance.host.connectWebSocket(url, options);
      this.giveSocket('url', socket, (fd) => exports.nbd_aio_connect_socket(pointer, fd));
    };
    try {
      await connected(this, call, { signal }, start, () => exports.nbd_aio_is_connecting(pointer) === 0);
    } catch (error) {
      socket?.close(); // a handle that has a connection already does not take it
      throw error;
    }
  }

  /** What of a WebSocket's URL the handle does not allow, in libnbd's words. */
  #refusal(scheme: string): string | undefined {
    if ((this.#allowedTransports & ALLOW_TRANSPORT_TCP) === 0) return `URI transport ${scheme}`;
    const isRefused = this.#allowedTls === (scheme === 'wss' ? TLS_DISABLE : TLS_REQUIRE);
    return isRefused ? `URI TLS setting ${scheme}` : undefined;
  }

  /**
   * As {@link NBD.blockStatus64 | blockStatus64}, without an object for each extent: the entries of each metadata context that was
   * negotiated, as one array of length and flags by turns. They start at `offset`, and may cover less than `count` bytes, or more.
   *
   * @throws NBDError as `blockStatus64`.
   */
  blockStatusArrays(
    count: number | bigint,
    offset: number | bigint,
    options: WaitOptions & { flags?: CmdFlag | undefined } = {},
  ): Promise<Map<string, BigUint64Array>> {
    const found = new Map<string, BigUint64Array>();
    const { arg, exports, pointer } = this;
    const native = (command: Command) =>
      exports.nbd_aio_block_status_64(
        pointer,
        arg.uint64('count', count),
        arg.uint64('offset', offset),
        command.extentArrays(found),
        command.completion(),
        arg.flags(options),
      );
    return commandReply(this, 'nbd_block_status_64', options, native, () => found, count, offset);
  }

  /**
   * The extents of the disk, or of a part of it, in their order and without gaps; neighbours that the server says the same of
   * are one. A thin layer over {@link NBD.blockStatusArrays | blockStatusArrays}. {@link describeFlags} has words for the flags.
   *
   * With `contexts`, the flags of several metadata contexts in one pass, such as what is dirty and not zero.
   *
   * @throws NBDError `ENOTSUP` when the metadata context was not negotiated, and those of `blockStatus64`; RangeError for a range
   *   that is not inside the disk.
   * @example
   * ```ts
   * nbd.addMetaContext(CONTEXT_BASE_ALLOCATION); // before connecting
   * for await (const { offset, length, flags } of nbd.extents()) console.log(offset, length, flags);
   * ```
   */
  extents(options?: ExtentsOptions): AsyncGenerator<Extent, void, undefined>;
  extents(options: ExtentsOfContextsOptions): AsyncGenerator<Extent<bigint[]>, void, undefined>;
  extents(options: ExtentsOptions | ExtentsOfContextsOptions = {}): AsyncGenerator<Extent | Extent<bigint[]>, void, undefined> {
    return extents(this, options);
  }

  /**
   * Reads any number of bytes into one buffer, where {@link NBD.pread | pread} ends at 64 MiB: split at the server's block sizes
   * and maximum payload, with a bounded number of requests in flight.
   *
   * @throws NBDError as `pread`; RangeError for a range that is not inside the disk.
   */
  async readFully(length: number, offset: number | bigint, options: TransferOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return readFully(this, geometryOf(this), length, offset, options);
  }

  /**
   * A range of the disk as a stream of bytes, for any kind of reader. Requests are sent as the stream is read, at most `inFlight` of
   * them ahead of the reader; cancelling the stream stops them.
   *
   * @throws RangeError for a range that is not inside the disk.
   */
  readable(options: ReadableOptions = {}): ReadableStream<Uint8Array> {
    return readable(this, geometryOf(this), options);
  }

  /**
   * A stream that writes to the disk from an offset on. Chunks of any size are gathered into requests; a write waits while
   * `inFlight` requests are under way. Closing it waits for all of them and flushes, where the server can.
   *
   * Where the range does not begin or end at the server's minimum block size, the blocks there are read and written back with what is new.
   * Other streams of this handle wait meanwhile; another client that writes the same block at that time may lose its write.
   *
   * @throws RangeError for a range that is not inside the disk. The stream fails with NBDError `ENOSPC` when there is more to write than
   *   there is room for; what did fit is written.
   */
  writable(options: WritableOptions = {}): WritableStream<Uint8Array> {
    return writable(this, geometryOf(this), options);
  }

  /** @internal */
  [inspected](): string {
    const { state, connected } = this.connection;
    const known = (call: () => string | undefined): string | undefined => {
      try {
        return connected ? call() : undefined;
      } catch {
        return undefined; // it is not known yet, or the handle is inside of a callback
      }
    };
    return shown(
      'NBD',
      state,
      known(() => this.getUri()),
      known(() => shownSize(this.getSize())),
      known(() => (this.isReadOnly() ? 'read-only' : undefined)),
    );
  }

  /** `using`: {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * `await using`: disconnects in good order if there is a connection, then {@link close}. A server that the handle has started has
   * ended then, and has let go of its files.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.connected) await this.shutdown();
    } finally {
      this.close();
      await this.connection.serverEnded;
    }
  }
}

/** Closes connections of handles that nobody holds; undefined where the platform tells of none, as workerd did until 2025. */
const registry = () =>
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry<Connection>((connection) => connection.close());

/** An instance of libnbd: a module with a memory of its own, and the virtual descriptors of its sockets. */
export class Library {
  /** @internal */
  readonly instance: Instance;
  /** Closes a handle that was dropped without being closed, and its socket with it. */
  readonly #dropped = registry();

  private constructor(instance: Instance) {
    this.instance = instance;
  }

  /** @internal */
  static async instantiate(compiled: CompiledModule, host: Host): Promise<Library> {
    return new Library(await Instance.instantiate(compiled, host));
  }

  /** A new handle, not connected yet (`nbd_create`). Close it with `close()` or `using`. */
  create(): NBD {
    const nbd = NBD.on(this);
    this.#dropped?.register(nbd, nbd.connection, nbd);
    return nbd;
  }

  /** @internal */
  forget(nbd: NBD): void {
    this.#dropped?.unregister(nbd);
  }

  /**
   * Makes a socket a virtual descriptor, to be given to `nbd.connectSocket`. From here on the library reads the socket; nobody
   * else may. Bytes that had arrived and that the socket still holds are read.
   *
   * @param socket A `net.Socket`, `tls.TLSSocket` or other Node `Duplex`, `{ readable, writable }` byte streams, a `MessagePort`, a
   *   `WebSocket` that is not open yet, or a {@link Transport}; it may still be connecting.
   * @returns The descriptor; close it with {@link closeSocket} if it was never given to a handle.
   * @throws TypeError for something that is no socket, that is closed already or that is read by somebody else; NBDError
   *   `EBUSY` for a socket that was handed over before.
   */
  openSocket(socket: SocketLike): number {
    return this.instance.openSocket(socket).fd;
  }

  /** Closes a virtual descriptor that no handle owns. */
  closeSocket(fd: number): void {
    this.instance.closeSocket(fd);
  }

  /** @internal */
  [inspected](): string {
    return shown('Library', `${this.instance.connections.size} handles`, `${shownSize(this.memorySize)} of memory`);
  }

  /** How much memory the module takes, in bytes. Payload is not in it. */
  get memorySize(): number {
    return this.instance.memory.size;
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
