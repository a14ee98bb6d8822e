// <nbd-hex-grid>: the rows themselves, with a cursor and a selection, moved by keys, wheel, touch and a bar of its own.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Disk } from '../../disk/disk.js';
import type { Partition } from '../../probe/types.js';
import { exactSize, grouped, hexOffset, shortSize } from '../format.js';
import { type Selection, select } from '../selection.js';
import { shared } from '../theme.js';
import { type Annotation, annotate, describeAnnotation } from './annotations.js';
import { type HexDisk, hexDisk, readBytes } from './hex_disk.js';
import { gridStyles } from './hex_grid_styles.js';
import { hexRow } from './hex_row.js';
import { PageStore, reasonOf } from './page_store.js';
import { SheetPointer } from './sheet_pointer.js';
import { type Structure, structuresIn } from './structures/structures.js';
import {
  atFraction,
  fractionOf,
  moved,
  percentOf,
  rowBytesFor,
  scrolledBy,
  scrolledTo,
  showing,
  type Viewport,
} from './viewport.js';

export class NbdHexGrid extends LitElement {
  static override properties = {
    disk: { attribute: false },
    size: { attribute: false },
    sectorSize: { attribute: false },
    partitions: { attribute: false },
    selection: { attribute: false },
    structures: { state: true },
    hovered: { state: true },
    failure: { state: true },
    view: { state: true },
  };
  static override styles = [shared, gridStyles];

  declare disk: Disk | undefined;
  declare size: bigint;
  declare sectorSize: number;
  declare partitions: readonly Partition[];
  declare selection: Selection | undefined;
  declare protected structures: readonly Structure[];
  declare protected hovered: bigint | undefined;
  declare protected failure: unknown;
  declare protected view: Viewport;

