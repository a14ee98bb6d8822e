// checksum(): the SHA-256 of a disk or a file.
import { checkedSignal } from '../base/abort.js';
import { pieces } from '../disk/ranges.js';
import { ahead } from './ahead.js';
import { BufferPool } from './buffer_pool.js';
import { chunks } from './chunks.js';
import type { RandomSource } from './ends.js';
import { openSource, type Platform } from './open.js';
import { boundedInFlight, checkedRequests, type InFlightOptions, type RequestShape, requestSizeFor } from './options.js';
import { plan } from './plan.js';
import { Meter } from './progress.js';
import type { Hash } from './sha256.js';

export async function checksumWith(
  platform: Platform & { sha256(): Hash },
  value: unknown,
  options: InFlightOptions,
): Promise<string> {
  const signal = checkedSignal('checksum', options) ?? new AbortController().signal;
  const requests = checkedRequests('checksum', options);
  const source = await openSource('checksum', value, platform, { onlyDirty: undefined });
  let failure: unknown;
  try {
    const meter = new Meter(options, source.size);
    const hash = platform.sha256();
    for await (const bytes of source.isRandom ? inOrder(source, requests, signal) : chunks(source, signal)) {
      hash.update(bytes);
      meter.add(bytes.length);
    }
    meter.end();
    return hash.digest();
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await source.close(failure);
  }
}

/** All bytes, with those that are known to be zero not read. */
async function* inOrder(
  source: RandomSource,
  requests: RequestShape,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, undefined> {
  const size = requestSizeFor(requests, source);
  const pool = new BufferPool(size);
  const zeroes = new Uint8Array(size);
  const read = async (at: bigint, count: number) => {
    const buffer = pool.take();
    const bytes = buffer.subarray(0, count);
    await source.readInto(bytes, at, signal);
    return { bytes, done: () => pool.give(buffer) };
  };
  async function* work() {
    for await (const { content, ...part } of plan(source, { start: 0n, end: source.size }, BigInt(source.block), size, signal)) {
      for (const { at, count } of pieces(part, size)) {
        const isZero = content === 'zero';
        yield isZero ? async () => ({ bytes: zeroes.subarray(0, count), done: () => {} }) : () => read(at, count);
      }
    }
  }
  for await (const { bytes, done } of ahead(work(), boundedInFlight(requests, size))) {
    signal.throwIfAborted();
    yield bytes;
    done();
  }
}
