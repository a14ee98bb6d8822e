// <nbd-export>: what is open, how its connection stands, and what its server says of it, in words.
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { escapeControls } from '../text/escape.js';
import type { ServedDisk } from './disks.js';
import { fire } from './events.js';
import { type ExportFacts, exportTitle, factsInShort, factsInWords } from './facts.js';
import { exactSize, shortSize } from './format.js';
import type { ListedExport } from './session.js';
import { shared } from './theme.js';

/** How the connection stands. */
export type Link =
  | { readonly state: 'none' | 'opening' | 'connected' | 'failed' }
  /** Why it was lost. */
  | { readonly state: 'reconnecting' | 'lost'; readonly why: string };

const states: Readonly<Record<Link['state'], readonly [mark: string, words: string]>> = {
  none: ['○', 'not connected'],
  opening: ['◌', 'connecting…'],
  connected: ['●', 'connected'],
  reconnecting: ['▲', 'reconnecting…'],
  lost: ['■', 'connection lost'],
  failed: ['■', 'not connected'],
};

/** The value of the choice that is no disk: the connect screen. It has a character that no name of a disk has in a URL's path. */
const otherAddress = '\n';

export class ExportElement extends LitElement {
  static override properties = {
    facts: { attribute: false },
    link: { attribute: false },
    label: {},
    disks: { attribute: false },
    exports: { attribute: false },
    exportName: { attribute: false },
    isPage: { attribute: false },
    isInside: { attribute: false },
    note: {},
  };
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        background: var(--nbd-raised);
        border-block-end: 1px solid var(--nbd-rule);
      }
      .line {
        display: flex;
        align-items: center;
        gap: 6px var(--nbd-gap);
        padding: 6px 12px 2px;
        min-width: 0;
      }
      h1 {
        font-size: var(--nbd-text-large);
        font-weight: 600;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        min-width: 40px;
      }
      select {
        max-width: 240px;
        min-width: 0;
        text-overflow: ellipsis;
      }
      label {
        display: contents;
      }
      .size {
        white-space: nowrap;
        padding-inline: 4px;
      }
      .space {
        flex: 1;
      }
      .state {
        white-space: nowrap;
        min-width: 118px;
      }
      .state b {
        display: inline-block;
        width: 18px;
        font-weight: 400;
      }
      .connected b {
        color: var(--nbd-good);
      }
      .reconnecting b {
        color: var(--nbd-warn);
      }
      .lost b,
      .failed b {
        color: var(--nbd-bad);
      }
      .help {
        width: var(--nbd-control);
        padding: 0;
        font-weight: 600;
      }
      summary,
      .trouble {
        display: flex;
        align-items: center;
        gap: var(--nbd-gap);
        min-height: 28px;
        padding: 0 12px;
        color: var(--nbd-ink-dim);
        font-size: var(--nbd-text-small);
      }
      summary {
        cursor: pointer;
      }
      summary::before {
        content: '▸';
        width: 12px;
        flex: none;
      }
      details[open] summary::before {
        content: '▾';
      }
      summary::-webkit-details-marker {
        display: none;
      }
      summary span,
      .trouble span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .trouble {
        color: var(--nbd-ink);
        background: var(--nbd-warn-ground);
      }
      .trouble.lost {
        background: var(--nbd-bad-ground);
      }
      .trouble button {
        min-height: 22px;
        flex: none;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr));
        gap: 4px 24px;
        padding: 4px 12px 10px 32px;
      }
      dl > div {
        display: grid;
        grid-template-columns: 104px minmax(0, 1fr);
        gap: 8px;
      }
      dt {
        color: var(--nbd-ink-dim);
      }
      dd {
        overflow-wrap: anywhere;
      }
      @container (max-width: 700px) {
        .line {
          flex-wrap: wrap;
        }
        .space {
          display: none;
        }
        select {
          max-width: 45%;
        }
        .trouble span {
          white-space: normal;
        }
      }
    `,
  ];
  declare facts: ExportFacts | undefined;
  declare link: Link;
  /** What the disk is called. */
  declare label: string;
  /** The disks to choose from; undefined where the page has no list of them. */
  declare disks: readonly ServedDisk[] | undefined;
  declare exports: readonly ListedExport[] | undefined;
  declare exportName: string | undefined;
  /** Whether there is a page above, which can open other addresses and has links. */
  declare isPage: boolean;
  /** Whether the disk is an image on another: the way there is told beside, and the others are chosen from there. */
  declare isInside: boolean;
  /** What was just done, such as that a link was copied. */
  declare note: string;

  constructor() {
    super();
    this.link = { state: 'none' };
    this.label = '';
    this.isPage = false;
    this.isInside = false;
    this.note = '';
  }

  #diskOnChange(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    fire(this, 'nbd-choose', value === otherAddress ? 'connect' : { disk: value });
  }

  #exportOnChange(event: Event): void {
    fire(this, 'nbd-export', (event.target as HTMLSelectElement).value);
  }

  override render() {
    const { facts, link } = this;
    const [mark, words] = states[link.state];
    return html`
      <div class="line">
        ${this.#diskChoice()} ${this.#exportChoice()}
        <span class="size" title=${facts === undefined ? '' : exactSize(facts.geometry.size)}>
          ${facts === undefined ? '' : shortSize(facts.geometry.size)}
        </span>
        <span class="space"></span>
        <span class="state ${link.state}" role="status"><b aria-hidden="true">${mark}</b>${this.note || words}</span>
        ${this.isPage ? html`<button @click=${() => fire(this, 'nbd-copy-link', undefined)}>Copy link</button>` : nothing}
        <button class="help" aria-label="Keys" title="Keys: ?" @click=${() => fire(this, 'nbd-help', undefined)}>?</button>
      </div>
      ${'why' in link ? this.#trouble(link) : this.#facts()}
    `;
  }

  #diskChoice(): TemplateResult {
    const { disks, label, isPage, isInside } = this;
    if (!isPage || isInside) return html`<h1 title=${label}>${escapeControls(label)}</h1>`;
    const isListed = disks?.some(({ name }) => name === label) ?? false;
    return html`
      <h1 class="spoken">${escapeControls(label)}</h1>
      <label>
        <span class="spoken">Disk</span>
        <select @change=${this.#diskOnChange}>
          ${isListed ? nothing : html`<option selected value=${label}>${escapeControls(label)}</option>`}
          ${disks?.map(({ name }) => html`<option value=${name} ?selected=${name === label}>${escapeControls(name)}</option>`)}
          <option value=${otherAddress}>Another address…</option>
        </select>
      </label>
    `;
  }

  #exportChoice(): TemplateResult | typeof nothing {
    const { exports, exportName, facts } = this;
    const current = exportName ?? facts?.negotiated?.name ?? '';
    if (exports === undefined || this.isInside || (exports.length < 2 && exports[0]?.name === current)) return nothing;
    const isListed = exports.some(({ name }) => name === current);
    return html`
      <label>
        <span class="spoken">Export</span>
        <select title="Exports of this server" @change=${this.#exportOnChange}>
          ${isListed ? nothing : html`<option selected value=${current}>${exportTitle(current)}</option>`}
          ${exports.map(
            ({ name, description }) => html`
              <option value=${name} ?selected=${name === current} title=${escapeControls(description)}>${exportTitle(name)}</option>
            `,
          )}
        </select>
      </label>
    `;
  }

  #facts(): TemplateResult {
    const { facts, link } = this;
    if (facts === undefined) {
      const words = this.isInside
        ? 'nothing is known of this disk'
        : link.state === 'opening'
          ? 'asking the server…'
          : 'nothing is known of the export: there is no connection';
      return html`<details><summary><span>${words}</span></summary></details>`;
    }
    return html`
      <details>
        <summary><span title="All that is known of it">${factsInShort(facts)}</span></summary>
        <dl>
          ${factsInWords(facts).map(({ label, words, title }) => html`<div><dt>${label}</dt><dd title=${title ?? ''}>${words}</dd></div>`)}
        </dl>
      </details>
    `;
  }

  /** In the place of the facts, so that nothing moves. */
  #trouble(link: Extract<Link, { why: string }>): TemplateResult {
    const isLost = link.state === 'lost';
    const words = isLost
      ? 'What is shown stays. The server is gone: '
      : 'What is shown stays. Trying to reach the server again: ';
    return html`
      <div class="trouble ${link.state}" role="alert">
        <span title=${link.why}>${words}${link.why}</span>
        ${isLost ? html`<button @click=${() => fire(this, 'nbd-reconnect', undefined)}>Reconnect</button>` : nothing}
      </div>
    `;
  }
}
