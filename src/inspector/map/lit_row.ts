// A row of the map that marks parts of the disk, such as those of a file. Parts that fall on the same pixels are one mark.
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Lit } from '../files_place.js';
import { grouped, shortSize } from '../format.js';
import type { Window } from './columns.js';
import { placeOf } from './zoom.js';

export function litRow(lit: Lit | undefined, window: Window, width: number): unknown {
  if (lit === undefined || width === 0 || window.length === 0n) return nothing;
  return guard([lit, window.offset, window.length, width], () => row(lit, window, width));
}

export function litWords({ what, ranges }: Lit): string {
  const bytes = ranges.reduce((sum, { length }) => sum + length, 0n);
  const parts = ranges.length === 1 ? '1 part' : `${grouped(ranges.length)} parts`;
  return `${what}: ${parts}, ${shortSize(bytes)} on the disk`;
}

function row({ ranges }: Lit, window: Window, width: number): TemplateResult {
  const marks = marksOf(ranges, window, width);
  return html`<div class="lit" aria-hidden="true">
    ${marks.map(([left, right]) => html`<div .style=${`left: ${left}px; width: ${right - left}px`}></div>`)}
  </div>`;
}

/** From which pixel to which, in order; at most every other pixel begins one. */
function marksOf(ranges: Lit['ranges'], window: Window, width: number): [left: number, right: number][] {
  const isLit = new Uint8Array(width + 1);
  for (const { offset, length } of ranges) {
    const [from, to] = [placeOf(offset, window) * width, placeOf(offset + length, window) * width];
    if (to < 0 || from > width) continue;
    isLit.fill(1, Math.max(0, Math.floor(from)), Math.min(width, Math.max(Math.floor(from) + 1, Math.ceil(to))));
  }
  const marks: [number, number][] = [];
  for (let x = 0; x < width; x++) {
    const last = marks.at(-1);
    if (isLit[x] === 0) continue;
    if (last !== undefined && last[1] === x) last[1] = x + 1;
    else marks.push([x, x + 1]);
  }
  return marks;
}
