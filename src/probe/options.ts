// The options of probe() and partitions().
import { checkedSignal, type WaitOptions } from '../base/abort.js';
import type { CacheOptions } from '../disk/block_cache.js';
import type { WasmSource } from '../wasm/compile.js';

/** The options of {@link probe} and {@link partitions}. */
export interface ProbeOptions extends WaitOptions {
  /** Where the range to look at begins, in bytes; 0 unless told otherwise. */
  offset?: number | bigint | undefined;
  /** How long it is, in bytes; all the rest of the disk unless told otherwise. */
  length?: number | bigint | undefined;
  /**
   * The size of a sector in bytes, a power of two from 512 to 4096. Unless told otherwise it is what a GPT says that is on the disk; without one, the
   * server's minimum block size, where that can be a sector's; and 512 where it cannot.
   */
  sectorSize?: number | undefined;
  /** Sizes of the cache through which the disk is read, which is dropped afterwards. */
  cache?: Omit<CacheOptions, 'readAhead'> | undefined;
  /**
   * blkid.wasm: a compiled module, its bytes, a response that delivers it or the URL to fetch it from. Without this it is found beside
   * the library's own JavaScript, and compiled once.
   */
  blkid?: WasmSource | undefined;
}

export function checkedOptions(call: string, options: ProbeOptions): AbortSignal | undefined {
  const signal = checkedSignal(call, options);
  signal?.throwIfAborted();
  const { sectorSize } = options;
  if (sectorSize !== undefined && !isSectorSize(sectorSize)) {
    throw new RangeError(`${call}: sectorSize must be 512, 1024, 2048 or 4096, not ${String(sectorSize)}`);
  }
  return signal;
}

export const isSectorSize = (size: number): boolean => [512, 1024, 2048, 4096].includes(size);
