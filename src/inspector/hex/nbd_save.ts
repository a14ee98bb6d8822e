// <nbd-save>: saves what is selected, a partition or the whole disk to a file, as a stream.
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Progress } from '../../copy/progress.js';
import type { Disk } from '../../disk/disk.js';
import type { Partition } from '../../probe/types.js';
import { exactSize, hexOffset, shortSize } from '../format.js';
import { shared } from '../theme.js';
import { reasonOf } from './page_store.js';
import type { OnUnreadable } from './part_disk.js';
import { type NamedRange, onDisk, partitionRanges, rangeOptions } from './ranges_menu.js';
import { fractionDone, progressText } from './rate.js';
import { largestBlob, type SaveOptions } from './save.js';
import { canStream, saveAs } from './save_as.js';

/** So many ranges that became zeroes are listed; of the others only their sum is kept. */
const mostListed = 20;

export class NbdSave extends LitElement {
  static override properties = {
    disk: { attribute: false },
    size: { attribute: false },
    partitions: { attribute: false },
    range: { attribute: false },
    running: { state: true },
    progress: { state: true },
    end: { state: true },
    error: { state: true },
  };
  static override styles = [
    shared,
    css`
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
      }
      select {
        max-width: 30ch;
        padding: 0 4px;
      }
      label {
        display: inline-flex;
        gap: 6px;
        align-items: center;
      }
      input {
        min-height: 0;
      }
      .line {
        display: flex;
        gap: 8px;
        align-items: center;
        padding-top: 4px;
        overflow-wrap: anywhere;
      }
      progress {
        width: 72px;
        accent-color: var(--nbd-accent);
      }
      .error {
        color: var(--nbd-bad);
      }
    `,
  ];

  declare disk: Disk | undefined;
  declare size: bigint;
  declare partitions: readonly Partition[];
  /** What is selected, in bytes. */
  declare range: { readonly offset: bigint; readonly length: bigint };
  declare protected running: AbortController | undefined;
  declare protected progress: Progress | undefined;
  declare protected end: string;
  declare protected error: string;

  #zeroed: Parameters<OnUnreadable>[0][] = [];
  #zeroedBytes = 0n;

  constructor() {
    super();
    this.size = 0n;
    this.partitions = [];
    this.range = { offset: 0n, length: 0n };
    this.end = '';
    this.error = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.running?.abort();
  }

  get #ranges(): NamedRange[] {
    const { offset, length } = this.range;
    return [
      { key: 'selection', name: `what is selected (${shortSize(length)})`, offset, length },
      ...partitionRanges(this.partitions),
      { key: 'all', name: `the whole disk (${shortSize(this.size)})`, offset: 0n, length: this.size },
    ];
  }

  async #save(event: Event): Promise<void> {
    event.preventDefault();
    const { disk } = this;
    const key = this.renderRoot.querySelector('select')?.value;
    const range = this.#ranges.find((each) => each.key === key);
    if (disk === undefined || range === undefined) return;
    const asZeroes = this.renderRoot.querySelector<HTMLInputElement>('#zeroes')?.checked ?? false;
    const { offset, length } = onDisk(range, this.size);
    const controller = new AbortController();
    this.error = '';
    this.end = '';
    this.#zeroed = [];
    this.#zeroedBytes = 0n;
    const options: SaveOptions = {
      offset,
      length,
      signal: controller.signal,
      progress: (progress) => {
        this.progress = progress;
      },
      onUnreadable: asZeroes ? (unreadable) => this.#zero(unreadable) : undefined,
    };
    const name = `disk-${range.key === 'selection' ? hexOffset(offset) : range.key}.img`;
    this.running = controller;
    try {
      await saveAs(disk, name, options);
      this.end = `${shortSize(length)} saved as ${name}.`;
    } catch (error) {
      if (controller.signal.aborted) this.end = 'Stopped: nothing was saved.';
      else if (!(error instanceof DOMException && error.name === 'AbortError')) this.error = failureText(error);
    }
    this.running = undefined;
    this.progress = undefined;
  }

  #zero(range: Parameters<OnUnreadable>[0]): void {
    this.#zeroedBytes += range.length;
    if (this.#zeroed.length < mostListed) this.#zeroed.push(range);
  }

  protected override render(): TemplateResult {
    return html`<form @submit=${this.#save}>
        <select aria-label="What to save">
          ${rangeOptions(this.#ranges)}
        </select>
        <label><input id="zeroes" type="checkbox" /> zeroes for what cannot be read</label>
        ${
          this.running === undefined
            ? html`<button ?disabled=${this.disk === undefined || this.size === 0n}>Save…</button>`
            : html`<button type="button" @click=${() => this.running?.abort()}>Stop</button>`
        }
      </form>
      ${
        !canStream()
          ? html`<div class="line dim">
              This browser cannot write to a file as it goes: at most ${shortSize(BigInt(largestBlob))} are gathered in memory.
            </div>`
          : nothing
      }
      ${this.#running()}
      <div class="line" role="status" ?hidden=${this.end === ''}>${this.end} ${this.#zeroedText()}</div>
      <div class="line error" role="alert" ?hidden=${this.error === ''}>${this.error}</div>`;
  }

  #running(): TemplateResult | typeof nothing {
    const { progress } = this;
    if (this.running === undefined || progress === undefined) return nothing;
    const total = progress.total ?? 0n;
    return html`<div class="line">
      <progress aria-label="Saved so far" max="1" .value=${fractionDone(progress.bytes, total)}></progress>
      <span title=${exactSize(progress.bytes)}>${progressText(progress.bytes, total, progress.rate)} ${this.#zeroedText()}</span>
    </div>`;
  }

  #zeroedText(): string {
    if (this.#zeroedBytes === 0n) return '';
    const ranges = this.#zeroed.map(({ offset, length }) => `${shortSize(length)} at ${hexOffset(offset)}`);
    const more = ranges.length === mostListed ? ', …' : '';
    return `${shortSize(this.#zeroedBytes)} could not be read, and are zeroes in the file: ${ranges.join(', ')}${more}`;
  }
}

function failureText(error: unknown): string {
  const text = error instanceof Error ? error.message : reasonOf(error);
  return `Nothing was saved: ${text}. To save all that can be read, choose zeroes for the rest.`;
}

declare global {
  interface HTMLElementTagNameMap {
    'nbd-save': NbdSave;
  }
}
