// The strip of partitions above the map. Its boxes are buttons in the page, and no pixels: their texts can be read, found and copied.
import { html, nothing, type TemplateResult } from 'lit';
import type { Content, Partition } from '../../probe/types.js';
import { exactSize, hexOffset, shortSize } from '../format.js';
import { isSameRange, type Selection } from '../selection.js';
import type { Window } from './columns.js';
import { type Box, freeRanges, layOut } from './strip_layout.js';
import { placeOf } from './zoom.js';

/** The least width of what can be clicked, in CSS pixels. */
const least = 24;
/** A partition has more than its number where there is room, in CSS pixels. */
const leastText = 36;
/** Free space is named where its name fits, in CSS pixels. */
const leastFree = 44;

export interface StripOptions {
  readonly partitions: readonly Partition[];
  /** What is on the disk itself, where it has no table. */
  readonly content: Content | undefined;
  readonly window: Window;
  readonly size: bigint;
  /** In CSS pixels. */
  readonly width: number;
  readonly selection: Selection | undefined;
  readonly select: (selection: Selection) => void;
  readonly zoom: (range: Window) => void;
}

export function strip(options: StripOptions): TemplateResult {
  const { partitions, content, window, size, width } = options;
  if (size === 0n || width === 0) return html`<div class="strip"></div>`;
  if (partitions.length === 0) return html`<div class="strip">${wholeDisk(options, content)}</div>`;
  const boxes = layOut(partitions, window, width, least);
  const free = freeRanges(partitions, size);
  return html`<div class="strip" role="group" aria-label="Partitions">
    ${freeBetween(boxes, free, options)}${boxes.map((box) => boxTemplate(box, options))}
  </div>`;
}

/** `partition 2, root`: what a selection is called. */
export function partitionTitle({ number, name, content }: Partition): string {
  const label = name ?? content?.label;
  return `partition ${number}${label === undefined || label === '' ? '' : `, ${label}`}`;
}

/** What a partition is, in words. */
export function partitionWords(partition: Partition): string {
  const { content, typeName, type, start, size, warnings } = partition;
  const what = content === undefined ? (typeName ?? type) : content.type;
  const label = content?.label !== undefined && content.label !== partition.name ? ` “${content.label}”` : '';
  const warned = warnings.length === 0 ? '' : `; ${warnings.map(({ message }) => message).join('; ')}`;
  return `${partitionTitle(partition)}: ${what}${label}, ${shortSize(size)} at ${hexOffset(start)}${warned}`;
}

function wholeDisk({ size, selection, select }: StripOptions, content: Content | undefined): TemplateResult {
  if (content === undefined) return html`<span class="none dim">No partitions</span>`;
  const range = { offset: 0n, length: size, why: `the whole disk, ${content.type}` };
  return html`<button
    class="box part-1"
    .style=${'left: 0; width: 100%'}
    aria-pressed=${isSameRange(selection, range)}
    @click=${() => select(range)}
  >
    <b>${content.label ?? 'whole disk'}</b> <span>${content.type} · ${shortSize(size)}</span>
  </button>`;
}

function boxTemplate(box: Box, options: StripOptions): TemplateResult {
  const style = `left: ${box.left.toFixed(2)}px; width: ${box.width.toFixed(2)}px`;
  const [partition] = box.partitions;
  if (partition === undefined || box.partitions.length > 1) return groupTemplate(box, style, options);
  const { number, size, start, content, name, warnings } = partition;
  const range = { offset: start, length: size, why: partitionTitle(partition) };
  const words = partitionWords(partition);
  const fileSystem = content?.type ?? partition.typeName ?? partition.type;
  return html`<button
    class="box part-${((number - 1) % 8) + 1}"
    .style=${style}
    title="${words} (${exactSize(size)})"
    aria-label=${box.width < leastText ? words : nothing}
    aria-pressed=${isSameRange(options.selection, range)}
    @click=${() => options.select(range)}
    @dblclick=${() => options.zoom(range)}
  >
    ${warnings.length === 0 ? nothing : html`<b class="warn">!</b> `}
    ${box.width < leastText ? html`<b>${number}</b>` : html`<b>${number} ${name || content?.label}</b> <span>${fileSystem} · ${shortSize(size)}</span>`}
  </button>`;
}

/** Several partitions that are too narrow: a click shows them wider. */
function groupTemplate({ partitions }: Box, style: string, { zoom }: StripOptions): TemplateResult {
  const offset = partitions.reduce((least, { start }) => (start < least ? start : least), partitions[0]?.start ?? 0n);
  const end = partitions.reduce((most, { start, size }) => (start + size > most ? start + size : most), 0n);
  const words = `${partitions.length} partitions, ${partitions.map(({ number }) => number).join(', ')}: zoom in to see them`;
  return html`<button class="box several" .style=${style} title=${words} aria-label=${words}
    @click=${() => zoom({ offset, length: end - offset })}
  ><b>${partitions.length}…</b></button>`;
}

/** Free space, where there is room between the boxes. */
function freeBetween(boxes: readonly Box[], free: readonly Window[], options: StripOptions): TemplateResult[] {
  const { window, width, selection, select } = options;
  const found: TemplateResult[] = [];
  for (const { offset, length } of free) {
    const [from, to] = [placeOf(offset, window) * width, placeOf(offset + length, window) * width];
    let [left, right] = [Math.max(0, from), Math.min(width, to)];
    for (const box of boxes) {
      const boxEnd = box.left + box.width;
      const middle = (box.left + boxEnd) / 2;
      if (middle < (left + right) / 2) left = Math.max(left, boxEnd);
      else right = Math.min(right, box.left);
    }
    if (right - left < leastFree) continue;
    const range = { offset, length, why: 'free space' };
    const words = `free space, ${shortSize(length)} at ${hexOffset(offset)}`;
    found.push(html`<button
      class="box free"
      .style=${`left: ${left.toFixed(2)}px; width: ${(right - left).toFixed(2)}px`}
      title="${words} (${exactSize(length)})"
      aria-pressed=${isSameRange(selection, range)}
      @click=${() => select(range)}
    ><b>free</b> <span>${shortSize(length)}</span></button>`);
  }
  return found;
}
