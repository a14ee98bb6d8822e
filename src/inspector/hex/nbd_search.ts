// <nbd-search>: searches the disk for bytes or text, with progress and a list of hits.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Disk } from '../../disk/disk.js';
import type { Partition } from '../../probe/types.js';
import { exactSize, grouped, hexOffset, shortSize } from '../format.js';
import { select } from '../selection.js';
import { shared } from '../theme.js';
import { NeedleError, type NeedleKind, parseNeedle } from './needle.js';
import { type NamedRange, onDisk, partitionRanges, rangeOptions } from './ranges_menu.js';
import { fractionDone, progressText, Rate } from './rate.js';
import { type Found, type SearchProgress, search } from './search.js';
import { searchStyles } from './search_styles.js';

type Hit = Extract<Found, { kind: 'hit' }>;
type Unreadable = Extract<Found, { kind: 'unreadable' }>;

/** So many hits are kept. The search stops there and says so. */
export const mostHits = 1000;
/** So many ranges that could not be read are listed; of the others only their sum is kept. */
const mostListed = 20;
/** What was found is shown so often, in milliseconds: not for each of a thousand hits. */
const between = 100;

interface Running {
  readonly controller: AbortController;
  readonly rate: Rate;
}

export class NbdSearch extends LitElement {
  static override properties = {
    disk: { attribute: false },
    size: { attribute: false },
    partitions: { attribute: false },
    here: { attribute: false },
    running: { state: true },
    error: { state: true },
    end: { state: true },
    chosen: { state: true },
  };
  static override styles = [shared, searchStyles];

  declare disk: Disk | undefined;
  declare size: bigint;
  declare partitions: readonly Partition[];
  /** Where the cursor is, in bytes. */
  declare here: bigint;
  declare protected running: Running | undefined;
  declare protected error: string;
  /** How the last search ended. */
  declare protected end: string;
  declare protected chosen: number;

  #hits: Hit[] = [];
  #unreadable: Unreadable[] = [];
  #unreadableBytes = 0n;
  #progress: SearchProgress = { bytes: 0n, total: 0n, skipped: 0n };
  #speed = 0;
  #shown = 0;

  constructor() {
    super();
    this.size = 0n;
    this.partitions = [];
    this.here = 0n;
    this.error = '';
    this.end = '';
    this.chosen = -1;
  }

