// How fast something goes on, and how far it is, in words.
import { shortSize } from '../format.js';

/** How far back the rate looks, in milliseconds. */
const span = 3000;

export class Rate {
  #samples: { time: number; bytes: bigint }[] = [];

  /** Bytes a second in the last seconds. */
  at(bytes: bigint, time = performance.now()): number {
    this.#samples.push({ time, bytes });
    while (this.#samples.length > 2 && time - (this.#samples[0]?.time ?? 0) > span) this.#samples.shift();
    const first = this.#samples[0] ?? { time, bytes };
    return time > first.time ? (Number(bytes - first.bytes) * 1000) / (time - first.time) : 0;
  }
}

/** `41 % of 30 MiB, 120 MiB/s`. */
export function progressText(bytes: bigint, total: bigint, rate: number): string {
  const percent = total === 0n ? 100n : (bytes * 100n) / total;
  const speed = rate > 0 ? `, ${shortSize(BigInt(Math.round(rate)))}/s` : '';
  return `${percent} % of ${shortSize(total)}${speed}`;
}

/** A fraction for a progress bar, from 0 to 1. */
export const fractionDone = (bytes: bigint, total: bigint): number =>
  total === 0n ? 1 : Number((bytes * 10_000n) / total) / 10_000;
