// <nbd-partitions>: the table of partitions with what is in them, what is wrong with it, and all that is known of the chosen one.
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Content, Partition, Probe, Warning } from '../probe/types.js';
import { escapeControls } from '../text/escape.js';
import { fire } from './events.js';
import type { Fact } from './facts.js';
import { focusInto } from './focus.js';
import { exactSize, hexOffset, shortSize } from './format.js';
import { detailsOfContent, detailsOfPartition, placeInWords } from './partition_details.js';
import { contentInWords, type PartitionRow, type Probing, partitionAt, partitionName, rowsOf, selectionOf } from './probing.js';
import { isSameRange, type Selection, select } from './selection.js';
import { shared } from './theme.js';

/** So many partitions have a colour of their own. */
const colours = 8;
const swatches = Array.from(
  { length: colours },
  (_, i) => css`
    .part-${i + 1} {
      background: var(--nbd-part-${i + 1});
    }
  `,
);

export class PartitionsElement extends LitElement {
  static override properties = {
    probing: { attribute: false },
    size: { attribute: false },
    selection: { attribute: false },
    image: { attribute: false },
    focused: { state: true },
  };
  static override styles = [
    shared,
    swatches,
    css`
      :host {
        display: block;
      }
      .scroll {
        overflow: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        table-layout: fixed;
      }
      th {
        position: sticky;
        top: 0;
        z-index: 1;
        background: var(--nbd-raised);
        color: var(--nbd-ink-dim);
        font-size: var(--nbd-text-small);
        font-weight: 400;
        text-align: start;
      }
      th,
      td {
        height: var(--nbd-row);
        padding: 0 6px;
        border-block-end: 1px solid var(--nbd-rule);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .number {
        text-align: end;
      }
      .index {
        width: 48px;
        padding-inline-start: 12px;
      }
      .start,
      .size {
        width: 76px;
      }
      tbody tr {
        cursor: pointer;
      }
      tbody tr:hover {
        background: var(--nbd-hover);
      }
      tbody tr:focus-visible {
        outline-offset: -2px;
      }
      tr[aria-selected='true'],
      tr[aria-selected='true']:hover {
        background: var(--nbd-selected);
        color: var(--nbd-selected-ink);
      }
      tr[aria-selected='true'] .dim {
        color: inherit;
      }
      .free td {
        color: var(--nbd-ink-dim);
      }
      tr[aria-selected='true'].free td {
        color: inherit;
      }
      .swatch {
        display: inline-block;
        width: 10px;
        height: 10px;
        margin-inline-end: 6px;
        border: 1px solid var(--nbd-rule-strong);
        border-radius: 2px;
      }
      .free .swatch {
        background: repeating-linear-gradient(45deg, transparent 0 2px, var(--nbd-rule-strong) 2px 3px);
      }
      .warnings {
        list-style: none;
        padding: 8px 12px;
        display: grid;
        gap: 6px;
      }
      .warnings li {
        display: grid;
        grid-template-columns: auto 1fr auto;
        gap: 8px;
        align-items: start;
        padding: 6px 8px;
        border-radius: var(--nbd-radius);
        background: var(--nbd-warn-ground);
      }
      .warnings b {
        color: var(--nbd-warn);
      }
      .note {
        padding: 10px 12px;
        color: var(--nbd-ink-dim);
        min-height: calc(5 * var(--nbd-row));
      }
      dl {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 2px 12px;
        padding: 8px 12px 12px;
        font-size: var(--nbd-text-small);
      }
      dt {
        color: var(--nbd-ink-dim);
      }
      dd {
        overflow-wrap: anywhere;
      }
      section > button {
        margin: 6px 12px 0;
      }
      .image {
        padding: 10px 12px 0;
      }
      h3 {
        font-size: var(--nbd-text-small);
        font-weight: 600;
        padding: 10px 12px 0;
      }
    `,
  ];
  declare probing: Probing;
  declare size: bigint;
  declare selection: Selection | undefined;
  /** The format of which the whole disk is an image. */
  declare image: string | undefined;
  /** The row that the keyboard is at. */
  declare focused: number;

  constructor() {
    super();
    this.probing = { state: 'none' };
    this.size = 0n;
    this.focused = 0;
  }

