// The window of the disk that the map shows: how it is moved and zoomed. Offsets and lengths are bytes; places in the window are fractions,
// from 0 at its start to 1 at its end.
import type { Window } from './columns.js';

/** The disk whose windows these are. */
export interface Bounds {
  /** In bytes. */
  readonly size: bigint;
  /** The shortest window, in bytes: a block. */
  readonly least: bigint;
}

/** A fraction has so many steps: enough for the pixels of any screen. */
const steps = 2 ** 40;

export const scaled = (length: bigint, factor: number): bigint => (length * BigInt(Math.round(factor * steps))) / BigInt(steps);

/** The nearest window that lies in the disk and is not shorter than a block. */
export function clamped({ offset, length }: Window, { size, least }: Bounds): Window {
  const wanted = length < least ? least : length;
  const fits = wanted > size ? size : wanted;
  const last = size - fits;
  return { offset: offset < 0n ? 0n : offset > last ? last : offset, length: fits };
}

/** The window that is shorter or longer by a factor, and has a byte of the old one at the same place. */
export function zoomed(window: Window, factor: number, anchor: bigint, bounds: Bounds): Window {
  if (window.length === 0n) return window;
  const { length } = clamped({ offset: 0n, length: scaled(window.length, factor) }, bounds);
  return clamped({ offset: anchor - ((anchor - window.offset) * length) / window.length, length }, bounds);
}

/** The window that starts a fraction of its length further on. */
export function panned(window: Window, fraction: number, bounds: Bounds): Window {
  return clamped({ offset: window.offset + scaled(window.length, fraction), length: window.length }, bounds);
}

/** Where in the window a byte is; below 0 or above 1 if it is outside. */
export function placeOf(offset: bigint, window: Window): number {
  return window.length === 0n ? 0 : Number(((offset - window.offset) * BigInt(steps)) / window.length) / steps;
}

export const isSameWindow = (one: Window, other: Window): boolean => one.offset === other.offset && one.length === other.length;

/** The window that shows a range with some of what is beside it. */
export function around({ offset, length }: Window, bounds: Bounds): Window {
  const margin = length / 8n;
  return clamped({ offset: offset - margin, length: length + 2n * margin }, bounds);
}
