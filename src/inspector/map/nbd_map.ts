// <nbd-map>: the map of a disk. Partitions to scale, a row of pixels for each metadata context, the window that is zoomed, and what the
// pointer or the keyboard's cursor is over, in words. The file is long since all of the element's state is in it: layout, painting, words and
// gestures are made in other files.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Disk } from '../../disk/disk.js';
import type { Content, Partition } from '../../probe/types.js';
import { fire } from '../events.js';
import type { Lit } from '../files_place.js';
import { exactSize, hexOffset, shortSize } from '../format.js';
import { type Selection, select } from '../selection.js';
import { adoptTheme, shared } from '../theme.js';
import { Colours } from './colours.js';
import { Columns, type Window } from './columns.js';
import type { DiskMap } from './disk_map.js';
import type { ExtentMap } from './extent_map.js';
import { Gestures, type GestureTarget } from './gestures.js';
import { failed } from './kinds.js';
import { litRow, litWords } from './lit_row.js';
import { lookOf } from './looks.js';
import { mapStyles } from './map_styles.js';
import { ColumnsOnce, RowCanvas, swatch } from './row_canvas.js';
import { mapOf, releaseMap } from './shared_maps.js';
import { partitionWords, strip } from './strip.js';
import { contextTitle, kindName, messageOf, phaseWords, pixelWords, placeWords } from './words.js';
import { around, type Bounds, clamped, isSameWindow, panned, placeOf, scaled, zoomed } from './zoom.js';

/** The event that tells which window of the disk is shown; undefined for all of it. */
export const viewEvent = 'nbd-view';

declare global {
  interface HTMLElementEventMap {
    'nbd-view': CustomEvent<Window | null | undefined>;
  }
  interface HTMLElementTagNameMap {
    'nbd-map': NbdMap;
  }
}

/** Heights of canvases, in CSS pixels. */
const rowHeight = 28;
const overviewHeight = 12;
/** The shortest window, where the server has stated no larger block. */
const leastBlock = 512n;

/**
 * The map of a disk.
 *
 * Set `disk` to begin; `contexts`, `partitions`, `content`, `selection` and `view` as they become known. `view` is the window that is zoomed,
 * in bytes; undefined for the whole disk. Fires `nbd-select` when its user chooses an extent, a partition or free space, and `nbd-view` when
 * the window was zoomed or moved.
 */
export class NbdMap extends LitElement implements GestureTarget {
  static override styles = [shared, mapStyles];
  static override properties = {
    disk: { attribute: false },
    contexts: { attribute: false },
    partitions: { attribute: false },
    content: { attribute: false },
    selection: { attribute: false },
    view: { attribute: false },
    lit: { attribute: false },
  };

  declare disk: Disk | undefined;
  declare contexts: readonly string[] | undefined;
  declare partitions: readonly Partition[];
  declare content: Content | undefined;
  declare selection: Selection | undefined;
  declare view: Window | undefined;
  /** Parts of the disk that are marked, such as those of a file. */
  declare lit: Lit | undefined;

  readonly #colours = new Colours(this);
  readonly #columns = new ColumnsOnce();
  readonly #overviewColumns = new ColumnsOnce();
  readonly #rows = new Map<string, RowCanvas>();
  #overview: RowCanvas | undefined;
  #map: DiskMap | undefined;
  #forget = () => {};
  #frame = 0;
  #width = 0;
  #pointer: number | undefined;
  /** Where the keyboard's cursor stands, in bytes. */
  #cursor = 0n;
  readonly #resized = new ResizeObserver(() => this.#measure());
  readonly #darkness = matchMedia('(prefers-color-scheme: dark)');
  readonly #redraw = () => this.requestUpdate();

