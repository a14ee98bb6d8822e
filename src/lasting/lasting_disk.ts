// A disk that stays: its calls, each a request that is made as often as it takes (requests.ts), and maybe a cache of what was read.
import { NBDError } from '../base/errors.js';
import { inspected, shown, shownSize } from '../base/inspect.js';
import { BlockCache, type CacheOptions } from '../disk/block_cache.js';
import type { FlagOptions } from '../disk/disk.js';
import { DiskError } from '../disk/disk_error.js';
import type { Range } from '../disk/ranges.js';
import { CMD_FLAG_FUA } from '../generated/constants.js';
import { Connections } from './connections.js';
import { DescribedDisk } from './described_disk.js';
import type { DiskEvent, DiskEventType, DiskListenerOptions } from './events.js';
import type { Identity } from './identity.js';
import type { RemoteDisk } from './remote_disk.js';
import { checkedBytes, rangeOf } from './request_arguments.js';
import { Requests } from './requests.js';
import type { Settings } from './settings.js';
import { type Change, Unflushed } from './unflushed.js';

/**
 * A disk over connections that are opened again when they are lost: made by {@link openDisk}, which tells how. It has the calls of
 * {@link NBD} that read, write and describe a disk.
 */
export class LastingDisk extends DescribedDisk {
  readonly #settings: Settings;
  readonly #connections: Connections;
  readonly #unflushed: Unflushed;
  readonly #events = new EventTarget();
  readonly #requests: Requests;
  #cache: { readonly blocks: BlockCache; server: number } | undefined;
  #emptying: Promise<void> | undefined;

  private constructor(settings: Settings) {
    super();
    this.#settings = settings;
    this.#unflushed = new Unflushed(settings.keep);
    this.#connections = new Connections(settings, this.#unflushed, this.#events);
    this.#requests = new Requests(settings.attempts, this.#connections, this.#unflushed);
  }

  /** @internal */
  static async open(settings: Settings, signal: AbortSignal | undefined): Promise<LastingDisk> {
    const disk = new LastingDisk(settings);
    await disk.#connections.open(signal);
    if (settings.blockCache !== undefined) disk.#keepBlocks(settings.blockCache);
    return disk;
  }

  /** @internal */
  [inspected](): string {
    const { count, isOver } = this.#connections;
    return shown(
      'LastingDisk',
      isOver ? 'closed' : `${count} ${count === 1 ? 'connection' : 'connections'}`,
      this.#settings.addresses.current.name,
      shownSize(this.getSize()),
      this.isReadOnly() ? 'read-only' : undefined,
    );
  }

  // --- requests ---

  override async pread(count: number, offset: number | bigint, options: FlagOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const blocks = this.#blocks;
    if (blocks?.serves(count, offset, options)) return blocks.read(new Uint8Array(count), offset, options);
    return this.#read('nbd_pread', count, offset, options, (nbd) => nbd.pread(count, offset, options));
  }

  /** As {@link NBD.preadInto | preadInto}. After an `ETIMEDOUT`, the buffer may still be written to until the connection is closed. */
  override async preadInto(buf: ArrayBufferView, offset: number | bigint, options: FlagOptions = {}): Promise<void> {
    const bytes = checkedBytes('nbd_pread', buf);
    const blocks = this.#blocks;
    if (blocks?.serves(bytes.length, offset, options)) await blocks.read(bytes, offset, options);
    else await this.#read('nbd_pread', bytes.length, offset, options, (nbd) => nbd.preadInto(buf, offset, options));
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
    await this.#requests.perform(
      { call: 'nbd_flush', isChange: true, make, acked: () => this.#unflushed.flushed(epoch) },
      options,
    );
  }

  async #read<T>(
    call: string,
    count: number | bigint,
    offset: number | bigint,
    options: FlagOptions,
    make: (nbd: RemoteDisk) => Promise<T>,
  ): Promise<T> {
    return this.#requests.perform({ call, range: rangeOf(call, count, offset), isChange: false, make }, options);
  }

  async #change(call: string, change: Change, options: FlagOptions, make: (nbd: RemoteDisk) => Promise<void>): Promise<void> {
    if (this.#settings.readOnly) throw new NBDError(`${call}: the disk was opened read-only`, 'EROFS');
    const isDurable = ((options.flags ?? 0) & CMD_FLAG_FUA) !== 0;
    const request = {
      call,
      range: change,
      isChange: true,
      make: (nbd: RemoteDisk) => {
        if (isDurable) this.#throwIfLost(call, change);
        return make(nbd);
      },
      acked: () => this.#unflushed.acknowledged(change, isDurable),
    };
    const perform = () => this.#requests.perform(request, options);
    const blocks = this.#blocks;
    await (blocks === undefined ? perform() : blocks.change(change.end - change.start, change.start, options, perform));
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

  // --- what is kept of what was read ---

  #keepBlocks(options: CacheOptions): void {
    const pread = (count: number, offset: number | bigint, options: FlagOptions = {}) =>
      this.#read('nbd_pread', count, offset, options, (nbd) => nbd.pread(count, offset, options));
    try {
      const blocks = new BlockCache('openDisk: blockCache', { pread }, this.identity.geometry, options);
      this.#cache = { blocks, server: this.#connections.server };
    } catch (error) {
      this.close(); // sizes that do not fit: nobody gets the disk
      throw error;
    }
  }

  /** The blocks that are kept. A server that may be another process may have lost what the one before had, or have been given another disk. */
  get #blocks(): BlockCache | undefined {
    const { server } = this.#connections;
    if (this.#cache !== undefined && this.#cache.server !== server) {
      this.#cache.server = server;
      this.#cache.blocks.clear();
    }
    return this.#cache?.blocks;
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
    return this.#requests.perform({ call: 'nbd_can_meta_context', isChange: false, make }, {});
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
  addEventListener(type: DiskEventType, listener: (event: DiskEvent) => void, options?: DiskListenerOptions): void {
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
