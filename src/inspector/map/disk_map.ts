// The maps of one disk, one for each metadata context, which fill themselves: what is looked at first, and the rest after that.
//
// 1. What is asked about next is the first part of the window that is unknown in some map; where there is none, of the whole disk.
// 2. Where that would take too many requests, as on a disk of 8 EiB whose server tells 4 GiB at a time, places are asked about that are
//    spread over the window. What lies between them stays unknown until somebody zooms in.
// 3. A request that fails is made again in halves, the larger parts first, down to 64 KiB: the rest of the disk is told all the same.
// 4. A window that has too many extents is forgotten outside, and no more is asked about.
//
// The file is long since what is asked about next depends on all that has been answered, and on all that has failed.
import { NBDError } from '../../base/errors.js';
import type { Disk } from '../../disk/disk.js';
import { CONTEXT_BASE_ALLOCATION, SIZE_MINIMUM } from '../../generated/constants.js';
import type { Window } from './columns.js';
import { ExtentMap } from './extent_map.js';
import { failed, unknown } from './kinds.js';
import { pieceOf, spreadPlaces } from './pieces.js';

export interface DiskMapOptions {
  /** The metadata contexts that are expected. Others that the server tells of come behind them. */
  contexts?: readonly string[] | undefined;
  /** How many requests run at a time. */
  inFlight?: number | undefined;
  /** How many runs all maps together may have, at 12 bytes each. */
  mostRuns?: number | undefined;
  /** How many requests a window may take before places are asked about in its stead. */
  mostRequests?: number | undefined;
}

export type Phase =
  /** Nothing has been asked yet. */
  | 'waiting'
  | 'asking'
  /** All of the disk has been asked about. */
  | 'whole'
  /** Only places of the disk are known: zooming in makes more known. */
  | 'places'
  /** There are more extents than can be kept: the same. */
  | 'full'
  /** The server has no block status. */
  | 'untold'
  /** `error` says why, and `start` goes on. */
  | 'stopped';

/** The longest range that a request can ask about without extended headers, rounded down so that every block size divides it. */
const longestRange = 2n ** 32n - 2n ** 16n;
/** A failure is traced to a range of this many bytes. */
const finest = 2n ** 16n;
/** After so many failures in a row, a range that fails is not asked about in halves any more. */
const mostFailures = 128;
/** So many ranges wait to be asked about again. Where a server fails here and there on a large disk, the rest is left in larger ranges. */
const mostAgain = 4096;
const asLongAsCanBe = 2n ** 64n;
/** How many places a window is asked about when it is too large. */
const places = 512;
/** A window is asked about in so many pieces at least, so that progress is seen. */
const pieces = 32n;
/** One answer may take so little of the disk that a window needs far more requests than it was thought to. */
const patience = 16;

/** What most contexts have, in the order in which people are told. */
const usual = [0n, 1n, 2n, 3n];

export class DiskMap {
  readonly disk: Disk;
  /** By the name of the context. Empty until the size of the disk is known. */
  readonly maps = new Map<string, ExtentMap>();
  readonly #options: Record<'inFlight' | 'mostRuns' | 'mostRequests', number>;
  readonly #expected: readonly string[];
  readonly #listeners = new Set<() => void>();
  #phase: Phase = 'waiting';
  #error: unknown;
  #size = 0n;
  #block = 1n;
  #longest = longestRange;
  #window: Window = { offset: 0n, length: 0n };
  /** What is being asked about: the window, and then the whole disk. */
  #area: Window = this.#window;
  #running: Window[] = [];
  #again: Window[] = [];
  /** Places that are still to be asked about; undefined while all is. */
  #places: bigint[] | undefined;
  #unseen: ExtentMap | undefined;
  #budget = 0;
  #isOutsideDone = false;
  #failures = 0;
  #requests = 0;
  #ended = new AbortController();