  constructor() {
    super();
    this.partitions = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    adoptTheme(this.ownerDocument);
    this.#darkness.addEventListener('change', this.#redraw);
    this.#resized.observe(this);
    if (this.hasUpdated) this.#follow(this.disk);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#darkness.removeEventListener('change', this.#redraw);
    this.#resized.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#follow(undefined);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('disk')) {
      this.#rows.clear();
      this.#overview = undefined;
      this.#cursor = 0n;
      this.#follow(this.disk);
    }
    this.#map?.look(this.#window);
  }

  protected override firstUpdated(): void {
    const rows = this.renderRoot.querySelector<HTMLElement>('.rows');
    if (rows !== null) new Gestures(rows, this);
    const overview = this.renderRoot.querySelector<HTMLElement>('.overview');
    overview?.addEventListener('pointerdown', (event) => {
      overview.setPointerCapture(event.pointerId);
      this.#centreOn(event, overview);
    });
    overview?.addEventListener('pointermove', (event) => {
      if (overview.hasPointerCapture(event.pointerId)) this.#centreOn(event, overview);
    });
    this.#measure();
  }

  protected override updated(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  protected override render(): TemplateResult {
    const [map, window, width] = [this.#map, this.#window, this.#width];
    const { partitions, content, selection } = this;
    const size = map?.size ?? 0n;
    return html`<div class="body">
      ${strip({
        ...{ partitions, content, window, size, width, selection },
        select: (chosen) => this.#choose(chosen),
        zoom: (range) => this.#show(around(range, this.#bounds)),
      })}
      <div class="exact" aria-hidden="true">${partitions.filter(({ extended }) => !extended).map((partition) => this.#exact(partition, window))}</div>
      <div
        class="rows" tabindex="0" role="application" aria-roledescription="map" aria-describedby="keys words"
        aria-label="Map of the disk" @keydown=${this.#rowsOnKeyDown} @focus=${this.#redraw} @blur=${this.#redraw}
      >
        ${litRow(this.lit, window, width)}
        ${[...(map?.maps ?? [])].map(([context, own]) => this.#row(context, own))}
        ${map !== undefined && map.maps.size === 0 ? html`<div class="nothing">${phaseWords(map) || 'Asking the server…'}</div>` : nothing}
      </div>
      ${
        this.lit === undefined
          ? nothing
          : html`<p class="lit-words"><bdi dir="auto">${litWords(this.lit)}</bdi>
        <button @click=${() => fire(this, 'nbd-lit', undefined)}>Put out</button></p>`
      }
      <div class="scale mono"><span>${hexOffset(window.offset)}</span><span>${shortSize(window.length)}</span><span>${hexOffset(window.offset + window.length)}</span></div>
      <div class="overview" aria-hidden="true">
        ${this.#overview?.element} ${this.#mark('zoomed', isSameWindow(window, this.#whole) ? undefined : window, this.#whole)}
      </div>
      <p class="words" id="words" role="status">${this.#words(window).map((words) => html`<span title=${words}>${words}</span> `)}</p>
      <div class="below">
        <div class="phase">${map === undefined ? nothing : this.#phase(map)}</div>
        <div class="tools" role="group" aria-label="Zoom">
          <button aria-label="Zoom out" title="Zoom out (−)" @click=${() => this.zoomBy(2, 0.5)}>−</button>
          <button aria-label="Zoom in" title="Zoom in (+)" @click=${() => this.zoomBy(0.5, 0.5)}>+</button>
          <button title="Show the whole disk (0)" @click=${() => this.#show(this.#whole)}>All</button>
          <button title="Show the selection (S)" ?disabled=${!selection?.length} @click=${this.#showSelection}>Selection</button>
        </div>
      </div>
      <span class="spoken" id="keys">
        Arrow keys move the cursor, with Control from extent to extent. Page Up and Page Down move by a window, Home and End go to the ends of
        the disk. Plus and minus zoom, 0 shows all, S shows the selection. Enter selects what is under the cursor.
      </span>
    </div>`;
  }

  get #whole(): Window {
    return { offset: 0n, length: this.#map?.size ?? 0n };
  }

  get #bounds(): Bounds {
    const block = this.#map?.block ?? 1n;
    return { size: this.#map?.size ?? 0n, least: block > leastBlock ? block : leastBlock };
  }

  get #window(): Window {
    return this.view === undefined ? this.#whole : clamped(this.view, this.#bounds);
  }

  #follow(disk: Disk | undefined): void {
    const old = this.#map;
    const next = disk === undefined || !this.isConnected ? undefined : mapOf(disk, this.contexts);
    this.#forget();
    if (old !== undefined) releaseMap(old.disk);
    this.#map = next;
    this.#forget = next?.onChange(this.#redraw) ?? (() => {});
    this.requestUpdate();
  }

  #measure(): void {
    const width = this.renderRoot.querySelector('.rows')?.clientWidth ?? 0;
    if (width === this.#width) return;
    this.#width = width;
    this.requestUpdate();
  }

  /** Paints at once what the next frame would. Nothing is painted twice. */
  paintNow(): void {
    cancelAnimationFrame(this.#frame);
    this.#draw();
  }

  #draw(): void {
    this.#frame = 0;
    const [map, window] = [this.#map, this.#window];
    if (map === undefined || window.length === 0n || this.#width === 0) return;
    this.#colours.refresh();
    const ratio = devicePixelRatio;
    const [count, scale] = [Math.min(65_536, Math.round(this.#width * ratio)), Math.max(1, Math.round(ratio))];
    for (const [context, own] of map.maps) {
      const columns = this.#columns.of(window, count);
      this.#rows.get(context)?.draw(own, columns, Math.round(rowHeight * ratio), scale, this.#colours);
    }
    const [first] = map.maps;
    if (first !== undefined) {
      const columns = this.#overviewColumns.of(this.#whole, count);
      this.#overview?.draw(first[1], columns, Math.round(overviewHeight * ratio), scale, this.#colours);
    }
    for (const canvas of this.renderRoot.querySelectorAll<HTMLCanvasElement>('.total canvas')) {
      const own = map.maps.get(canvas.dataset.context ?? '');
      if (own === undefined) continue;
      const look = lookOf(canvas.dataset.context ?? '', own, Number(canvas.dataset.kind));
      swatch(look, Math.round(14 * ratio), scale, this.#colours, canvas);
    }
  }

  #row(context: string, map: ExtentMap): TemplateResult {
    let row = this.#rows.get(context);
    if (row === undefined) {
      row = new RowCanvas(context, this.ownerDocument);
      row.element.dataset.context = context;
      this.#rows.set(context, row);
    }
    this.#overview ??= new RowCanvas(context, this.ownerDocument);
    return html`<div class="row" data-context=${context}>
      <div class="pixels">
        ${row.element} ${this.#mark('selected', this.selection, this.#window)} ${this.#cursorMark(this.#window)}
      </div>
      ${guard([map, map.version], () => this.#caption(context, map))}
    </div>`;
  }

  /** What the row shows, how each kind looks, and how many bytes are of it. */
  #caption(context: string, map: ExtentMap): TemplateResult {
    const kinds = Array.from({ length: Math.min(31, map.kinds.count) }, (_, kind) => kind).filter((kind) => map.total(kind) > 0n);
    return html`<div class="caption">
      <b title=${context}>${contextTitle(context)}</b>
      ${kinds.map(
        (kind) => html`<span class="total" title=${exactSize(map.total(kind))}>
          <canvas data-context=${context} data-kind=${kind} aria-hidden="true"></canvas>
          ${kindName(context, map, kind)} <span class="dim">${shortSize(map.total(kind))}</span>
        </span>`,
      )}
    </div>`;
  }

  /** A box over a range, in a window. */
  #mark(name: string, range: { offset: bigint; length: bigint } | undefined, window: Window): TemplateResult | typeof nothing {
    if (range === undefined || window.length === 0n) return nothing;
    const [from, to] = [placeOf(range.offset, window), placeOf(range.offset + range.length, window)];
    if (to < 0 || from > 1) return nothing;
    const [left, right] = [Math.max(-0.01, from), Math.min(1.01, to)];
    return html`<div class=${name} .style=${`left: ${(left * 100).toFixed(4)}%; width: ${((right - left) * 100).toFixed(4)}%`}></div>`;
  }

  #exact(partition: Partition, window: Window): TemplateResult | typeof nothing {
    const { start: offset, size: length, number } = partition;
    return this.#mark(`part part-${((number - 1) % 8) + 1}`, { offset, length }, window);
  }

  #cursorMark(window: Window): TemplateResult | typeof nothing {
    const isFocused = this.renderRoot.querySelector('.rows')?.matches(':focus-visible') ?? false;
    const place = this.#pointer ?? (isFocused ? placeOf(this.#cursor, window) : undefined);
    if (place === undefined || window.length === 0n) return nothing;
    return html`<div class="cursor" .style=${`left: ${(place * 100).toFixed(4)}%`}></div>`;
  }

  /** What the pointer is over, or else the cursor. */
  #words(window: Window): string[] {
    const map = this.#map;
    if (map === undefined || map.maps.size === 0 || window.length === 0n || this.#width === 0) return [];
    const bytes = this.#pointer === undefined ? this.#cursorBytes : this.#pixel(this.#pointer, window);
    const end = bytes.offset + bytes.length;
    const inside = this.partitions.filter(({ start, size, extended }) => !extended && start < end && start + size > bytes.offset);
    const where =
      inside.length > 0 ? [inside.map(partitionWords).join('; ')] : this.partitions.length > 0 ? ['In no partition'] : [];
    return [placeWords(bytes), ...where, ...[...map.maps].map(([context, own]) => pixelWords(context, own, bytes))];
  }

  /** The bytes of the CSS pixel at a place; the one byte where a byte is wider than that. */
  #pixel(place: number, window: Window): Window {
    if (window.length <= BigInt(this.#width)) return { offset: window.offset + scaled(window.length, place), length: 1n };
    const x = Math.min(this.#width - 1, Math.max(0, Math.floor(place * this.#width)));
    return new Columns(window, this.#width).bytes(x);
  }

  /** From the keyboard's cursor on, as much as a pixel has. */
  get #cursorBytes(): Window {
    const [left, pixel] = [this.#whole.length - this.#cursor, this.#window.length / BigInt(this.#width || 1) || 1n];
    return { offset: this.#cursor, length: pixel < left ? pixel : left };
  }

  #phase(map: DiskMap): TemplateResult {
    let unread = 0n;
    for (const own of map.maps.values()) if (own.total(failed) > unread) unread = own.total(failed);
    const canRetry = unread > 0n || map.phase === 'stopped' || map.phase === 'untold';
    return html`<span>${phaseWords(map)}</span>
      ${unread > 0n ? html`<span class="bad" title=${messageOf(map.error)}>${shortSize(unread)} could not be asked: ${messageOf(map.error)}</span>` : nothing}
      ${canRetry ? html`<button @click=${() => map.retry()}>Ask again</button>` : nothing}`;
  }

  #choose(selection: Selection): void {
    this.selection = selection;
    select(this, selection);
  }

  /** Shows another window, and tells so. */
  #show(window: Window): void {
    if (isSameWindow(window, this.#window)) return;
    this.view = isSameWindow(window, this.#whole) ? undefined : window;
    this.dispatchEvent(new CustomEvent<Window | undefined>(viewEvent, { detail: this.view, bubbles: true, composed: true }));
  }

  readonly #showSelection = (): void => {
    if (this.selection !== undefined && this.selection.length > 0n) this.#show(around(this.selection, this.#bounds));
  };

  zoomBy(factor: number, place: number): void {
    const { offset, length } = this.#window;
    this.#zoomAround(offset + scaled(length, place), factor);
  }

  #zoomAround(anchor: bigint, factor: number): void {
    this.#show(zoomed(this.#window, factor, anchor, this.#bounds));
  }

  panBy(fraction: number): void {
    this.#show(panned(this.#window, fraction, this.#bounds));
  }

  hover(place: number | undefined): void {
    if (place === this.#pointer) return;
    this.#pointer = place;
    this.requestUpdate();
  }

  pick(place: number, under: Element): void {
    const bytes = this.#pixel(place, this.#window);
    this.#cursor = bytes.offset;
    this.#chooseExtent(bytes, contextUnder(under));
  }

  pickTwice(place: number, under: Element): void {
    const range = this.#extentOf(this.#pixel(place, this.#window), contextUnder(under));
    if (range !== undefined) this.#show(around(range, this.#bounds));
  }

  #chooseExtent(bytes: Window, context: string | undefined): void {
    const range = this.#extentOf(bytes, context);
    if (range !== undefined) this.#choose(range);
    this.requestUpdate();
  }

  /** The extent that has some bytes; where they are of several, the bytes themselves. */
  #extentOf(bytes: Window, context: string | undefined): Selection | undefined {
    const maps = [...(this.#map?.maps ?? [])];
    const [name = '', own] = maps.find(([key]) => key === context) ?? maps[0] ?? [];
    if (own === undefined || this.#window.length === 0n) return undefined;
    if (own.summary(bytes).runs > 1) return { ...bytes, why: pixelWords(name, own, bytes) };
    const { offset, length, kind } = own.at(bytes.offset);
    return { offset, length, why: `${kindName(name, own, kind)}, ${shortSize(length)}` };
  }

  readonly #rowsOnKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey) return;
    const { offset, length } = this.#window;
    const isSeen = this.#cursor >= offset && this.#cursor < offset + length;
    if (!isSeen) this.#cursor = offset + length / 2n;
    const action = this.#actionOf(event);
    if (action === undefined) return;
    event.preventDefault();
    this.#pointer = undefined;
    action();
    this.requestUpdate();
  };

  #actionOf({ key, ctrlKey, shiftKey }: KeyboardEvent): (() => void) | undefined {
    const { length } = this.#window;
    const step = length / (shiftKey ? 8n : 64n) || 1n;
    switch (key) {
      case '+':
      case '=':
        return () => this.#zoomAround(this.#cursor, 0.5);
      case '-':
        return () => this.#zoomAround(this.#cursor, 2);
      case '0':
        return () => this.#show(this.#whole);
      case 's':
        return this.#showSelection;
      case 'ArrowLeft':
        return () => this.#moveTo(ctrlKey ? this.#border(-1) : this.#cursor - step);
      case 'ArrowRight':
        return () => this.#moveTo(ctrlKey ? this.#border(1) : this.#cursor + step);
      case 'PageUp':
        return () => this.#moveTo(this.#cursor - length);
      case 'PageDown':
        return () => this.#moveTo(this.#cursor + length);
      case 'Home':
        return () => this.#moveTo(0n);
      case 'End':
        return () => this.#moveTo(this.#whole.length - 1n);
      case 'Enter':
      case ' ':
        return () => this.#chooseExtent(this.#cursorBytes, undefined);
      default:
        return undefined;
    }
  }

  /** Moves the cursor, and the window with it: the cursor keeps its place on the screen where the window can move. */
  #moveTo(offset: bigint): void {
    const last = this.#whole.length - 1n;
    const target = offset > last ? last : offset < 0n ? 0n : offset;
    const window = this.#window;
    const moved = clamped({ offset: window.offset + target - this.#cursor, length: window.length }, this.#bounds);
    this.#cursor = target;
    this.#show(moved);
  }

  /** Where the next extent starts, or the one before, in the context where that is nearest. */
  #border(direction: 1 | -1): bigint {
    const { length: size } = this.#whole;
    let nearest = direction === 1 ? size - 1n : 0n;
    for (const map of this.#map?.maps.values() ?? []) {
      const { offset, length } = map.at(this.#cursor);
      if (direction === 1 && offset + length < size && offset + length < nearest) nearest = offset + length;
      if (direction === -1) {
        const start = offset < this.#cursor || offset === 0n ? offset : map.at(offset - 1n).offset;
        if (start > nearest) nearest = start;
      }
    }
    return nearest;
  }

  #centreOn(event: PointerEvent, overview: HTMLElement): void {
    const { left, width } = overview.getBoundingClientRect();
    const { length } = this.#window;
    const at = scaled(this.#whole.length, Math.min(1, Math.max(0, (event.clientX - left) / (width || 1))));
    this.#show(clamped({ offset: at - length / 2n, length }, this.#bounds));
  }
}

/** The context of the row that something is in. */
const contextUnder = (element: Element): string | undefined => element.closest<HTMLElement>('.row')?.dataset.context;
