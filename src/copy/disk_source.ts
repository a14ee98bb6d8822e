// A disk, to be copied from.
import { NBDError } from '../base/errors.js';
import { askGeometry, type Disk, type Geometry } from '../disk/disk.js';
import { extentsAsTold } from '../disk/extents.js';
import { preferredBlock, type Range, readPiece, requestSize } from '../disk/ranges.js';
import { CONTEXT_BASE_ALLOCATION, STATE_DIRTY, STATE_ZERO } from '../generated/constants.js';
import type { Known, RandomSource } from './ends.js';

export class DiskSource implements RandomSource {
  readonly isRandom = true;
  readonly name = 'the disk';
  readonly identity = undefined;
  readonly #disk: Disk;
  readonly #geometry: Geometry;
  readonly #onlyDirty: string | undefined;
  readonly #hasAllocation: boolean;

  private constructor(disk: Disk, geometry: Geometry, onlyDirty: string | undefined, hasAllocation: boolean) {
    this.#disk = disk;
    this.#geometry = geometry;
    this.#onlyDirty = onlyDirty;
    this.#hasAllocation = hasAllocation;
  }

  /** @throws NBDError `ENOTSUP` when the metadata context that says what is dirty was not negotiated. */
  static async open(disk: Disk, onlyDirty?: string): Promise<DiskSource> {
    if (onlyDirty !== undefined && !(await disk.canMetaContext(onlyDirty))) {
      const how = "name it in openDisk's contexts, or call addMetaContext() before connecting";
      throw new NBDError(`copy: the metadata context ${onlyDirty} was not negotiated: ${how}`, 'ENOTSUP');
    }
    const hasAllocation = await disk.canMetaContext(CONTEXT_BASE_ALLOCATION);
    return new DiskSource(disk, await askGeometry(disk), onlyDirty, hasAllocation);
  }

  get size(): bigint {
    return this.#geometry.size;
  }

  get block(): number {
    return Number(this.#geometry.minimum) || 1;
  }

  get preferred(): number | undefined {
    return preferredBlock(this.#geometry);
  }

  get connections(): number | undefined {
    return this.#disk.connections;
  }

  get longest(): number {
    return requestSize('copy', this.#geometry, { requestSize: 2 ** 25 });
  }

  async readInto(view: Uint8Array<ArrayBuffer>, at: bigint, signal: AbortSignal): Promise<void> {
    const block = this.block;
    if (view.length % block === 0 && at % BigInt(block) === 0n) await this.#disk.preadInto(view, at, { signal });
    else view.set(await readPiece(this.#disk, this.#geometry, { at, count: view.length }, signal));
  }

  known(range: Range, signal: AbortSignal): AsyncIterable<Known> | undefined {
    if (this.#onlyDirty !== undefined) return this.#told(range, [this.#onlyDirty], signal);
    return this.#hasAllocation ? this.#told(range, [], signal) : undefined;
  }

  /** What the server tells. Where it fails to tell what is zero, the rest is data: reading it is right as well. */
  async *#told({ start, end }: Range, dirty: readonly string[], signal: AbortSignal): AsyncGenerator<Known, undefined> {
    const contexts = [...dirty, ...(this.#hasAllocation ? [CONTEXT_BASE_ALLOCATION] : [])];
    const zero = BigInt(STATE_ZERO);
    let position = start;
    try {
      const found = extentsAsTold(this.#disk, { contexts, offset: start, length: end - start, signal });
      for await (const { offset, length, flags } of found) {
        position = offset + length;
        const isClean = dirty.length > 0 && ((flags[0] ?? 0n) & BigInt(STATE_DIRTY)) === 0n;
        const isZero = this.#hasAllocation && ((flags.at(-1) ?? 0n) & zero) !== 0n;
        yield { start: offset, end: position, content: isClean ? 'clean' : isZero ? 'zero' : 'data' };
      }
    } catch (error) {
      if (dirty.length > 0 || !(error instanceof NBDError) || error.isFatal) throw error;
      yield { start: position, end, content: 'data' };
    }
  }

  async close(): Promise<void> {}
}
