// <nbd-extents>: the table of the extents that <nbd-map> draws, for those who cannot see a canvas, and for exact figures.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Disk } from '../../disk/disk.js';
import { exactSize, grouped, hexOffset, shortSize } from '../format.js';
import { type Selection, select } from '../selection.js';
import { adoptTheme, shared } from '../theme.js';
import type { DiskMap } from './disk_map.js';
import { extentsStyles, rowHeight } from './extents_styles.js';
import { type RowFilter, Rows } from './rows.js';
import { mapOf, releaseMap } from './shared_maps.js';
import { contextTitle, kindName, phaseWords } from './words.js';

declare global {
  interface HTMLElementTagNameMap {
    'nbd-extents': NbdExtents;
  }
}

/** No browser lays out an element that is much higher, in CSS pixels: with more rows, a pixel of the scrollbar is several. */
const highest = 8_000_000;
/** While answers come in, the table is made anew once in so many milliseconds: a million rows take some tens. */
const pause = 500;

/**
 * The table of a disk's extents: offset, size, and what the extent is in each metadata context.
 *
 * Set `disk` to begin; `contexts` and `selection` as they become known. Fires `nbd-select` when its user chooses a row.
 */
export class NbdExtents extends LitElement {
  static override styles = [shared, extentsStyles];
  static override properties = {
    disk: { attribute: false },
    contexts: { attribute: false },
    selection: { attribute: false },
  };

  declare disk: Disk | undefined;
  declare contexts: readonly string[] | undefined;
  declare selection: Selection | undefined;

  #map: DiskMap | undefined;
  #forget = () => {};
  #rows = new Rows(new Map());
  #filter: RowFilter | undefined;
  /** The first row that is seen, and the one that the keyboard stands on. */
  #top = 0;
  #active = 0;
  #seen = 10;
  /** The height of what is seen, with the head, in CSS pixels. */
  #viewport = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #resized = new ResizeObserver(() => this.#measure());

  override connectedCallback(): void {
    super.connectedCallback();
    adoptTheme(this.ownerDocument);
    if (!this.hasUpdated) return;
    this.#follow(this.disk);
    this.#observe();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#follow(undefined);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('disk')) this.#follow(this.disk);
    if (changed.has('selection') && this.selection !== undefined) this.#reveal(this.selection.offset);
  }

