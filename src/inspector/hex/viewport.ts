// What part of a disk the rows show: no scrollbar of a browser has as many pixels as a disk has rows.

/** What is shown. Offsets and sizes are in bytes. */
export interface Viewport {
  /** Of the disk. */
  readonly size: bigint;
  readonly rowBytes: number;
  /** How many rows can be seen whole; 1 at least. */
  readonly rows: number;
  /** In pixels. */
  readonly rowHeight: number;
  /** Of the first row that is drawn: a multiple of rowBytes. */
  readonly top: bigint;
  /** How much of the first row is above the edge, in pixels. */
  readonly shift: number;
}

/** The steps of a drag: more than any screen has pixels. */
const steps = 2 ** 30;

/** Where the first row is when the last one is at the bottom. */
export function lastTop({ size, rowBytes, rows }: Viewport): bigint {
  const top = rowOf(size - 1n, rowBytes) - BigInt((rows - 1) * rowBytes);
  return top > 0n ? top : 0n;
}

/** The offset of the row that has a byte. */
export function rowOf(offset: bigint, rowBytes: number): bigint {
  return offset <= 0n ? 0n : offset - (offset % BigInt(rowBytes));
}

/** The same with a row at the top, as near as the disk allows. */
export function scrolledTo(view: Viewport, offset: bigint, shift = 0): Viewport {
  const [top, last] = [rowOf(offset, view.rowBytes), lastTop(view)];
  return top >= last ? { ...view, top: last, shift: 0 } : { ...view, top, shift };
}

/** The same further down, or up, by pixels. */
export function scrolledBy(view: Viewport, pixels: number): Viewport {
  const distance = view.shift + pixels;
  const rows = Math.floor(distance / view.rowHeight);
  const top = view.top + BigInt(rows * view.rowBytes);
  return top < 0n ? { ...view, top: 0n, shift: 0 } : scrolledTo(view, top, distance - rows * view.rowHeight);
}

/** The same where an offset can be seen: moved as little as possible, or, from afar, with what is before it in the upper quarter. */
export function showing(view: Viewport, offset: bigint, { fromAfar = false } = {}): Viewport {
  const row = rowOf(offset, view.rowBytes);
  const height = BigInt(view.rows * view.rowBytes);
  const bottom = view.top + height - BigInt(view.rowBytes);
  if (row >= view.top && row <= bottom) return view.shift > 0 && row === view.top ? { ...view, shift: 0 } : view;
  const isNear = !fromAfar && row >= view.top - height && row <= bottom + height;
  const quarter = BigInt(Math.floor(view.rows / 4) * view.rowBytes);
  const top = !isNear ? row - quarter : row < view.top ? row : row - (bottom - view.top);
  return scrolledTo(view, top > 0n ? top : 0n);
}

/** How far down it is, from 0 to 1. */
export function fractionOf(view: Viewport): number {
  const last = lastTop(view);
  return last === 0n ? 0 : Number((view.top * BigInt(steps)) / last) / steps;
}

/** The same at a fraction of the way down. */
export function atFraction(view: Viewport, fraction: number): Viewport {
  const step = BigInt(Math.round(Math.min(1, Math.max(0, fraction)) * steps));
  return scrolledTo(view, (lastTop(view) * step) / BigInt(steps));
}

/** Where an offset is on the disk: `12.5 %`, rounded to as many digits as make a difference, and to six at most. */
export function percentOf(offset: bigint, size: bigint): string {
  if (size <= 1n) return '0 %';
  const digits = Math.min(6, Math.max(1, size.toString().length - 4));
  const scale = 10n ** BigInt(digits);
  const value = (offset * 200n * scale + size - 1n) / (2n * (size - 1n));
  const fraction = (value % scale).toString().padStart(digits, '0').replace(/0+$/, '');
  return `${value / scale}${fraction === '' ? '' : `.${fraction}`} %`;
}

/** How many bytes stand in a row of a width in characters, with so many for the offset; 8, 16 or 32. */
export function rowBytesFor(characters: number, offsetDigits: number): number {
  const fits = (count: number) => offsetDigits + 4 + 4 * count + count / 8 <= characters;
  return fits(32) ? 32 : fits(16) ? 16 : 8;
}

/** Where a key takes the cursor; undefined for a key that does not move it. */
export function moved(
  { key, ctrlKey, metaKey }: { key: string; ctrlKey: boolean; metaKey: boolean },
  cursor: bigint,
  { size, rowBytes, rows }: Viewport,
): bigint | undefined {
  const row = BigInt(rowBytes);
  const isFar = ctrlKey || metaKey;
  const start = rowOf(cursor, rowBytes);
  const to: Record<string, bigint> = {
    ArrowLeft: cursor - 1n,
    ArrowRight: cursor + 1n,
    ArrowUp: cursor < row ? cursor : cursor - row,
    ArrowDown: cursor + row < size ? cursor + row : start + row < size ? size - 1n : cursor,
    PageUp: cursor < BigInt(rows) * row ? cursor % row : cursor - BigInt(rows) * row,
    PageDown: cursor + BigInt(rows) * row,
    Home: isFar ? 0n : start,
    End: isFar ? size - 1n : start + row - 1n,
  };
  const target = to[key];
  if (target === undefined || (isFar && key !== 'Home' && key !== 'End')) return undefined;
  return target < 0n ? 0n : target >= size ? size - 1n : target;
}
