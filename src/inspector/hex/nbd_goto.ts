// <nbd-goto>: one field that takes an offset, a sector, a partition, a part of the disk or a step from here.
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Partition } from '../../probe/types.js';
import { hexOffset } from '../format.js';
import { select } from '../selection.js';
import { shared } from '../theme.js';
import { PlaceError, parsePlace } from './places.js';

export class NbdGoto extends LitElement {
  static override properties = {
    size: { attribute: false },
    sectorSize: { attribute: false },
    partitions: { attribute: false },
    here: { attribute: false },
    error: { state: true },
  };
  static override styles = [
    shared,
    css`
      form {
        display: flex;
        gap: 4px;
      }
      input {
        width: 100%;
        min-width: 0;
      }
      .error {
        color: var(--nbd-bad);
        padding-top: 4px;
      }
    `,
  ];

  declare size: bigint;
  declare sectorSize: number;
  declare partitions: readonly Partition[];
  /** Where the cursor is, in bytes. */
  declare here: bigint;
  declare protected error: string;

  constructor() {
    super();
    this.size = 0n;
    this.sectorSize = 512;
    this.partitions = [];
    this.here = 0n;
    this.error = '';
  }

  override focus(): void {
    const input = this.renderRoot.querySelector('input');
    input?.focus();
    input?.select();
  }

  #go(event: Event): void {
    event.preventDefault();
    const text = this.renderRoot.querySelector('input')?.value ?? '';
    try {
      const offset = parsePlace(text, this);
      this.error = '';
      select(this, { offset, length: 1n, why: `typed in: ${text.trim()}, ${hexOffset(offset)}` });
    } catch (error) {
      if (!(error instanceof PlaceError)) throw error;
      this.error = error.message;
    }
  }

  protected override render(): TemplateResult {
    return html`<form @submit=${this.#go}>
        <input
          aria-label="Go to an offset, a sector, a partition or a part of the disk"
          aria-describedby=${this.error === '' ? nothing : 'error'}
          aria-invalid=${this.error === '' ? 'false' : 'true'}
          placeholder="go to: 0x1be, s2048, p1+4K, 50%"
          title="0x1be or 446: an offset; 4K, 1.5G; s2048: a sector; p1: a partition; 50%; end-512; +512: from here"
          autocomplete="off"
          spellcheck="false"
          @input=${() => {
            this.error = '';
          }}
        />
        <button>Go</button>
      </form>
      <div id="error" class="error" role="alert" ?hidden=${this.error === ''}>${this.error}</div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'nbd-goto': NbdGoto;
  }
}
