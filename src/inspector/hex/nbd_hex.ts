// <nbd-hex>: the hex view with all that belongs to it: go to, search, copy and save.
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Disk } from '../../disk/disk.js';
import type { Partition } from '../../probe/types.js';
import { hexOffset, shortSize } from '../format.js';
import type { Selection } from '../selection.js';
import { shared } from '../theme.js';
import { writeClipboard } from './clipboard.js';
import { type Format, formats, formatted, mostCopied } from './formats.js';
import { hexDisk, readBytes } from './hex_disk.js';
import type { NbdGoto } from './nbd_goto.js';
import type { NbdSearch } from './nbd_search.js';

export class NbdHex extends LitElement {
  static override properties = {
    disk: { attribute: false },
    size: { attribute: false },
    sectorSize: { attribute: false },
    partitions: { attribute: false },
    selection: { attribute: false },
    isSaving: { state: true },
    told: { state: true },
  };
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        gap: 4px;
        min-height: 320px;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 12px;
        align-items: flex-start;
      }
      nbd-goto {
        flex: 1 1 26ch;
      }
      nbd-search {
        flex: 1 1 100%;
        min-width: 0;
      }
      .copy {
        display: flex;
        gap: 4px;
      }
      .copy select {
        padding: 0 4px;
      }
      nbd-hex-grid {
        flex: 1;
        min-height: 200px;
      }
      .told {
        min-height: var(--nbd-line);
      }
      .told.bad {
        color: var(--nbd-bad);
      }
    `,
  ];

  declare disk: Disk | undefined;
  /** Of the disk, in bytes. */
  declare size: bigint;
  /** In bytes. */
  declare sectorSize: number;
  declare partitions: readonly Partition[];
  declare selection: Selection | undefined;
  declare protected isSaving: boolean;
  declare protected told: { text: string; isBad: boolean };

  constructor() {
    super();
    this.size = 0n;
    this.sectorSize = 512;
    this.partitions = [];
    this.isSaving = false;
    this.told = { text: '', isBad: false };
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('disk')) this.told = { text: '', isBad: false };
  }

  /** What is selected; without a selection from outside, the first byte. */
  get #range(): { offset: bigint; length: bigint } {
    const { offset, length } = this.selection ?? { offset: 0n, length: 1n };
    return { offset, length: this.size === 0n ? 0n : length === 0n ? 1n : length };
  }

  /** An element that nobody listens to keeps its own selection. */
  readonly #onSelect = ({ detail }: CustomEvent<Selection>): void => {
    this.selection = detail;
  };

  /** Puts what is selected on the clipboard. */
  async copy(what: Format | 'offset'): Promise<void> {
    const { offset, length } = this.#range;
    try {
      if (what === 'offset') await writeClipboard(hexOffset(offset));
      else await writeClipboard(formatted(await this.#bytes(offset, length), what));
      this.told = {
        text: what === 'offset' ? `${hexOffset(offset)} copied` : `${shortSize(length)} copied as ${what}`,
        isBad: false,
      };
    } catch (error) {
      this.told = { text: `Nothing was copied: ${error instanceof Error ? error.message : String(error)}`, isBad: true };
    }
  }

  async #bytes(offset: bigint, length: bigint): Promise<Uint8Array> {
    if (this.disk === undefined) throw new Error('no disk is open');
    if (length > BigInt(mostCopied)) {
      throw new Error(
        `${shortSize(length)} are more than the ${shortSize(BigInt(mostCopied))} that can be copied. Save them to a file`,
      );
    }
    return readBytes(await hexDisk(this.disk), offset, Number(length));
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const isCommand = event.ctrlKey || event.metaKey;
    const isTyping = event.composedPath()[0] instanceof HTMLInputElement;
    if (isCommand && event.key === 'g') this.renderRoot.querySelector<NbdGoto>('nbd-goto')?.focus();
    else if (isCommand && event.key === 'f') this.#search?.focus();
    else if (isCommand && event.key === 'c' && !isTyping)
      void this.copy('hex'); // it tells what goes wrong
    else if (event.key === 'F3') this.#search?.step(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  };

  get #search(): NbdSearch | null {
    return this.renderRoot.querySelector<NbdSearch>('nbd-search');
  }

  #copyChosen(): void {
    const what = this.renderRoot.querySelector<HTMLSelectElement>('.copy select')?.value as Format | 'offset';
    void this.copy(what); // it tells what goes wrong
  }

  protected override render(): TemplateResult {
    const { disk, size, sectorSize, partitions } = this;
    const { offset } = this.#range;
    return html`<div class="tools" @keydown=${this.#onKey} @nbd-select=${this.#onSelect}>
        <nbd-goto .size=${size} .sectorSize=${sectorSize} .partitions=${partitions} .here=${offset}></nbd-goto>
        <div class="copy">
          <select aria-label="How to copy">
            ${formats.map((format) => html`<option ?selected=${format === 'hex'}>${format}</option>`)}
            <option>offset</option>
          </select>
          <button title="Copy what is selected (Ctrl+C: as hex)" ?disabled=${size === 0n} @click=${this.#copyChosen}>Copy</button>
          <button
            aria-expanded=${this.isSaving ? 'true' : 'false'}
            @click=${() => {
              this.isSaving = !this.isSaving;
            }}
          >Save</button>
        </div>
        <nbd-search .disk=${disk} .size=${size} .partitions=${partitions} .here=${offset}></nbd-search>
      </div>
      <nbd-save
        ?hidden=${!this.isSaving}
        .disk=${disk}
        .size=${size}
        .partitions=${partitions}
        .range=${this.#range}
      ></nbd-save>
      <nbd-hex-grid
        .disk=${disk}
        .size=${size}
        .sectorSize=${sectorSize}
        .partitions=${partitions}
        .selection=${this.selection}
        @keydown=${this.#onKey}
        @nbd-select=${this.#onSelect}
      ></nbd-hex-grid>
      ${
        this.told.text === ''
          ? nothing
          : html`<div class=${`told${this.told.isBad ? ' bad' : ''}`} role="status">${this.told.text}</div>`
      }`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'nbd-hex': NbdHex;
  }
}
