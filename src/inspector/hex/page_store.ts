// The bytes around what is shown: pages that are there, on their way, or could not be read.
//
// - `want` says what is to be seen. Pages that are missing are read, a few at a time; the read of one that is not wanted any more is given up.
// - Of a page that the server refuses, the sectors that can be read are shown, and the others say why.
// - The pages that were not wanted for the longest time are forgotten.
import { NBDError } from '../../base/errors.js';
import type { HexDisk } from './hex_disk.js';
import { type ReadPart, readParts } from './read_parts.js';

/** Bytes as they are to be shown. */
export type Shown =
  | { readonly state: 'read'; readonly bytes: Uint8Array }
  | { readonly state: 'reading' }
  | { readonly state: 'failed'; readonly error: unknown };

type Page = { readonly parts: readonly ReadPart[] } | { readonly error: unknown };

const mostPages = 256;
const mostReads = 4;

export class PageStore {
  readonly #disk: HexDisk;
  readonly #changed: () => void;
  /** By their number; those that were wanted last come last. */
  readonly #pages = new Map<bigint, Page>();
  readonly #reading = new Map<bigint, AbortController>();
  #wanted: readonly bigint[] = [];

  /** @param changed Called when there is something new to show. */
  constructor(disk: HexDisk, changed: () => void) {
    this.#disk = disk;
    this.#changed = changed;
  }

  /** Whether something that is wanted is on its way. */
  get isReading(): boolean {
    return this.#reading.size > 0;
  }

  /** Says what is shown, and what may be shown next: only the pages of these ranges are read, in this order. */
  want(ranges: readonly { readonly start: bigint; readonly end: bigint }[]): void {
    const wanted = new Set(ranges.flatMap((range) => [...this.#pagesIn(range)]));
    this.#wanted = [...wanted];
    for (const [number, controller] of this.#reading) if (!wanted.has(number)) controller.abort();
    for (const number of [...this.#wanted].reverse()) {
      const page = this.#pages.get(number);
      if (page === undefined) continue;
      this.#pages.delete(number);
      this.#pages.set(number, page);
    }
    this.#readMore();
  }

  /** What is known of bytes that lie in one sector. */
  at(offset: bigint, length: number): Shown {
    const size = BigInt(this.#disk.page);
    const page = this.#pages.get(offset / size);
    if (page === undefined) return { state: 'reading' };
    if ('error' in page) return { state: 'failed', error: page.error };
    const part = page.parts.find(({ at, count }) => at <= offset && offset < at + BigInt(count));
    if (part === undefined) return { state: 'reading' };
    if ('error' in part) return { state: 'failed', error: part.error };
    const from = Number(offset - part.at);
    return { state: 'read', bytes: part.bytes.subarray(from, from + length) };
  }

  /** Forgets what could not be read, and reads what is wanted of it. */
  retry(): void {
    for (const [number, page] of this.#pages) {
      if ('error' in page || page.parts.some((part) => 'error' in part)) this.#pages.delete(number);
    }
    this.#readMore();
    this.#changed();
  }

  /** Gives up all reads. */
  close(): void {
    this.#wanted = [];
    for (const controller of this.#reading.values()) controller.abort();
  }

  *#pagesIn({ start, end }: { start: bigint; end: bigint }): Generator<bigint, undefined> {
    const size = BigInt(this.#disk.page);
    const last = end < this.#disk.geometry.size ? end : this.#disk.geometry.size;
    for (let number = (start < 0n ? 0n : start) / size; number * size < last; number++) yield number;
  }

  #readMore(): void {
    for (const number of this.#wanted) {
      if (this.#reading.size >= mostReads) return;
      if (!this.#pages.has(number) && !this.#reading.has(number)) void this.#read(number); // it reports what goes wrong as a page
    }
  }

  async #read(number: bigint): Promise<void> {
    const controller = new AbortController();
    this.#reading.set(number, controller);
    const page = await this.#ask(number, controller.signal);
    this.#reading.delete(number);
    if (page !== undefined) {
      this.#pages.set(number, page);
      for (const oldest of this.#pages.keys()) {
        if (this.#pages.size <= mostPages) break;
        this.#pages.delete(oldest);
      }
      this.#changed();
    }
    this.#readMore();
  }

  /** Undefined for a read that was given up. */
  async #ask(number: bigint, signal: AbortSignal): Promise<Page | undefined> {
    const { disk, cached, geometry, page, unit } = this.#disk;
    const at = number * BigInt(page);
    const left = geometry.size - at;
    const count = left < BigInt(page) ? Number(left) : page;
    try {
      const read = (piece: { at: bigint; count: number }) =>
        (piece.count === count ? cached : disk).pread(piece.count, piece.at, { signal });
      return { parts: await readParts(read, { at, count }, unit) };
    } catch (error) {
      return signal.aborted ? undefined : { error };
    }
  }
}

/** Why bytes cannot be shown, in words. */
export function reasonOf(error: unknown): string {
  if (error instanceof NBDError && error.code !== null) return `could not be read (${error.code})`;
  return `could not be read (${error instanceof Error ? error.message : String(error)})`;
}
