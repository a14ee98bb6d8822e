// A disk that stays: each request is made on one of the connections, and again on another when that one has ended.
//
// - What only reads is repeated.
// - A change whose connection has ended is repeated. Whether the server has made it already does not matter, as long as nobody else changes
//   the same bytes meanwhile: calls that overlap it wait.
// - A change that timed out on a connection that lives, or that was given up since the server was silent, is not repeated: the server may
//   still make it at any time. It rejects with its range.
import { checkedSignal } from '../base/abort.js';
import { NBDError } from '../base/errors.js';
import type { FlagOptions } from '../disk/disk.js';
import type { Range } from '../disk/ranges.js';
import { CMD_FLAG_FUA } from '../generated/constants.js';
import { Connections } from './connections.js';
import { DescribedDisk } from './described_disk.js';
import { DiskError, endsConnection, inDoubt, unanswered } from './disk_error.js';
import type { DiskEvent, DiskEventType } from './events.js';
import type { Identity } from './identity.js';
import { orAbort } from './limits.js';
import { type PooledHandle, RequestTimeout } from './pooled_handle.js';
import type { RemoteDisk } from './remote_disk.js';
import { Repeats } from './repeats.js';
import { checkedBytes, rangeOf } from './request_arguments.js';
import type { Settings } from './settings.js';
import { type Change, Unflushed } from './unflushed.js';

/** A request, as often as it is made. */
interface Request<T> {
  /** libnbd's name of the call. */
  readonly call: string;
  /** What it is about; undefined for a flush. */
  readonly range?: Range;
  readonly isChange: boolean;
  readonly make: (nbd: RemoteDisk) => Promise<T>;
  readonly acked?: (result: T) => void;
}

/**
 * A disk over connections that are opened again when they are lost: made by {@link openDisk}, which tells how. It has the calls of
 * {@link NBD} that read, write and describe a disk.
 */
export class LastingDisk extends DescribedDisk {
  readonly #settings: Settings;
  readonly #connections: Connections;
  readonly #unflushed: Unflushed;
  readonly #events = new EventTarget();
  readonly #repeats = new Repeats();
  #emptying: Promise<void> | undefined;

  private constructor(settings: Settings) {
    super();
    this.#settings = settings;
    this.#unflushed = new Unflushed(settings.keep);
    this.#connections = new Connections(settings, this.#unflushed, this.#events);
  }

  /** @internal */
  static async open(settings: Settings, signal: AbortSignal | undefined): Promise<LastingDisk> {
    const disk = new LastingDisk(settings);
    await disk.#connections.open(signal);
    return disk;
  }

  // --- requests ---

  override pread(count: number, offset: number | bigint, options: FlagOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read('nbd_pread', count, offset, options, (nbd) => nbd.pread(count, offset, options));
  }

  /** As {@link NBD.preadInto | preadInto}. After an `ETIMEDOUT`, the buffer may still be written to until the connection is closed. */
  override async preadInto(buf: ArrayBufferView, offset: number | bigint, options: FlagOptions = {}): Promise<void> {
    const { byteLength } = checkedBytes('nbd_pread', buf);
    return this.#read('nbd_pread', byteLength, offset, options, (nbd) => nbd.preadInto(buf, offset, options));
  }

  override blockStatusArrays(
    count: number | bigint,
    offset: number | bigint,
    options: FlagOptions = {},
  ): Promise<Map<string, BigUint64Array>> {
    return this.#read('nbd_block_status_64', count, offset, options, (nbd) => nbd.blockStatusArrays(count, offset, options));
  }

  override cache(count: number | bigint, offset: number | bigint, options: FlagOptions = {}): Promise<void> {
    return this.#read('nbd_cache', count, offset, options, (nbd) => nbd.cache(count, offset, options));
  }

