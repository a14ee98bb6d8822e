// The handle that users hold.
import { Methods } from './generated/methods.js';
import type { Library } from './library.js';

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

  /** @internal */
  constructor(lib: Library) {
    super(lib);
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