  override focus(): void {
    const input = this.renderRoot.querySelector('input');
    input?.focus();
    input?.select();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.running?.controller.abort();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('disk')) return;
    this.running?.controller.abort();
    this.#clear();
  }

  /** The hits so far. */
  get hits(): readonly Hit[] {
    return this.#hits;
  }

  /** Goes to a hit further down (1) or up (-1), round the ends. */
  step(direction: 1 | -1): void {
    const count = this.#hits.length;
    if (count === 0) return;
    this.#choose(this.chosen < 0 && direction < 0 ? count - 1 : (this.chosen + direction + count) % count);
  }

  #choose(index: number): void {
    const hit = this.#hits[index];
    if (hit === undefined) return;
    this.chosen = index;
    select(this, { offset: hit.offset, length: hit.length, why: `hit ${index + 1} of ${this.#hits.length}` });
  }

  #clear(): void {
    this.#hits = [];
    this.#unreadable = [];
    this.#unreadableBytes = 0n;
    this.chosen = -1;
    this.end = '';
  }

  get #ranges(): NamedRange[] {
    return [
      { key: 'here', name: 'from the cursor on', offset: this.here, length: this.size - this.here },
      { key: 'all', name: 'the whole disk', offset: 0n, length: this.size },
      ...partitionRanges(this.partitions),
    ];
  }

  #start(event: Event): void {
    event.preventDefault();
    const { disk } = this;
    const field = (name: string) => this.renderRoot.querySelector<HTMLInputElement | HTMLSelectElement>(`#${name}`)?.value ?? '';
    const range = this.#ranges.find(({ key }) => key === field('range'));
    if (disk === undefined || range === undefined) return;
    try {
      const needle = parseNeedle(field('needle'), field('kind') as NeedleKind);
      this.running?.controller.abort();
      const running = { controller: new AbortController(), rate: new Rate() };
      this.running = running;
      this.error = '';
      this.#clear();
      void this.#run(disk, running, needle, onDisk(range, this.size)); // it shows what goes wrong
    } catch (error) {
      if (!(error instanceof NeedleError)) throw error;
      this.error = error.message;
    }
  }

  async #run(
    disk: Disk,
    running: Running,
    needle: ReturnType<typeof parseNeedle>,
    range: { offset: bigint; length: bigint },
  ): Promise<void> {
    const { signal } = running.controller;
    const progress = (now: SearchProgress) => {
      this.#progress = now;
      this.#speed = running.rate.at(now.bytes - now.skipped);
      this.#showSoon();
    };
    this.#progress = { bytes: 0n, total: range.length, skipped: 0n };
    let end = '';
    try {
      for await (const found of search(disk, needle, { ...range, signal, progress })) {
        if (this.running !== running) return;
        if (found.kind === 'hit') {
          this.#hits.push(found);
          if (this.#hits.length === 1) this.#choose(0);
        } else this.#leaveOut(found);
        if (this.#hits.length < mostHits) continue;
        end = `It stopped after ${grouped(mostHits)} hits, at ${hexOffset(found.offset)}: search from there on for more.`;
        break;
      }
    } catch (error) {
      end = signal.aborted
        ? `Stopped at ${hexOffset(range.offset + this.#progress.bytes)}.`
        : `The search ended at ${hexOffset(range.offset + this.#progress.bytes)}: ${error instanceof Error ? error.message : error}`;
    }
    if (this.running !== running) return;
    this.running = undefined;
    this.end = end === '' ? `${shortSize(range.length)} searched.` : end;
    if (this.#progress.skipped > 0n) this.end += ` ${shortSize(this.#progress.skipped)} read as zeroes, and were not read.`;
  }

  #leaveOut(found: Unreadable): void {
    this.#unreadableBytes += found.length;
    const last = this.#unreadable.at(-1);
    if (last !== undefined && last.offset + last.length === found.offset) {
      this.#unreadable[this.#unreadable.length - 1] = { ...last, length: last.length + found.length };
    } else if (this.#unreadable.length < mostListed) this.#unreadable.push(found);
  }

  #showSoon(): void {
    const now = performance.now();
    if (now - this.#shown < between) return;
    this.#shown = now;
    this.requestUpdate();
  }

  readonly #onListKey = (event: KeyboardEvent): void => {
    const direction = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : undefined;
    if (direction === undefined) return;
    event.preventDefault();
    this.step(direction);
  };

  protected override updated(): void {
    this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }

  protected override render(): TemplateResult {
    return html`<form @submit=${this.#start}>
        <input
          id="needle"
          aria-label="Search for"
          aria-describedby=${this.error === '' ? nothing : 'error'}
          aria-invalid=${this.error === '' ? 'false' : 'true'}
          placeholder="search: 55 aa, 4? ??"
          autocomplete="off"
          spellcheck="false"
          @input=${() => {
            this.error = '';
          }}
        />
        <select id="kind" aria-label="How to read it" title="How to read it">
          <option value="hex">hex</option>
          <option value="text">text</option>
          <option value="text-any-case">text, any case</option>
          <option value="utf-16le">UTF-16LE</option>
        </select>
        <select id="range" aria-label="Where to search" title="Where to search">
          ${rangeOptions(this.#ranges)}
        </select>
        ${
          this.running === undefined
            ? html`<button ?disabled=${this.disk === undefined}>Search</button>`
            : html`<button type="button" @click=${() => this.running?.controller.abort()}>Stop</button>`
        }
      </form>
      <div id="error" class="error" role="alert" ?hidden=${this.error === ''}>${this.error}</div>
      ${this.#summary()} ${this.#list()}`;
  }

  #summary(): TemplateResult | typeof nothing {
    if (this.running === undefined && this.end === '') return nothing;
    const { bytes, total } = this.#progress;
    const count = this.#hits.length;
    const hits = count === 0 ? 'nothing found' : `${grouped(count)} found`;
    const text = this.running === undefined ? this.end : progressText(bytes, total, this.#speed);
    return html`<div class="summary">
        ${
          this.running === undefined
            ? nothing
            : html`<progress aria-label="Searched so far" max="1" .value=${fractionDone(bytes, total)}></progress>`
        }
        <span role="status" class="text" title=${exactSize(bytes)}>${text} <b>${hits}</b></span>
        <button aria-label="Previous hit" title="Previous hit (Shift+F3)" ?disabled=${count === 0} @click=${() => this.step(-1)}>↑</button>
        <button aria-label="Next hit" title="Next hit (F3)" ?disabled=${count === 0} @click=${() => this.step(1)}>↓</button>
      </div>
      ${this.#unreadableBytes === 0n ? nothing : this.#leftOut()}`;
  }

  #leftOut(): TemplateResult {
    const ranges = this.#unreadable.map(
      ({ offset, length, error }) => `${shortSize(length)} at ${hexOffset(offset)} (${error.code})`,
    );
    return html`<div class="left-out">
      ${shortSize(this.#unreadableBytes)} could not be read, and were not searched: ${ranges.join(', ')}${
        ranges.length === mostListed ? ', …' : ''
      }
    </div>`;
  }

  #list(): TemplateResult | typeof nothing {
    if (this.#hits.length === 0) return nothing;
    return html`<div
      class="hits mono"
      role="listbox"
      tabindex="0"
      aria-label="Hits"
      aria-activedescendant=${this.chosen < 0 ? nothing : `hit-${this.chosen}`}
      @keydown=${this.#onListKey}
    >
      ${this.#hits.map(
        ({ offset }, index) =>
          html`<div
            role="option"
            id=${`hit-${index}`}
            aria-selected=${index === this.chosen ? 'true' : 'false'}
            @click=${() => this.#choose(index)}
          >${hexOffset(offset)} ${this.#placeOf(offset)}</div>`,
      )}
    </div>`;
  }

  #placeOf(offset: bigint): string {
    const partition = this.partitions.find(({ start, size }) => start <= offset && offset < start + size);
    return partition === undefined ? '' : `p${partition.number}+${hexOffset(offset - partition.start)}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'nbd-search': NbdSearch;
  }
}
