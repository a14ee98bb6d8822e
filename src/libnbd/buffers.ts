// Virtual addresses: how libnbd is given a JavaScript buffer without its bytes ever entering the module's memory.
//
// A virtual address is 2^31 or more, above all of the module's memory. It stands for one byte of a buffer that was
// mapped here, and the addresses of a buffer follow one another, so that libnbd's arithmetic on them holds. libnbd
// hands them back in recv, send, memset and the chunk callback, and never looks behind one itself (wasm/posix.c).
import { NBDError } from '../base/errors.js';

/** The first virtual address; `-sMAXIMUM_MEMORY` in build.sh keeps real ones below it. */
export const firstVirtualAddress = 2 ** 31;

// Addresses are handed out in pages: small enough for 131,072 requests at a time, large enough that mapping the largest
// request (64 MiB) is quick.
const pageBits = 14;
const pageSize = 2 ** pageBits;
const pages = (2 ** 32 - firstVirtualAddress) / pageSize;

/** A buffer that has addresses. */
export interface Mapping {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** How many bytes it had when it was mapped: a buffer that is transferred loses them. */
  readonly length: number;
  /** Nothing was received from here on; see `rest`. */
  untouched: number;
  /**
   * What lies from `untouched` on: what the caller gave, zeroes, or what the caller gave where libnbd wants zeroes. The last is cleared only
   * where nothing is received, since most reads fill all of their buffer.
   */
  rest: 'given' | 'zero' | 'stale';
  /** The first page of its addresses, and the page after the last. */
  readonly first: number;
  readonly end: number;
}

export class Buffers {
  readonly #pages: (Mapping | undefined)[] = [];
  #next = 0;
  #used = 0;

  /** Gives a buffer its addresses, until `unmap`. Throws NBDError ENOMEM when 2 GiB are in flight. */
  map(bytes: Uint8Array): Mapping {
    const count = Math.max(1, Math.ceil(bytes.length / pageSize));
    const first = this.#find(count);
    const mapping: Mapping = {
      address: firstVirtualAddress + first * pageSize,
      bytes,
      length: bytes.length,
      untouched: 0,
      rest: 'given',
      first,
      end: first + count,
    };
    for (let page = first; page < mapping.end; page++) this.#pages[page] = mapping;
    this.#used += count;
    this.#next = mapping.end;
    return mapping;
  }

  /** Whether the buffer's memory was taken away, by a transfer to a worker. */
  isDetached(mapping: Mapping): boolean {
    return mapping.bytes.length !== mapping.length;
  }

  /** To be called before bytes are put into the buffer at a position: what was left out before it is cleared. */
  reach(mapping: Mapping, position: number): void {
    if (position <= mapping.untouched) return;
    if (mapping.rest === 'stale' && !this.isDetached(mapping)) mapping.bytes.fill(0, mapping.untouched, position);
    mapping.untouched = position;
  }

  unmap(mapping: Mapping): void {
    this.reach(mapping, mapping.length);
    for (let page = mapping.first; page < mapping.end; page++) this.#pages[page] = undefined;
    this.#used -= mapping.end - mapping.first;
    if (this.#used === 0) this.#next = 0; // keeps the table short while few requests are in flight at a time
  }

  /** The buffer that an address lies in. */
  at(address: number): Mapping {
    const mapping = this.#pages[(address - firstVirtualAddress) >>> pageBits];
    if (mapping === undefined) throw new Error(`no buffer is at address ${address}: libnbd kept it too long`);
    return mapping;
  }

  // Finds free pages that follow one another: after those that were handed out last, then from the start.
  #find(count: number): number {
    let start = this.#next;
    for (let wrapped = false; ; ) {
      if (start + count > pages) {
        if (wrapped) break;
        wrapped = true;
        start = 0;
        if (count > pages) break;
        continue;
      }
      const obstacle = this.#obstacle(start, count);
      if (obstacle === undefined) return start;
      start = obstacle.end;
      if (wrapped && start > this.#next + count) break;
    }
    throw new NBDError(
      'too many bytes in flight: the buffers of one module can hold 2 GiB at a time. Wait for some requests to finish',
      'ENOMEM',
    );
  }

  #obstacle(start: number, count: number): Mapping | undefined {
    for (let page = start + count - 1; page >= start; page--) {
      const mapping = this.#pages[page];
      if (mapping !== undefined) return mapping;
    }
    return undefined;
  }
}