  #rowOnKey(event: KeyboardEvent, rows: readonly PartitionRow[], index: number): void {
    const row = rows[index];
    const steps: Record<string, number> = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: rows.length - 1 };
    const next = steps[event.key];
    if (next !== undefined) {
      this.focused = Math.max(0, Math.min(rows.length - 1, next));
      void this.updateComplete.then(() => focusInto(this));
    } else if ((event.key === 'Enter' || event.key === ' ') && row !== undefined) select(this, selectionOf(row));
    else return;
    event.preventDefault();
  }

  #choose(row: PartitionRow, index: number): void {
    this.focused = index;
    select(this, selectionOf(row));
  }

  override render() {
    const { probing } = this;
    switch (probing.state) {
      case 'asking':
        return html`<p class="note">asking for partitions and file systems…</p>`;
      case 'none':
        return html`<p class="note">This page looks for no partitions: it was given no probe.</p>`;
      case 'failed':
        return html`<nbd-problem .problem=${probing.problem}></nbd-problem>`;
      case 'found':
        return this.#found(probing.probe);
    }
  }

  #found(probe: Probe): TemplateResult {
    const rows = rowsOf(probe.partitions, this.size);
    const chosen = this.selection === undefined ? undefined : partitionAt(probe.partitions, this.selection.offset);
    return html`
      ${this.image === undefined ? nothing : this.#image(this.image)}
      ${rows.length === 0 ? this.#empty(probe) : this.#table(rows, chosen)}
      ${this.#warnings(probe)}
      ${probe.content === undefined ? nothing : facts('On the whole disk', detailsOfContent(probe.content), this.#files(undefined, probe.content))}
      ${chosen === undefined ? nothing : this.#details(chosen, probe.sectorSize)}
    `;
  }

  #image(format: string): TemplateResult {
    return html`<section aria-label="Image of a disk">
      <p class="image">This is the image of a disk (${format}): there is another disk in it.</p>
      <button class="main open-image" title="Open it (o)" @click=${() => fire(this, 'nbd-open-image', undefined)}>Open as a disk</button>
    </section>`;
  }

  #empty({ table, content }: Probe): TemplateResult {
    const words =
      table !== undefined
        ? 'There is a partition table, and no partition in it.'
        : content !== undefined
          ? `There is no partition table: ${contentInWords(content)} takes the whole disk.`
          : 'There is no partition table, and nothing that libblkid recognizes.';
    return html`<p class="note">${words}</p>`;
  }

  #table(rows: readonly PartitionRow[], chosen: Partition | undefined): TemplateResult {
    const focused = Math.min(this.focused, rows.length - 1);
    return html`
      <table role="grid" aria-label="Partitions">
        <thead>
          <tr>
            <th class="index" scope="col">#</th>
            <th scope="col">Name</th>
            <th scope="col">Content</th>
            <th class="start number" scope="col">Start</th>
            <th class="size number" scope="col">Size</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row, index) => {
            const { start, size, partition } = row;
            const isChosen = partition === undefined ? isSameRange(this.selection, selectionOf(row)) : partition === chosen;
            return html`
              <tr
                class=${partition === undefined ? 'free' : ''}
                tabindex=${index === focused ? 0 : -1}
                aria-selected=${isChosen}
                @click=${() => this.#choose(row, index)}
                @keydown=${(event: KeyboardEvent) => this.#rowOnKey(event, rows, index)}
              >
                <td class="index">
                  <span class="swatch ${partition === undefined ? '' : `part-${((partition.number - 1) % colours) + 1}`}"></span
                  >${partition?.number ?? ''}
                </td>
                ${partition === undefined ? html`<td>free</td><td></td>` : this.#names(partition)}
                <td class="number" title="${placeInWords(start, this.#sectorSize)}">${start === 0n ? '0' : shortSize(start)}</td>
                <td class="number" title=${exactSize(size)}>${shortSize(size)}</td>
              </tr>
            `;
          })}
        </tbody>
      </table>
    `;
  }

  get #sectorSize(): number {
    return this.probing.state === 'found' ? this.probing.probe.sectorSize : 0;
  }

  #names(partition: Partition): TemplateResult {
    const name = partitionName(partition);
    const content = partition.extended ? 'logical partitions' : contentInWords(partition.content);
    const isDim = partition.content === undefined;
    const mark = partition.warnings.length === 0 ? nothing : html`<b title="There is a warning">! </b>`;
    return html`<td title=${name}>${mark}${name}</td><td class=${isDim ? 'dim' : ''} title=${content}>${content}</td>`;
  }

  #warnings({ warnings, partitions, ambivalent }: Probe): TemplateResult | typeof nothing {
    const all: (Warning & { of?: number })[] = [
      ...(ambivalent
        ? [{ code: 'ambivalent', message: 'Signatures of several kinds stand on this disk, and libblkid prefers none of them.' }]
        : []),
      ...warnings,
      ...partitions.flatMap(({ number, warnings }) => warnings.map((warning) => ({ ...warning, of: number }))),
    ];
    if (all.length === 0) return nothing;
    return html`
      <ul class="warnings" aria-label="Warnings">
        ${all.map(
          (warning) => html`
            <li>
              <b aria-hidden="true">!</b>
              <span>${warning.of === undefined ? '' : `Partition ${warning.of}: `}${escapeControls(warning.message)}</span>
              ${warning.offset === undefined ? nothing : this.#goTo(warning, warning.offset)}
            </li>
          `,
        )}
      </ul>
    `;
  }

  #goTo({ code, length = 0n }: Warning, offset: bigint): TemplateResult {
    return html`<button aria-label="Show ${hexOffset(offset)}" @click=${() => select(this, { offset, length, why: code })}>Show</button>`;
  }

  #files(partition: number | undefined, { usage }: Content): TemplateResult | typeof nothing {
    if (usage !== 'filesystem') return nothing;
    return html`<button @click=${() => fire(this, 'nbd-files', { partition, path: '/' })}>Open its files</button>`;
  }

  #details(partition: Partition, sectorSize: number): TemplateResult {
    return html`
      ${facts(`Partition ${partition.number}`, detailsOfPartition(partition, sectorSize))}
      ${partition.content === undefined ? nothing : facts(`In partition ${partition.number}`, detailsOfContent(partition.content), this.#files(partition.number, partition.content))}
    `;
  }
}

function facts(title: string, facts: readonly Fact[], action: TemplateResult | typeof nothing = nothing): TemplateResult {
  return html`
    <section aria-label=${title}>
      <h3>${title}</h3>
      ${action}
      <dl>${facts.map(({ label, words }) => html`<dt>${label}</dt><dd>${words}</dd>`)}</dl>
    </section>
  `;
}
