// <nbd-file-list>: the names in a directory as a table. However many there are, only the rows in view are in the document.
//
// The keyboard's focus stays on the table, and aria-activedescendant names the row that it is at: a row that had the focus itself would lose
// it, and so would its user, when it is scrolled out of view and leaves the document.
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { exactSize, grouped } from '../format.js';
import { shared } from '../theme.js';
import { failureBox, failureStyles } from './failure_box.js';
import type { FileRow, Folder } from './folder.js';
import { listingStyles, rowHeight } from './listing_styles.js';
import { arranged, type Column, type Order } from './rows.js';
import { scrollFor, visible } from './visible.js';
import { exactTime, marks, modeWords, shortTime, sizeWords, typeWords } from './words.js';

const columns: readonly (readonly [Column, string])[] = [
  ['name', 'Name'],
  ['size', 'Size'],
  ['modified', 'Modified (UTC)'],
  ['permissions', 'Permissions'],
];

export class FileListElement extends LitElement {
  static override properties = {
    folder: { attribute: false },
    version: { attribute: false },
    filter: { attribute: false },
    chosen: { attribute: false },
    open: { attribute: false },
    up: { attribute: false },
    again: { attribute: false },
    target: { attribute: false },
    order: { state: true },
    current: { state: true },
  };
  static override styles = [
    shared,
    listingStyles,
    failureStyles,
    css`
      :host {
        container-type: inline-size;
      }
      .columns {
        display: grid;
        grid-template-columns: minmax(100px, 1fr) 72px 122px 84px;
        column-gap: 10px;
        padding-inline: 12px;
      }
      .head {
        position: sticky;
        top: 0;
        z-index: 1;
        height: 28px;
        background: var(--nbd-raised);
        border-block-end: 1px solid var(--nbd-rule);
        font-size: var(--nbd-text-small);
      }
      .head button {
        width: 100%;
        min-height: 27px;
        padding: 0;
        border: 0;
        background: none;
        color: var(--nbd-ink-dim);
        text-align: start;
      }
      .head .number button {
        text-align: end;
      }
      .mark {
        display: inline-block;
        width: 16px;
        color: var(--nbd-ink-dim);
      }
      .directory .name bdi {
        font-weight: 600;
      }
      .columns > * {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .permissions {
        font-family: var(--nbd-mono);
        font-size: var(--nbd-text-small);
      }
      .damaged {
        grid-column: 2 / -1;
        color: var(--nbd-bad);
      }
      [aria-selected='true'] :is(.mark, .dim) {
        color: inherit;
      }
      @container (max-width: 440px) {
        .columns {
          grid-template-columns: minmax(100px, 1fr) 72px 122px;
        }
        .permissions {
          display: none;
        }
      }
      @container (max-width: 380px) {
        .columns {
          grid-template-columns: minmax(100px, 1fr) 72px;
        }
        .modified {
          display: none;
        }
      }
    `,
  ];
  declare folder: Folder | undefined;
  /** Of the folder: it changes while it is read. */
  declare version: number;
  declare filter: string;
  /** The path of the file that is shown. */
  declare chosen: string | undefined;
  declare open: (row: FileRow) => void;
  declare up: () => void;
  declare again: () => void;
  /** The target of a link, as soon as it is known. */
  declare target: (path: string) => string | undefined;
  declare protected order: Order;
  /** The row that the keyboard is at. */
  declare protected current: number;

  #rows: readonly FileRow[] = [];
  readonly #resized = new ResizeObserver(() => this.requestUpdate());