  /** The byte that keys move from, and the other end of what is selected. */
  #cursor = 0n;
  #anchor = 0n;
  #hexDisk: HexDisk | undefined;
  #store: PageStore | undefined;
  #isNarrow = false;
  /** Given up when something else is shown. */
  #looking = new AbortController();
  /** What was looked through for structures last. */
  #looked = '';
  readonly #pointer = new SheetPointer({
    offsetAt: (event) => this.#offsetAt(event),
    rowHeight: () => this.view.rowHeight,
    place: (offset, extend) => this.#moveCursor(offset, extend, false),
    scroll: (pixels) => this.#scrollBy(pixels),
    selectField: (offset) => this.#selectField(offset),
  });
  readonly #resized = new ResizeObserver(() => this.#measure());

  constructor() {
    super();
    this.size = 0n;
    this.sectorSize = 512;
    this.partitions = [];
    this.structures = [];
    this.view = { size: 0n, rowBytes: 16, rows: 1, rowHeight: 20, top: 0n, shift: 0 };
  }

  /** Where the cursor is, in bytes. */
  get cursor(): bigint {
    return this.#cursor;
  }

  /** What is selected: the byte at the cursor at least, but for an empty disk. */
  get range(): { readonly offset: bigint; readonly length: bigint } {
    const [start, end] = this.#cursor < this.#anchor ? [this.#cursor, this.#anchor] : [this.#anchor, this.#cursor];
    return { offset: start, length: this.size === 0n ? 0n : end - start + 1n };
  }

  /** What stands at an offset, as far as that is shown. */
  annotationAt(offset: bigint): Annotation | undefined {
    return annotate(this.structures, offset, 1).get(0);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#observe();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#looking.abort();
    this.#store?.close();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('size')) {
      this.view = scrolledTo({ ...this.view, size: this.size }, this.view.top);
      this.#cursor = this.#clamped(this.#cursor);
      this.#anchor = this.#clamped(this.#anchor);
    }
    if (changed.has('disk')) void this.#open(); // it shows what goes wrong
    // A selection that came with a link is there before the disk is.
    if ((changed.has('selection') || changed.has('size')) && this.selection !== undefined) this.#adopt(this.selection);
    if (changed.has('partitions') || changed.has('sectorSize')) this.#looked = '';
    this.#want();
  }

  protected override firstUpdated(): void {
    this.#observe();
    this.#measure();
  }

  protected override updated(): void {
    const sheet = this.renderRoot.querySelector<HTMLElement>('.rows');
    if (sheet !== null) sheet.style.transform = `translateY(${-this.view.shift}px)`;
    const bar = this.renderRoot.querySelector<HTMLElement>('.bar');
    const thumb = bar?.querySelector<HTMLElement>('.thumb');
    if (bar && thumb) thumb.style.top = `${fractionOf(this.view) * (bar.clientHeight - thumb.offsetHeight)}px`;
  }

  #observe(): void {
    const body = this.renderRoot.querySelector('.grid');
    if (body !== null) this.#resized.observe(body);
  }

  async #open(): Promise<void> {
    this.#store?.close();
    this.#store = undefined;
    this.#hexDisk = undefined;
    this.structures = [];
    this.failure = undefined;
    this.#looked = '';
    const { disk } = this;
    if (disk === undefined) return;
    try {
      const opened = await hexDisk(disk);
      if (this.disk !== disk) return;
      this.#hexDisk = opened;
      this.#store = new PageStore(opened, () => this.requestUpdate());
    } catch (error) {
      if (this.disk === disk) this.failure = error;
    }
    this.requestUpdate();
  }

  /** Takes over what was chosen elsewhere. */
  #adopt({ offset, length }: Selection): void {
    const { range } = this;
    if (range.offset === offset && range.length === (length === 0n ? 1n : length)) return;
    this.#cursor = this.#clamped(offset);
    this.#anchor = this.#clamped(length === 0n ? offset : offset + length - 1n);
    this.view = showing(this.view, this.#cursor, { fromAfar: true });
  }

  #clamped(offset: bigint): bigint {
    return offset < 0n || this.size === 0n ? 0n : offset >= this.size ? this.size - 1n : offset;
  }

  /** Finds out how many rows there are, and of how many bytes. */
  #measure(): void {
    const body = this.renderRoot.querySelector<HTMLElement>('.body');
    const probe = this.renderRoot.querySelector<HTMLElement>('.probe');
    if (body === null || probe === null) return;
    const character = probe.getBoundingClientRect().width / 100;
    const rowHeight = probe.getBoundingClientRect().height;
    if (character === 0 || rowHeight === 0) return; // not shown
    const normal = this.#isNarrow ? character * (13 / 12) : character;
    const rowBytes = rowBytesFor(Math.floor(body.clientWidth / normal), this.#digits);
    this.#isNarrow = rowBytes === 8;
    const rows = Math.max(1, Math.floor(body.clientHeight / rowHeight));
    const { view } = this;
    if (rowBytes === view.rowBytes && rows === view.rows && rowHeight === view.rowHeight) return;
    const distance = this.#cursor - view.top;
    const wasSeen = distance >= 0n && distance < BigInt(view.rows * view.rowBytes);
    const resized = scrolledTo({ ...view, rowBytes, rows, rowHeight }, view.top);
    this.view = wasSeen ? showing(resized, this.#cursor) : resized;
  }

  get #digits(): number {
    return Math.max(8, (this.size > 0n ? this.size - 1n : 0n).toString(16).length);
  }

  /** How many rows are drawn: one more for what is shown in part. */
  get #drawn(): number {
    return this.view.rows + 2;
  }

  #want(): void {
    const store = this.#store;
    const opened = this.#hexDisk;
    if (store === undefined || opened === undefined) return;
    const { top, rowBytes } = this.view;
    const height = BigInt(this.#drawn * rowBytes);
    store.want([
      { start: top, end: top + height },
      { start: top + height, end: top + 2n * height },
    ]);
    const looked = `${top} ${height}`;
    if (looked === this.#looked) return;
    this.#looked = looked;
    this.#looking.abort();
    this.#looking = new AbortController();
    void this.#look(opened, top, height, this.#looking.signal); // what cannot be read holds no structures
  }

  async #look(opened: HexDisk, offset: bigint, length: bigint, signal: AbortSignal): Promise<void> {
    const { size, sectorSize, partitions } = this;
    const read = (at: bigint, count: number) => readBytes(opened, at, count, signal);
    const found = await structuresIn({ offset, length }, { size, sectorSize, partitions }, read);
    if (!signal.aborted) this.structures = found;
  }

  #scrollBy(pixels: number): boolean {
    const { view } = this;
    this.view = scrolledBy(view, pixels);
    return this.view.top !== view.top || this.view.shift !== view.shift;
  }

  #moveCursor(offset: bigint, extend: boolean, follow = true): void {
    if (this.size === 0n) return;
    this.#cursor = this.#clamped(offset);
    if (!extend) this.#anchor = this.#cursor;
    if (follow) this.view = showing(this.view, this.#cursor);
    this.requestUpdate();
    const { offset: start, length } = this.range;
    const why = length === 1n ? `byte at ${hexOffset(start)}` : `${shortSize(length)} at ${hexOffset(start)}`;
    select(this, { offset: start, length, why });
  }

  #selectField(offset: bigint): void {
    const annotation = this.annotationAt(offset);
    const target = annotation?.field ?? annotation?.structure;
    if (annotation === undefined || target === undefined) return;
    select(this, { offset: target.offset, length: BigInt(target.length), why: `${annotation.structure.name}, ${target.name}` });
    this.#adopt({ offset: target.offset, length: BigInt(target.length), why: '' });
    this.requestUpdate();
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const to = event.altKey ? undefined : moved(event, this.#cursor, this.view);
    if (to === undefined) {
      if ((event.ctrlKey || event.metaKey) && event.key === 'a' && this.size > 0n) {
        this.#cursor = 0n;
        this.#anchor = this.size - 1n;
        select(this, { ...this.range, why: 'the whole disk' });
        this.requestUpdate();
      } else if (event.key === 'r' && !event.ctrlKey && !event.metaKey && !event.altKey) this.#store?.retry();
      else return;
    } else this.#moveCursor(to, event.shiftKey);
    event.preventDefault();
  };

  readonly #onWheel = (event: WheelEvent): void => {
    if (event.ctrlKey) return; // the page's own zoom
    const unit = event.deltaMode === 1 ? this.view.rowHeight : event.deltaMode === 2 ? this.view.rows * this.view.rowHeight : 1;
    if (this.#scrollBy(event.deltaY * unit)) event.preventDefault();
  };

  #offsetAt(event: PointerEvent | MouseEvent): bigint | undefined {
    const root = this.renderRoot as ShadowRoot;
    const hit = root.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>('[data-at]');
    return hit === undefined || hit === null ? undefined : this.view.top + BigInt(hit.dataset.at ?? 0);
  }

  readonly #onBar = (event: PointerEvent): void => {
    const bar = event.currentTarget as HTMLElement;
    const thumb = bar.querySelector<HTMLElement>('.thumb');
    if (thumb === null) return;
    event.preventDefault();
    const box = thumb.getBoundingClientRect();
    const isOnThumb = event.clientY >= box.top && event.clientY <= box.bottom;
    const grip = isOnThumb ? event.clientY - box.top : box.height / 2;
    const drag = ({ clientY }: PointerEvent) => {
      const { top, height } = bar.getBoundingClientRect();
      this.view = atFraction(this.view, (clientY - top - grip) / (height - box.height));
    };
    drag(event);
    bar.setPointerCapture(event.pointerId);
    bar.onpointermove = drag;
    bar.onlostpointercapture = () => {
      bar.onpointermove = null;
    };
  };

  protected override render(): TemplateResult {
    const isLong = this.#digits > 12;
    return html`
      <div class="structures" role="group" aria-label="Structures that are shown">${this.#structureButtons()}</div>
      <div class=${`grid${this.#isNarrow ? ' narrow' : ''}${isLong ? ' long' : ''}`}>
        <span class="probe" aria-hidden="true">${'0'.repeat(100)}</span>
        <div
          class="sheet"
          role="grid"
          tabindex="0"
          aria-label="Bytes of the disk"
          aria-multiselectable="true"
          aria-readonly="true"
          aria-rowcount="-1"
          aria-activedescendant=${this.#isCursorDrawn ? `b${this.#cursor - this.view.top}` : nothing}
          id="sheet"
          @keydown=${this.#onKey}
        >
          ${this.#head()}
          <div
            class="body"
            role="rowgroup"
            @wheel=${this.#onWheel}
            @pointerdown=${this.#pointer.down}
            @pointermove=${(event: PointerEvent) => {
              this.#pointer.move(event);
              this.hovered = this.#offsetAt(event);
            }}
            @pointerleave=${() => {
              this.hovered = undefined;
            }}
            @dblclick=${this.#pointer.doubleClick}
          >
            ${this.#message() ?? html`<div class="rows" role="presentation">${this.#rows()}</div>`}
          </div>
        </div>
        <div
          class="bar"
          role="scrollbar"
          tabindex="0"
          aria-label="Place on the disk"
          aria-controls="sheet"
          aria-orientation="vertical"
          aria-valuemin="0"
          aria-valuemax="100"
          aria-valuenow=${Math.round(fractionOf(this.view) * 100)}
          aria-valuetext=${percentOf(this.view.top, this.size)}
          @keydown=${this.#onKey}
          @pointerdown=${this.#onBar}
        ><div class="thumb"></div></div>
      </div>
      ${this.#status()}
    `;
  }

  get #isCursorDrawn(): boolean {
    const distance = this.#cursor - this.view.top;
    return this.size > 0n && this.#store !== undefined && distance >= 0n && distance < BigInt(this.#drawn * this.view.rowBytes);
  }

  #message(): TemplateResult | undefined {
    const text =
      this.disk === undefined
        ? 'No disk is open.'
        : this.failure !== undefined
          ? `The disk ${reasonOf(this.failure)}.`
          : this.size === 0n
            ? 'The disk has 0 bytes: there is nothing to show.'
            : undefined;
    if (text === undefined) return undefined;
    return html`<div role="row"><div role="gridcell" class="message">${text}</div></div>`;
  }

  #head(): TemplateResult {
    const columns = Array.from({ length: this.view.rowBytes }, (_, column) => column);
    return html`<div role="row" class="row head">
      <span role="columnheader" class="offset">${'offset'.padEnd(this.#digits)}</span>
      ${columns.map(
        (column) =>
          html`<span role="columnheader" class=${`byte${column % 8 === 0 && column > 0 ? ' gap' : ''}`}
            >${column.toString(16).padStart(2, '0')}</span
          >`,
      )}<span role="columnheader" class="text">text</span>
    </div>`;
  }

  #rows(): TemplateResult[] {
    const { top, rowBytes, size } = this.view;
    const drawn = this.#drawn;
    const annotations = annotate(this.structures, top, drawn * rowBytes);
    const { offset, length } = this.range;
    const distance = (to: bigint) => Number(clamp(to - top, -1n, BigInt(drawn * rowBytes)));
    const selected = length > 1n ? { from: distance(offset), to: distance(offset + length) } : { from: -1, to: -1 };
    const rows: TemplateResult[] = [];
    let wasFailed = false;
    for (let row = 0; row < drawn; row++) {
      const at = top + BigInt(row * rowBytes);
      if (at >= size) break;
      const count = at + BigInt(rowBytes) <= size ? rowBytes : Number(size - at);
      const shown = this.#store?.at(at, count) ?? { state: 'reading' };
      const isFirst = shown.state === 'failed' && !wasFailed;
      wasFailed = shown.state === 'failed';
      rows.push(
        hexRow({
          offset: at,
          index: row * rowBytes,
          length: count,
          rowBytes,
          digits: this.#digits,
          shown,
          annotations,
          selected,
          cursor: distance(this.#cursor),
          retry: isFirst ? () => this.#store?.retry() : undefined,
        }),
      );
    }
    return rows;
  }

  #structureButtons(): TemplateResult | TemplateResult[] {
    if (this.structures.length === 0) return html`<span class="dim">no structure that is known here</span>`;
    return this.structures.slice(0, 12).map(
      (structure) =>
        html`<button
          title=${`${exactSize(BigInt(structure.length))} at ${hexOffset(structure.offset)}`}
          @click=${() => {
            const chosen = { offset: structure.offset, length: BigInt(structure.length), why: structure.name };
            this.#adopt(chosen);
            this.requestUpdate();
            select(this, chosen);
          }}
        >${structure.partition === undefined ? structure.name : `p${structure.partition} ${structure.name}`}</button>`,
    );
  }

  #status(): TemplateResult {
    const at = this.hovered ?? this.#cursor;
    const annotation = this.annotationAt(at);
    const { length } = this.range;
    if (this.size === 0n) return html`<div class="status"></div>`;
    return html`<div class="status">
      <span class="what"
        ><span class="mono">${hexOffset(at)}</span> (${grouped(at)})${
          annotation === undefined ? nothing : html` · ${describeAnnotation(annotation)}`
        }</span
      >
      ${length > 1n ? html`<span title=${exactSize(length)}>${shortSize(length)} selected</span>` : nothing}
      <span class="dim">${this.#store?.isReading ? 'reading… ' : ''}${percentOf(at, this.size)} of ${shortSize(this.size)}</span>
    </div>`;
  }
}

const clamp = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);

declare global {
  interface HTMLElementTagNameMap {
    'nbd-hex-grid': NbdHexGrid;
  }
}
