// <nbd-opening>: an image is being opened: how far it has come, and a way to give it up.
import { css, html, LitElement, type TemplateResult } from 'lit';
import { shown } from '../files/names.js';
import { shortSize } from '../format.js';
import { type ImagePlace, imageName } from '../image_place.js';
import { shared } from '../theme.js';

export class OpeningElement extends LitElement {
  static override properties = {
    place: { attribute: false },
    bytes: { attribute: false },
    cancel: { attribute: false },
  };
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: 24px 16px;
      }
      p {
        margin-block-end: 8px;
        overflow-wrap: anywhere;
      }
      .how {
        display: flex;
        flex-wrap: wrap;
        gap: 8px 12px;
        align-items: center;
        color: var(--nbd-ink-dim);
      }
      progress {
        width: 160px;
        accent-color: var(--nbd-accent);
      }
    `,
  ];
  declare place: ImagePlace;
  /** What was read for it of the disk around. */
  declare bytes: number;
  declare cancel: () => void;

  protected override render(): TemplateResult {
    return html`
      <p role="status">opening <bdi dir="auto">${shown(imageName(this.place))}</bdi> as a disk…</p>
      <div class="how">
        <progress aria-label="Reading what the image keeps of itself"></progress>
        <span>${shortSize(BigInt(this.bytes))} of it read</span>
        <button @click=${this.cancel}>Cancel</button>
      </div>
    `;
  }
}