  protected override firstUpdated(): void {
    const scroller = this.#scroller;
    scroller?.addEventListener('wheel', this.#scrollerOnWheel, { passive: false });
    this.#observe();
  }

  protected override updated(): void {
    const scroller = this.#scroller;
    if (scroller === null || scroller === undefined) return;
    const wanted = this.#scrollOf(this.#top);
    if (Math.abs(scroller.scrollTop - wanted) >= 1 && this.#rowOf(scroller.scrollTop) !== this.#top) scroller.scrollTop = wanted;
  }

  protected override render(): TemplateResult {
    const [rows, map] = [this.#rows, this.#map];
    const last = Math.min(rows.count, this.#top + this.#seen + 1);
    const shown = Array.from({ length: Math.max(0, last - this.#top) }, (_, i) => this.#top + i);
    return html`<div class="bar">
        <label>Show ${this.#filters()}</label>
        <span class="dim" role="status">${grouped(rows.count)} extents${map === undefined || map.phase === 'whole' ? '' : `. ${phaseWords(map)}`}</span>
      </div>
      <div
        class="grid" role="grid" tabindex="0" aria-label="Extents of the disk" aria-rowcount=${rows.count + 1}
        aria-colcount=${2 + rows.contexts.length} aria-activedescendant=${rows.count > 0 ? `row-${this.#active}` : nothing}
        @keydown=${this.#gridOnKeyDown} @scroll=${this.#gridOnScroll}
      >
        <div class="head row" role="row" aria-rowindex="1" .style=${this.#template}>
          <span role="columnheader">Offset</span><span role="columnheader" class="number">Size</span>
          ${rows.contexts.map((context) => html`<span role="columnheader" title=${context}>${contextTitle(context)}</span>`)}
        </div>
        <div class="space" role="presentation" .style=${`height: ${this.#height}px`}>
          <div class="window" role="presentation" .style=${`transform: translateY(${this.#scrollOf(this.#top)}px)`}>
            ${shown.map((row) => this.#row(row))}
          </div>
        </div>
        ${rows.count === 0 ? html`<div class="none dim">${map === undefined ? '' : 'There is nothing to show'}</div>` : nothing}
      </div>`;
  }

  get #scroller(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.grid');
  }

  get #template(): string {
    return `grid-template-columns: minmax(150px, 1.2fr) minmax(90px, 0.6fr) repeat(${this.#rows.contexts.length}, minmax(110px, 1fr))`;
  }

  /** The first row that is seen when the table is scrolled to its end. */
  get #lastTop(): number {
    return Math.max(0, this.#rows.count - this.#seen);
  }

  /** How far the table can be scrolled, in CSS pixels. */
  get #travel(): number {
    return Math.min(highest, this.#lastTop * rowHeight);
  }

  /** A pixel of the scrollbar is more than a row. */
  get #isScaled(): boolean {
    return this.#lastTop * rowHeight > highest;
  }

  /** Of what is scrolled, so that it can be scrolled as far as `#travel` says, and no further. */
  get #height(): number {
    return this.#lastTop === 0 ? this.#rows.count * rowHeight : this.#travel + this.#viewport - rowHeight;
  }

  /** How far the table is scrolled when a row is the first that is seen. */
  #scrollOf(row: number): number {
    return this.#lastTop === 0 ? 0 : (row / this.#lastTop) * this.#travel;
  }

  #rowOf(scroll: number): number {
    const row = this.#travel === 0 ? 0 : (scroll / this.#travel) * this.#lastTop;
    return Math.min(this.#lastTop, Math.max(0, Math.floor(row + 0.01)));
  }

  #follow(disk: Disk | undefined): void {
    const old = this.#map;
    const next = disk === undefined || !this.isConnected ? undefined : mapOf(disk, this.contexts);
    this.#forget();
    if (old !== undefined) releaseMap(old.disk);
    this.#map = next;
    this.#forget = next?.onChange(() => this.#rebuildSoon()) ?? (() => {});
    if (next !== old) [this.#top, this.#active, this.#filter] = [0, 0, undefined];
    this.#rebuild();
  }

  #rebuildSoon(): void {
    const isLast = this.#map?.phase !== 'asking';
    if (isLast) clearTimeout(this.#timer);
    else if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#rebuild(), isLast ? 0 : pause);
  }

  /** Makes the rows anew. What is seen, and where the keyboard stands, stays at its place on the disk. */
  #rebuild(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const old = this.#rows;
    const [top, active] = [old.range(this.#top).offset, old.range(this.#active).offset];
    this.#rows = new Rows(this.#map?.maps ?? new Map(), this.#filter);
    this.#active = Math.max(0, this.#rows.rowAt(active));
    this.#top = Math.min(this.#lastTop, Math.max(0, this.#rows.rowAt(top)));
    this.requestUpdate();
  }

  #reveal(offset: bigint): void {
    const row = this.#rows.rowAt(offset);
    if (row >= 0) this.#goTo(row);
  }

  /** Stands on a row, and scrolls only as far as is needed to see it. */
  #goTo(row: number): void {
    this.#active = Math.min(this.#rows.count - 1, Math.max(0, row));
    if (this.#active < this.#top) this.#top = this.#active;
    else if (this.#active >= this.#top + this.#seen) this.#top = Math.min(this.#lastTop, this.#active - this.#seen + 1);
    this.requestUpdate();
  }

  #observe(): void {
    const scroller = this.#scroller;
    if (scroller) this.#resized.observe(scroller);
    this.#measure();
  }

  #measure(): void {
    const height = this.#scroller?.clientHeight ?? 0;
    if (height === this.#viewport) return;
    this.#viewport = height;
    this.#seen = Math.max(1, Math.floor((height - rowHeight) / rowHeight));
    this.#top = Math.min(this.#top, this.#lastTop);
    this.requestUpdate();
  }

  #row(row: number): TemplateResult {
    const { offset, length } = this.#rows.range(row);
    const chosen = this.selection;
    const isSelected = chosen !== undefined && chosen.offset < offset + length && chosen.offset + (chosen.length || 1n) > offset;
    return html`<div
      class="row ${row === this.#active ? 'active' : ''}" role="row" id="row-${row}" aria-rowindex=${row + 2} aria-selected=${isSelected}
      .style=${this.#template} @click=${() => this.#choose(row)}
    >
      <span role="gridcell" class="mono" title=${`${grouped(offset)}, ${shortSize(offset)}`}>${hexOffset(offset)}</span>
      <span role="gridcell" class="number" title=${exactSize(length)}>${shortSize(length)}</span>
      ${this.#rows.contexts.map((context, i) => html`<span role="gridcell">${this.#kind(context, this.#rows.kind(row, i))}</span>`)}
    </div>`;
  }

  #kind(context: string, kind: number): string {
    const map = this.#map?.maps.get(context);
    return map === undefined ? '' : kindName(context, map, kind);
  }

  /** All kinds that there are, each with how many bytes are of it. */
  #filters(): TemplateResult {
    const groups = [...(this.#map?.maps ?? [])].map(([context, map]) => {
      const kinds = Array.from({ length: map.kinds.count }, (_, kind) => kind).filter((kind) => map.total(kind) > 0n);
      return html`<optgroup label=${contextTitle(context)}>
        ${kinds.map((kind) => {
          const isChosen = this.#filter?.context === context && this.#filter.kind === kind;
          return html`<option value=${`${kind} ${context}`} ?selected=${isChosen}>
            ${kindName(context, map, kind)}: ${shortSize(map.total(kind))} (${exactSize(map.total(kind))})
          </option>`;
        })}
      </optgroup>`;
    });
    return html`<select @change=${this.#selectOnChange}><option value="" ?selected=${this.#filter === undefined}>all extents</option>${groups}</select>`;
  }

  readonly #selectOnChange = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    const space = value.indexOf(' ');
    this.#filter = space < 0 ? undefined : { kind: Number(value.slice(0, space)), context: value.slice(space + 1) };
    this.#rebuild();
  };

  #choose(row: number): void {
    const range = this.#rows.range(row);
    if (range.length === 0n) return;
    const kinds = this.#rows.contexts.map((context, i) => this.#kind(context, this.#rows.kind(row, i)));
    this.#active = row;
    this.selection = { ...range, why: `${kinds.join(', ')}, ${shortSize(range.length)}` };
    select(this, this.selection);
  }

  readonly #gridOnKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.metaKey || (event.ctrlKey && event.key !== 'Home' && event.key !== 'End')) return;
    const target = this.#targetOf(event.key);
    if (target === undefined && event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    if (target === undefined) this.#choose(this.#active);
    else this.#goTo(target);
  };

  #targetOf(key: string): number | undefined {
    switch (key) {
      case 'ArrowUp':
        return this.#active - 1;
      case 'ArrowDown':
        return this.#active + 1;
      case 'PageUp':
        return this.#active - this.#seen;
      case 'PageDown':
        return this.#active + this.#seen;
      case 'Home':
        return 0;
      case 'End':
        return this.#rows.count - 1;
      default:
        return undefined;
    }
  }

  /** Where the scrollbar has more rows than pixels, a wheel still moves by rows. */
  readonly #scrollerOnWheel = (event: WheelEvent): void => {
    if (!this.#isScaled || event.deltaY === 0) return;
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? rowHeight : 1;
    const rows = Math.sign(event.deltaY) * Math.max(1, Math.round((Math.abs(event.deltaY) * pixels) / rowHeight));
    this.#top = Math.min(this.#lastTop, Math.max(0, this.#top + rows));
    this.requestUpdate();
  };

  readonly #gridOnScroll = (event: Event): void => {
    const { scrollTop } = event.target as HTMLElement;
    if (Math.abs(scrollTop - this.#scrollOf(this.#top)) < 1) return;
    this.#top = this.#rowOf(scrollTop);
    this.requestUpdate();
  };
}