  constructor(
    disk: Disk,
    { contexts = [CONTEXT_BASE_ALLOCATION], inFlight = 4, mostRuns = 2 ** 22, mostRequests = 4096 }: DiskMapOptions = {},
  ) {
    this.disk = disk;
    this.#expected = contexts;
    this.#options = { inFlight, mostRuns, mostRequests };
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Why it has stopped, or why the server does not tell. */
  get error(): unknown {
    return this.#error;
  }

  /** Of the disk, in bytes; 0 until it is known. */
  get size(): bigint {
    return this.#size;
  }

  /** The server's smallest block, in bytes; 1 if it has stated none. */
  get block(): bigint {
    return this.#block;
  }

  /** How many requests were made. */
  get requests(): number {
    return this.#requests;
  }

  /** How many bytes are known of in every context, or could not be asked about. */
  get known(): bigint {
    let most = 0n;
    for (const map of this.maps.values()) if (map.total(unknown) > most) most = map.total(unknown);
    return this.maps.size === 0 ? 0n : this.#size - most;
  }

  /** Calls back after each change. Returns what takes that back. */
  onChange(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** Asks until all is known, the signal fires or `stop` is called. After it has stopped, it goes on. */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#phase !== 'waiting' && this.#phase !== 'stopped') return;
    this.#ended = new AbortController();
    this.#enter('asking');
    signal?.addEventListener('abort', () => this.stop(signal.reason), { once: true, signal: this.#ended.signal });
    if (signal?.aborted) return this.stop(signal.reason);
    try {
      await this.#prepare();
    } catch (error) {
      this.stop(error);
      return;
    }
    this.#plan();
    this.#pump();
  }

  /** Asks no more; what is in flight is dropped. */
  stop(error: unknown = undefined): void {
    if (this.#phase === 'stopped') return;
    this.#error = error;
    this.#enter('stopped');
    this.#ended.abort(error);
    this.#running = [];
  }

  /** What is looked at, which is asked about first. */
  look(window: Window): void {
    if (window.offset === this.#window.offset && window.length === this.#window.length) return;
    this.#window = window;
    if (this.#phase === 'asking' ? this.#size === 0n : this.#phase !== 'places' && this.#phase !== 'full') return;
    this.#plan();
    this.#pump();
  }

  /** Asks again about all that could not be asked about. */
  retry(): void {
    for (const map of this.maps.values()) {
      for (const cursor = map.cursor(); cursor.seek(failed); cursor.next()) map.forget(cursor.run.offset, cursor.run.length);
    }
    this.#failures = 0;
    if (this.#phase === 'untold') this.#enter('stopped');
    if (this.#phase === 'stopped') void this.start();
    else {
      this.#plan();
      this.#pump();
    }
  }

  async #prepare(): Promise<void> {
    const [size, block, isExtended] = await Promise.all([
      this.disk.getSize(),
      this.disk.getBlockSize(SIZE_MINIMUM),
      this.disk.getExtendedHeadersNegotiated(),
    ]);
    if (this.#size !== size) this.maps.clear();
    [this.#size, this.#block, this.#longest] = [size, block || 1n, isExtended && size > 0n ? size : longestRange];
    if (this.#window.length === 0n) this.#window = { offset: 0n, length: size };
    for (const context of this.#expected) if (await this.disk.canMetaContext(context)) this.#mapOf(context);
  }

  #mapOf(context: string): ExtentMap {
    const known = this.maps.get(context);
    if (known !== undefined) return known;
    const map = new ExtentMap(this.#size);
    for (const flags of usual) map.kinds.of(flags); // so that their order is not that of the answers
    this.maps.set(context, map);
    return map;
  }

  get #whole(): Window {
    return { offset: 0n, length: this.#size };
  }

  /** Begins with the window. */
  #plan(): void {
    this.#isOutsideDone = false;
    this.#planFor(this.#window);
  }

  #planFor(area: Window): void {
    const isMuch = area.length / this.#longest > BigInt(this.#options.mostRequests);
    this.#places = isMuch ? spreadPlaces(area, places) : undefined;
    this.#budget = this.#options.mostRequests * patience;
    this.#area = area;
  }

  #pump(): void {
    while (this.#phase !== 'stopped' && this.#phase !== 'untold' && this.#running.length < this.#options.inFlight) {
      const piece = this.#next();
      if (piece === undefined) break;
      if (this.#phase !== 'asking') this.#enter('asking');
      void this.#ask(piece);
    }
    if (this.#phase === 'asking' && this.#running.length === 0) this.#rest();
  }

  /** There is nothing more to ask about: says why. */
  #rest(): void {
    const isWhole = this.known === this.#size;
    this.#enter(isWhole ? 'whole' : this.#isFull ? 'full' : 'places');
  }

  get #isFull(): boolean {
    let runs = 0;
    for (const map of this.maps.values()) runs += map.runs;
    return runs > this.#options.mostRuns;
  }

  /** The next range to ask about, in whole blocks. */
  #next(): Window | undefined {
    if (this.#isFull && !this.#makeRoom()) return undefined;
    const again = this.#again.shift();
    if (again !== undefined) return again;
    const found = this.#nextOf(this.#area);
    if (found !== undefined || this.#isOutsideDone) return found;
    if (this.#area === this.#window && this.#window.length < this.#size) {
      this.#planFor(this.#whole);
      return this.#nextOf(this.#area);
    }
    this.#isOutsideDone = true;
    return undefined;
  }

  #nextOf(area: Window): Window | undefined {
    if (this.#budget <= 0) return undefined;
    let from = area.offset;
    const end = area.offset + area.length;
    for (;;) {
      if (this.#places !== undefined) {
        const place = this.#places.shift();
        if (place === undefined) return undefined;
        from = place;
      }
      const gap = this.#firstGap({ offset: from, length: end - from });
      if (gap === undefined && this.#places === undefined) return undefined;
      if (gap === undefined || (this.#places !== undefined && gap.offset > from)) continue; // the place is known already
      const step = this.#places === undefined ? area.length / pieces : asLongAsCanBe;
      return pieceOf(gap, { step, longest: this.#longest, block: this.#block, size: this.#size });
    }
  }

  /** The first part of a window that is unknown in some map, and not being asked about. */
  #firstGap({ offset, length }: Window): Window | undefined {
    const end = offset + length;
    for (let from = offset; from < end; ) {
      let gap: Window | undefined;
      for (const map of this.#mapsToFill()) {
        const found = map.firstUnknown({ offset: from, length: end - from });
        if (found !== undefined && (gap === undefined || found.offset < gap.offset)) gap = found;
      }
      if (gap === undefined) return undefined;
      const { offset: at } = gap;
      const over = this.#running.find((one) => one.offset <= at && at < one.offset + one.length);
      if (over !== undefined) {
        from = over.offset + over.length;
        continue;
      }
      let to = gap.offset + gap.length;
      for (const one of this.#running) if (one.offset > at && one.offset < to) to = one.offset;
      return { offset: at, length: to - at };
    }
    return undefined;
  }

  /** Until a server has told of a context, a map that nobody sees stands for those that it may have. */
  #mapsToFill(): Iterable<ExtentMap> {
    if (this.maps.size > 0) return this.maps.values();
    this.#unseen ??= new ExtentMap(this.#size);
    return [this.#unseen];
  }

  /** Forgets what is outside of the window. Returns whether that has made room. */
  #makeRoom(): boolean {
    const { offset, length } = this.#window;
    this.#isOutsideDone = true;
    if (this.#area !== this.#window) return false;
    for (const map of this.maps.values()) {
      map.forget(0n, offset);
      map.forget(offset + length, this.#size);
    }
    return !this.#isFull;
  }

  async #ask(piece: Window): Promise<void> {
    const { signal } = this.#ended;
    this.#running.push(piece);
    this.#requests += 1;
    this.#budget -= 1;
    try {
      const found = await this.disk.blockStatusArrays(piece.length, piece.offset, { signal });
      if (signal.aborted) return;
      this.#told(piece, found);
    } catch (error) {
      if (signal.aborted) return;
      this.#failed(piece, error);
    }
    if (this.#ended.signal !== signal || signal.aborted) return;
    this.#running.splice(this.#running.indexOf(piece), 1);
    this.#changed();
    this.#pump();
  }

  #told(piece: Window, found: Map<string, BigUint64Array>): void {
    const limit = piece.offset + piece.length;
    for (const [context, entries] of found) this.#mapOf(context).addEntries(piece.offset, limit, entries);
    if (this.maps.size === 0) throw new NBDError('the server has answered without a metadata context', 'EPROTO');
    this.#failures = 0;
    // An answer that says nothing of the first byte would be asked for again for ever.
    for (const map of this.maps.values()) if (map.at(piece.offset).kind === unknown) map.fail(piece.offset, piece.length);
  }

  #failed(piece: Window, error: unknown): void {
    if (isOfServer(error) && error.code === 'ENOTSUP' && this.known === 0n) {
      this.#error = error;
      this.#again = [];
      this.#enter('untold');
      return;
    }
    // A disk that tells no more of itself: the rest stays unknown.
    if (!isOfServer(error) || this.maps.size === 0 || error.code === 'ENOTSUP') {
      this.stop(error);
      return;
    }
    this.#error = error;
    this.#failures += 1;
    const middle = ((piece.offset + piece.length / 2n) / this.#block) * this.#block;
    const isFinest = piece.length <= finest || middle <= piece.offset;
    if (isFinest || this.#failures > mostFailures || this.#again.length > mostAgain) {
      for (const map of this.maps.values()) map.fail(piece.offset, piece.length);
      return;
    }
    const end = piece.offset + piece.length;
    this.#again.push({ offset: piece.offset, length: middle - piece.offset }, { offset: middle, length: end - middle });
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#changed();
  }

  #changed(): void {
    for (const callback of this.#listeners) callback();
  }
}

/**
 * True for what a server has answered; false for a lost connection, and for a mistake of the caller's. The disk of somebody's page may come
 * from another copy of the library, whose classes are others.
 */
function isOfServer(error: unknown): error is NBDError {
  if (!(error instanceof Error) || error.name !== 'NBDError') return false;
  const { code, isFatal } = error as NBDError;
  return !isFatal && !endings.has(code ?? '');
}

const endings = new Set(['ECONNABORTED', 'ECONNREFUSED', 'ECONNRESET', 'ENOTCONN', 'EPIPE', 'ESHUTDOWN', 'ETIMEDOUT']);
