// The extents of a disk, one after another. Block status requests bring them; neighbours that are alike become one.
import { checkedSignal, type WaitOptions } from '../base/abort.js';
import { NBDError } from '../base/errors.js';
import { wrongType } from '../base/integers.js';
import { CONTEXT_BASE_ALLOCATION, SIZE_MINIMUM } from '../generated/constants.js';
import type { Disk } from './disk.js';
import { checkedRange } from './ranges.js';

/** A run of bytes that the server says the same of. */
export interface Extent<Flags = bigint> {
  /** Where it starts, in bytes. */
  offset: bigint;
  /** In bytes; never 0. */
  length: bigint;
  /**
   * As the metadata context defines them: `STATE_HOLE` and `STATE_ZERO` for `base:allocation`. Of several contexts, those of each, in the
   * order in which the contexts were asked for.
   */
  flags: Flags;
}

export interface ExtentsOptions extends WaitOptions {
  /** The metadata context, as it was given to `addMetaContext` before connecting. `base:allocation` unless told otherwise. */
  context?: string | undefined;
  /** Where to start, in bytes. */
  offset?: number | bigint | undefined;
  /** How many bytes to cover; all the rest unless told otherwise. */
  length?: number | bigint | undefined;
}

/** For several contexts in one pass. */
export interface ExtentsOfContextsOptions extends Omit<ExtentsOptions, 'context'> {
  /** The metadata contexts, as they were given to `addMetaContext` before connecting. */
  contexts: readonly string[];
}

/** The longest range that a request can ask about without extended headers, rounded down so that every block size divides it. */
const longestRange = 2n ** 32n - 2n ** 16n;

/** So many entries are looked at before others have their turn: a server may send millions in one reply. */
const entriesInTurn = 2 ** 15;

export function extents(disk: Disk, options: ExtentsOptions): AsyncGenerator<Extent, void, undefined>;
export function extents(disk: Disk, options: ExtentsOfContextsOptions): AsyncGenerator<Extent<bigint[]>, void, undefined>;
export function extents(
  disk: Disk,
  options: ExtentsOptions | ExtentsOfContextsOptions,
): AsyncGenerator<Extent | Extent<bigint[]>, void, undefined>;
export async function* extents(
  disk: Disk,
  options: ExtentsOptions | ExtentsOfContextsOptions,
): AsyncGenerator<Extent | Extent<bigint[]>, void, undefined> {
  checkedSignal('extents', options);
  if ('contexts' in options && options.contexts !== undefined) {
    yield* extentsOfContexts(disk, options, true);
    return;
  }
  const { context = CONTEXT_BASE_ALLOCATION, ...rest } = options as ExtentsOptions;
  for await (const { offset, length, flags } of extentsOfContexts(disk, { ...rest, contexts: [context] }, true)) {
    yield { offset, length, flags: flags[0] as bigint };
  }
}

/** As {@link extents}, but the end of a reply ends an extent, so that whoever reads along waits for one reply and not for all. */
export function extentsAsTold(disk: Disk, options: ExtentsOfContextsOptions): AsyncGenerator<Extent<bigint[]>, void, undefined> {
  return extentsOfContexts(disk, options, false);
}

async function* extentsOfContexts(
  disk: Disk,
  options: ExtentsOfContextsOptions,
  joinsReplies: boolean,
): AsyncGenerator<Extent<bigint[]>, void, undefined> {
  const { contexts, signal } = options;
  if (!Array.isArray(contexts) || contexts.length === 0) {
    throw wrongType('extents', 'contexts', 'an array of the names of metadata contexts', contexts);
  }
  const size = await disk.getSize();
  const { start, end } = checkedRange('extents', size, options);
  for (const context of contexts) if (!(await disk.canMetaContext(context))) throw notNegotiated(context);
  const longest = (await disk.getExtendedHeadersNegotiated()) ? size : longestRange;
  const block = (await disk.getBlockSize(SIZE_MINIMUM)) || 1n;
  let current: Extent<bigint[]> | undefined;
  let position = start;
  let entries = 0;
  while (position < end) {
    // What is asked for is aligned, whatever the caller's range is.
    const from = position - (position % block);
    const wanted = end - from + ((block - (end % block)) % block);
    const count = least(longest, size - from, wanted);
    const found = await disk.blockStatusArrays(count, from, { signal });
    const lists = contexts.map((context) => new EntryList(found.get(context)));
    for (let at = from; at < end; ) {
      const next = least(...lists.map((list) => at + list.left));
      if (next === at) break; // one of them says no more
      const flags = lists.map((list) => list.flags);
      const to = least(next, end);
      if (to > position) {
        if (current !== undefined && isSame(current.flags, flags)) current.length += to - position;
        else {
          if (current !== undefined) yield current;
          current = { offset: position, length: to - position, flags };
        }
        position = to;
      }
      for (const list of lists) list.skip(next - at);
      at = next;
      if (++entries % entriesInTurn === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    if (position <= from)
      throw new NBDError(`extents: the server told nothing of ${contexts.join(' and ')} at offset ${from}`, 'EPROTO');
    if (!joinsReplies && current !== undefined) {
      yield current;
      current = undefined;
    }
  }
  if (current !== undefined) yield current;
}

/** The entries of one context, read one after another. */
class EntryList {
  readonly #entries: BigUint64Array;
  #index = 0;
  /** What is left of the entry that is read now, in bytes; 0 when there are no more. */
  left = 0n;

  constructor(entries: BigUint64Array = new BigUint64Array()) {
    this.#entries = entries;
    this.#enter();
  }

  get flags(): bigint {
    return this.#entries[this.#index + 1] ?? 0n;
  }

  skip(length: bigint): void {
    this.left -= length;
    if (this.left > 0n) return;
    this.#index += 2;
    this.#enter();
  }

  #enter(): void {
    while (this.#index < this.#entries.length && this.#entries[this.#index] === 0n) this.#index += 2;
    this.left = this.#entries[this.#index] ?? 0n;
  }
}

function notNegotiated(context: string): NBDError {
  return new NBDError(
    `extents: the metadata context ${context} was not negotiated: call addMetaContext() before connecting; a server that ` +
      'does not have it cannot tell its extents',
    'ENOTSUP',
  );
}

const isSame = (one: readonly bigint[], other: readonly bigint[]): boolean => one.every((flags, i) => flags === other[i]);

const least = (...values: bigint[]): bigint => values.reduce((found, next) => (next < found ? next : found));