  /** As {@link NBD.pwrite | pwrite}. After an `ETIMEDOUT`, the buffer may still be read until the connection is closed. */
  override async pwrite(buf: ArrayBufferView, offset: number | bigint, options: FlagOptions = {}): Promise<void> {
    const bytes = checkedBytes('nbd_pwrite', buf);
    const range = rangeOf('nbd_pwrite', bytes.length, offset);
    return this.#change('nbd_pwrite', { kind: 'pwrite', ...range, bytes }, options, (nbd) => nbd.pwrite(bytes, offset, options));
  }

  override async zero(count: number | bigint, offset: number | bigint, options: FlagOptions = {}): Promise<void> {
    const range = rangeOf('nbd_zero', count, offset);
    const change = { kind: 'zero', ...range, flags: options.flags } as const;
    return this.#change('nbd_zero', change, options, (nbd) => nbd.zero(count, offset, options));
  }

  override async trim(count: number | bigint, offset: number | bigint, options: FlagOptions = {}): Promise<void> {
    const range = rangeOf('nbd_trim', count, offset);
    return this.#change('nbd_trim', { kind: 'trim', ...range }, options, (nbd) => nbd.trim(count, offset, options));
  }

  /**
   * As {@link NBD.flush | flush}.
   *
   * @throws DiskError `EIO`, once, with the ranges that were acknowledged and that may be gone with a server that died: write them again.
   */
  override async flush(options: FlagOptions = {}): Promise<void> {
    this.#throwIfLost('nbd_flush');
    await this.#flush(options, () => this.#throwIfLost('nbd_flush')); // each time: a server may have died meanwhile
  }

