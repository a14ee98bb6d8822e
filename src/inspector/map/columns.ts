// The columns of pixels that a window of the disk is drawn in, and which bytes each of them stands for.

/** A part of the disk, in bytes. */
export interface Window {
  readonly offset: bigint;
  readonly length: bigint;
}

/** Positions are below 2^63. Two halves of 32 bits keep them exact without an object for each, as a bigint would be. */
export const half = 2 ** 32;

export const highOf = (position: bigint): number => Number(position >> 32n);
export const lowOf = (position: bigint): number => Number(position & 0xffff_ffffn);
export const positionOf = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low);

/**
 * Column `i` stands for the bytes from `start` to `end`, both whole bytes: every byte that a part of the column belongs to is in it. Where
 * a byte lies over a border, it is in both columns; where a byte is wider than a column, in several.
 */
export class Columns {
  readonly window: Window;
  readonly count: number;
  readonly startHigh: Uint32Array;
  readonly startLow: Uint32Array;
  readonly endHigh: Uint32Array;
  readonly endLow: Uint32Array;

  /** @param count From 1 to 65,536. */
  constructor(window: Window, count: number) {
    this.window = window;
    this.count = count;
    this.startHigh = new Uint32Array(count);
    this.startLow = new Uint32Array(count);
    this.endHigh = new Uint32Array(count);
    this.endLow = new Uint32Array(count);
    const whole = window.length / BigInt(count);
    const [stepHigh, stepLow] = [highOf(whole), lowOf(whole)];
    const rest = Number(window.length % BigInt(count));
    let high = highOf(window.offset);
    let low = lowOf(window.offset);
    let error = 0; // how far behind `high` and `low` the border is, as a part of `count`
    for (let i = 0; i < count; i++) {
      this.startHigh[i] = high;
      this.startLow[i] = low;
      error += rest;
      const carried = error >= count ? 1 : 0;
      if (carried === 1) error -= count;
      low += stepLow + carried;
      high += stepHigh;
      if (low >= half) {
        low -= half;
        high += 1;
      }
      const isWhole = error === 0 || low + 1 < half;
      this.endHigh[i] = isWhole ? high : high + 1;
      this.endLow[i] = error === 0 ? low : isWhole ? low + 1 : 0;
    }
  }

  /** The bytes that a column stands for. */
  bytes(column: number): Window {
    const offset = positionOf(this.startHigh[column] ?? 0, this.startLow[column] ?? 0);
    return { offset, length: positionOf(this.endHigh[column] ?? 0, this.endLow[column] ?? 0) - offset };
  }
}
