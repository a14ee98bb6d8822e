// Which rows of a long list are in view. Only those are in the document.

export interface Visible {
  /** Rows from first to last, without last. */
  readonly first: number;
  readonly last: number;
  /** Where the first stands, in pixels from the top of what scrolls. */
  readonly top: number;
  /** How long what scrolls is, in pixels. */
  readonly total: number;
}

/** No browser lays out more pixels than this well. A longer list moves faster than its bar. */
const mostPixels = 8_000_000;
/** Rows beyond either edge, so that a quick turn of the wheel shows no gap. */
const beyond = 8;

export interface Scrolled {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly count: number;
}

export function visible({ scrollTop, height, rowHeight, count }: Scrolled): Visible {
  const real = count * rowHeight;
  const total = Math.min(real, mostPixels);
  const at = realTop(scrollTop, real, total, height);
  const first = Math.max(0, Math.min(count, Math.floor(at / rowHeight)) - beyond);
  const last = Math.min(count, Math.ceil((at + height) / rowHeight) + beyond);
  return { first, last, top: scrollTop - (at - first * rowHeight), total };
}

/** Where to scroll so that a row is in view; undefined where it is already. */
export function scrollFor(row: number, { scrollTop, height, rowHeight, count }: Scrolled): number | undefined {
  const real = count * rowHeight;
  const total = Math.min(real, mostPixels);
  const at = realTop(scrollTop, real, total, height);
  const start = row * rowHeight;
  const wanted = start < at ? start : start + rowHeight > at + height ? start + rowHeight - height : undefined;
  if (wanted === undefined) return undefined;
  return real === total ? wanted : (wanted / Math.max(1, real - height)) * (total - height);
}

const realTop = (scrollTop: number, real: number, total: number, height: number): number =>
  real === total ? scrollTop : Math.min(1, scrollTop / Math.max(1, total - height)) * (real - height);