  async #flush(options: FlagOptions, before?: () => void): Promise<void> {
    let epoch = -1;
    const make = (nbd: RemoteDisk) => {
      before?.();
      epoch = this.#unflushed.flushBegins();
      return nbd.flush(options);
    };
    await this.#perform({ call: 'nbd_flush', isChange: true, make, acked: () => this.#unflushed.flushed(epoch) }, options);
  }

  async #read<T>(
    call: string,
    count: number | bigint,
    offset: number | bigint,
    options: FlagOptions,
    make: (nbd: RemoteDisk) => Promise<T>,
  ): Promise<T> {
    return this.#perform({ call, range: rangeOf(call, count, offset), isChange: false, make }, options);
  }

  async #change(call: string, change: Change, options: FlagOptions, make: (nbd: RemoteDisk) => Promise<void>): Promise<void> {
    if (this.#settings.readOnly) throw new NBDError(`${call}: the disk was opened read-only`, 'EROFS');
    const isDurable = ((options.flags ?? 0) & CMD_FLAG_FUA) !== 0;
    await this.#perform(
      {
        call,
        range: change,
        isChange: true,
        make: (nbd) => {
          if (isDurable) this.#throwIfLost(call, change);
          return make(nbd);
        },
        acked: () => this.#unflushed.acknowledged(change, isDurable),
      },
      options,
    );
    if (this.#unflushed.isFull) await this.#makeRoom();
  }

  /** Flushes, so that the copies are needed no more. Where that fails, there are none from here on. */
  #makeRoom(): Promise<void> {
    this.#emptying ??= this.#flushCopies().finally(() => {
      this.#emptying = undefined;
    });
    return this.#emptying;
  }

  async #flushCopies(): Promise<void> {
    try {
      await this.#flush({});
    } catch {
      this.#unflushed.dropCopies(); // the next flush of the user's tells
    }
  }

  // --- on which connection, and how often ---

  async #perform<T>(request: Request<T>, options: FlagOptions): Promise<T> {
    const { call, range, isChange } = request;
    const signal = checkedSignal(call, options);
    signal?.throwIfAborted();
    let repeat: ReturnType<Repeats['add']> | undefined;
    try {
      for (let tries = 0; ; tries++) {
        if (range !== undefined && repeat === undefined && !this.#repeats.isEmpty) {
          await orAbort(this.#repeats.over(range), signal);
        }
        const handle = this.#connections.pick() ?? (await this.#next(request, tries, signal));
        try {
          return await handle.run(request.make, request.acked);
        } catch (error) {
          this.#assertRepeatable(request, handle, error, tries, signal);
        }
        if (isChange && range !== undefined && repeat === undefined) {
          repeat = this.#repeats.add(range);
          await orAbort(repeat.before, signal);
        }
      }
    } finally {
      repeat?.done();
    }
  }

  /** Waits for a connection. Where there is none, a change that was made before is in doubt. */
  async #next<T>(request: Request<T>, tries: number, signal: AbortSignal | undefined): Promise<PooledHandle> {
    try {
      return await this.#connections.next(signal);
    } catch (error) {
      if (!(error instanceof NBDError)) throw error;
      throw this.#inDoubt(request, error, tries > 0);
    }
  }

  /** Ends a handle whose connection is over. Throws what the call is to fail with, if it is not to be repeated. */
  #assertRepeatable<T>(request: Request<T>, handle: PooledHandle, error: unknown, tries: number, signal?: AbortSignal): void {
    const { attempts } = this.#settings;
    if (signal?.aborted && error === signal.reason) throw error;
    if (error instanceof RequestTimeout) {
      const isRepeatable = handle.ended !== undefined && !request.isChange && tries < attempts;
      if (!isRepeatable) throw this.#inDoubt(request, timedOut(error), true);
      return;
    }
    if (!endsConnection(error)) throw error;
    handle.end(error);
    if (handle.isStuck && request.isChange) throw this.#inDoubt(request, timedOut(handle.ended ?? error), true);
    if (tries >= attempts) throw this.#inDoubt(request, error, true);
  }

  #inDoubt<T>(request: Request<T>, error: NBDError, wasMade: boolean): NBDError {
    const { call, range, isChange } = request;
    if (!isChange) return unanswered(call, error, range);
    if (range === undefined) return inDoubt(call, error, this.#unflushed.inDoubt);
    return wasMade ? inDoubt(call, error, [range], range) : unanswered(call, error, range);
  }

  #throwIfLost(call: string, range?: Range): void {
    const lost = this.#unflushed.takeLost(range);
    if (lost.length === 0) return;
    const bytes = lost.reduce((sum, { start, end }) => sum + end - start, 0n);
    throw new DiskError(
      `${call}: ${bytes} bytes were acknowledged and not flushed when the server died, and may be gone: write error.ranges again`,
      'EIO',
      lost,
    );
  }

  // --- what the server says of the disk ---

  protected override get identity(): Identity {
    return this.#connections.identity;
  }

  protected override get isProtected(): boolean {
    return this.#settings.readOnly;
  }

  protected override askContext(context: string): Promise<boolean> {
    const make = async (nbd: RemoteDisk) => nbd.canMetaContext(context);
    return this.#perform({ call: 'nbd_can_meta_context', isChange: false, make }, {});
  }

  // --- its connections ---

  /** How many connections there are now. */
  get connections(): number {
    return this.#connections.count;
  }

  /**
   * Tells of connections: `reconnecting` when one was lost and is opened again, `connected` when it was, `lost` when it could not be, and
   * what waited for it rejects. After `lost` the next call tries again, unless the error is fatal.
   */
  addEventListener(type: DiskEventType, listener: (event: DiskEvent) => void, options?: AddEventListenerOptions): void {
    this.#events.addEventListener(type, listener as (event: Event) => void, options);
  }

  removeEventListener(type: DiskEventType, listener: (event: DiskEvent) => void): void {
    this.#events.removeEventListener(type, listener as (event: Event) => void);
  }

  /** Closes all connections without telling the server. What is in flight rejects, and so does every later call. Flush before. */
  close(): void {
    this.#connections.close();
  }

  /** Disconnects in good order, once what is in flight was answered, and closes. It takes two seconds at most. */
  shutdown(): Promise<void> {
    return this.#connections.shutdown();
  }

  /** `await using`: {@link shutdown}. It flushes nothing. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

const timedOut = (error: Error) => new NBDError(error.message, 'ETIMEDOUT');