  constructor() {
    super();
    this.version = 0;
    this.filter = '';
    this.order = { by: 'name', isDown: false };
    this.current = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  /** How many names are shown, of how many. */
  get counts(): { readonly shown: number; readonly all: number } {
    return { shown: this.#rows.length, all: this.folder?.rows.length ?? 0 };
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!['folder', 'version', 'filter', 'order'].some((name) => changed.has(name))) return;
    const at = changed.has('folder') ? undefined : this.#rows[this.current];
    this.#rows = arranged(this.folder?.rows ?? [], this.order, this.filter);
    const wanted = at?.path ?? this.chosen;
    this.current = Math.max(0, wanted === undefined ? 0 : this.#rows.findIndex(({ path }) => path === wanted));
  }

  protected override updated(changed: Map<string, unknown>): void {
    if (changed.has('folder')) {
      this.#scroller?.scrollTo(0, 0);
      if (this.chosen !== undefined) this.#show(this.current);
    } else if (changed.has('chosen') && this.chosen !== undefined) {
      const index = this.#rows.findIndex(({ path }) => path === this.chosen);
      if (index >= 0) {
        this.current = index;
        this.#show(index);
      }
    }
  }

  get #scroller(): HTMLElement | null {
    return this.renderRoot.querySelector('.scroll');
  }

  get #scrolled() {
    const { scrollTop = 0, clientHeight = 0 } = this.#scroller ?? {};
    return { scrollTop, height: Math.max(0, clientHeight - 28), rowHeight, count: this.#rows.length };
  }

  #show(row: number): void {
    const to = scrollFor(row, this.#scrolled);
    if (to !== undefined) this.#scroller?.scrollTo(0, to);
    this.requestUpdate();
  }

  #sort(by: Column): void {
    const { order } = this;
    this.order = { by, isDown: order.by === by ? !order.isDown : by === 'size' || by === 'modified' };
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target !== this.#scroller) return;
    const page = Math.max(1, Math.floor(this.#scrolled.height / rowHeight) - 1);
    const last = this.#rows.length - 1;
    const steps: Record<string, number> = {
      ArrowUp: this.current - 1,
      ArrowDown: this.current + 1,
      PageUp: this.current - page,
      PageDown: this.current + page,
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    const row = this.#rows[this.current];
    if (next !== undefined) {
      this.current = Math.max(0, Math.min(last, next));
      this.#show(this.current);
    } else if ((event.key === 'Enter' || event.key === ' ') && row !== undefined) this.open(row);
    else if (event.key === 'Backspace' || event.key === 'ArrowLeft') this.up();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  #choose(row: FileRow, index: number): void {
    this.current = index;
    this.open(row);
  }

  protected override render(): TemplateResult {
    const { folder } = this;
    const rows = this.#rows;
    const { first, last, top, total } = visible(this.#scrolled);
    return html`
      ${folder?.failure === undefined ? nothing : failureBox(folder.failure, this.again)}
      <div
        class="scroll"
        role="grid"
        tabindex="0"
        aria-label="Files"
        aria-rowcount=${rows.length + 1}
        aria-activedescendant=${this.current >= first && this.current < last ? `row-${this.current}` : nothing}
        @scroll=${() => this.requestUpdate()}
        @keydown=${this.#onKey}
      >
        <div role="rowgroup">
          <div class="head columns" role="row" aria-rowindex="1">${columns.map(([by, words]) => this.#heading(by, words))}</div>
        </div>
        <div role="rowgroup" class="body" .style=${`position: relative; height: ${total}px`}>
          <div role="presentation" class="rows" .style=${`transform: translateY(${top}px)`}>
            ${rows.slice(first, last).map((row, i) => this.#row(row, first + i))}
          </div>
        </div>
        ${rows.length === 0 ? html`<div role="row"><div role="gridcell" class="note">${this.#emptyWords()}</div></div>` : nothing}
      </div>
    `;
  }

  #emptyWords(): string {
    const { folder } = this;
    if (folder === undefined || folder.state === 'reading') return 'reading…';
    if (folder.state === 'failed') return 'nothing of it could be read';
    return folder.rows.length === 0 ? 'this directory is empty' : `no name has “${this.filter}” in it`;
  }

  #heading(by: Column, words: string): TemplateResult {
    const { order } = this;
    const sorted = order.by === by ? (order.isDown ? 'descending' : 'ascending') : 'none';
    const arrow = sorted === 'none' ? '' : order.isDown ? ' ↓' : ' ↑';
    return html`<div role="columnheader" class="${by}${by === 'size' ? ' number' : ''}" aria-sort=${sorted}>
      <button title="Sort by this" @click=${() => this.#sort(by)}>${words}<span aria-hidden="true">${arrow}</span></button>
    </div>`;
  }

  #row(row: FileRow, index: number): TemplateResult {
    const { entry, name, path } = row;
    const target = entry.type === 'symlink' ? this.target(path) : undefined;
    return html`
      <div
        class="row columns ${entry.type}${index === this.current ? ' current' : ''}"
        role="row"
        id="row-${index}"
        aria-rowindex=${index + 2}
        aria-selected=${path === this.chosen}
        @click=${() => this.#choose(row, index)}
      >
        <div role="gridcell" class="name" title=${target === undefined ? name : `${name} → ${target}`}>
          <span class="mark" aria-hidden="true">${marks[entry.type]}</span
          ><bdi dir="auto">${name}</bdi
          >${entry.type === 'file' ? nothing : html`<span class="spoken">, ${typeWords[entry.type]}</span>`}
          ${target === undefined ? nothing : html`<span class="dim">→ <bdi dir="auto">${target}</bdi></span>`}
        </div>
        ${entry.problem === undefined ? this.#known(row) : html`<div role="gridcell" class="damaged" title=${entry.problem}>! ${entry.problem}</div>`}
      </div>
    `;
  }

  #known({ entry }: FileRow): TemplateResult {
    const { size, mtimeNs, mode, type } = entry;
    return html`
      <div role="gridcell" class="size number" title=${size === undefined ? '' : exactSize(size)}>${sizeWords(entry)}</div>
      <div role="gridcell" class="modified" title=${mtimeNs === undefined ? '' : exactTime(mtimeNs)}>${shortTime(mtimeNs)}</div>
      <div role="gridcell" class="permissions" title=${mode === undefined ? typeWords[type] : `0${mode.toString(8)}`}>${modeWords(mode)}</div>
    `;
  }
}

/** `12 names`, or how many of them a filter leaves. */
export function countWords({ shown, all }: { readonly shown: number; readonly all: number }): string {
  const names = all === 1 ? '1 name' : `${grouped(all)} names`;
  return shown === all ? names : `${grouped(shown)} of ${names}`;
}
