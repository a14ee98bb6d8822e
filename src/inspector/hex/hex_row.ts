// A row of the hex view: the offset, the bytes, and the same bytes as text.
import { html, nothing, type TemplateResult } from 'lit';
import { type Annotation, describeAnnotation } from './annotations.js';
import { reasonOf, type Shown } from './page_store.js';

export interface RowModel {
  /** Of its first byte. */
  readonly offset: bigint;
  /** How far it is from the first byte that is drawn. */
  readonly index: number;
  /** How many bytes the disk has there. */
  readonly length: number;
  readonly rowBytes: number;
  readonly digits: number;
  readonly shown: Shown;
  readonly annotations: ReadonlyMap<number, Annotation>;
  /** What is selected, by the distance from the first byte that is drawn; `to` is behind the last. */
  readonly selected: { readonly from: number; readonly to: number };
  readonly cursor: number;
  /** Offers to try again; undefined for all but the first of the rows that could not be read. */
  readonly retry: (() => void) | undefined;
}

export function hexRow(row: RowModel): TemplateResult {
  const { offset, digits, shown } = row;
  return html`<div role="row" class="row">
    <span role="rowheader" class="offset">${offset.toString(16).padStart(digits, '0')}</span>
    ${shown.state === 'failed' ? failedCells(row, shown.error) : cells(row, shown)}
  </div>`;
}

const fieldColours = 3;

function classOf({ index, annotations, selected, cursor }: RowModel, column: number): string {
  const at = index + column;
  const annotation = annotations.get(at);
  const names = [];
  if (annotation !== undefined) {
    const before = annotations.get(at - 1);
    names.push(annotation.colour === undefined ? 'reserved' : `field-${(annotation.colour % fieldColours) + 1}`);
    if (before?.field !== annotation.field || before?.structure !== annotation.structure) names.push('first');
  }
  if (at >= selected.from && at < selected.to) names.push('selected');
  if (at === cursor) names.push('cursor');
  return names.join(' ');
}

function cells(row: RowModel, shown: Exclude<Shown, { state: 'failed' }>): TemplateResult {
  const columns = Array.from({ length: row.rowBytes }, (_, column) => column);
  const bytes = shown.state === 'read' ? shown.bytes : undefined;
  const isThere = (column: number) => column < row.length;
  return html`${columns.map((column) => {
    const at = row.index + column;
    const gap = column % 8 === 0 && column > 0 ? ' gap' : '';
    if (!isThere(column)) return html`<span role="gridcell" class=${`byte none${gap}`}></span>`;
    const byte = bytes?.[column];
    const isCursor = at === row.cursor;
    return html`<span
      role="gridcell"
      id=${`b${at}`}
      data-at=${at}
      class=${`byte ${byte === undefined ? 'reading' : byte === 0 ? 'zero' : ''}${gap} ${classOf(row, column)}`}
      aria-selected=${at >= row.selected.from && at < row.selected.to ? 'true' : 'false'}
      aria-label=${isCursor ? labelOf(row, column, byte) : nothing}
      >${byte === undefined ? '··' : byte.toString(16).padStart(2, '0')}</span
    >`;
  })}<span role="gridcell" class="text"
      >${columns.filter(isThere).map((column) => {
        const byte = bytes?.[column];
        return html`<span
          data-at=${row.index + column}
          class=${`char ${byte === undefined ? 'reading' : isPrintable(byte) ? '' : 'unprintable'} ${classOf(row, column)}`}
          >${byte === undefined ? '·' : characterOf(byte)}</span
        >`;
      })}</span
    ><span class="names" aria-hidden="true">${namesOf(row)}</span>`;
}

/** The fields that begin in a row, with their values. */
function namesOf({ offset, index, length, annotations }: RowModel): string {
  const names: string[] = [];
  for (let column = 0; column < length; column++) {
    const field = annotations.get(index + column)?.field;
    if (field?.offset === offset + BigInt(column)) names.push(`${field.name} ${field.value}`);
  }
  return names.join(' · ');
}

function failedCells(row: RowModel, error: unknown): TemplateResult {
  const isCursor = row.cursor >= row.index && row.cursor < row.index + row.length;
  const isSelected = row.selected.from < row.index + row.length && row.selected.to > row.index;
  return html`<span
    role="gridcell"
    id=${isCursor ? `b${row.cursor}` : nothing}
    data-at=${row.index}
    class=${`failed${isSelected ? ' selected' : ''}${isCursor ? ' cursor' : ''}`}
    aria-colspan=${row.rowBytes + 1}
    aria-selected=${isSelected ? 'true' : 'false'}
    aria-label=${isCursor ? `0x${row.offset.toString(16)}, ${reasonOf(error)}` : nothing}
    ><span class="reason">${reasonOf(error)}</span>${
      row.retry === undefined ? nothing : html`<button class="retry" @click=${row.retry}>Read again</button>`
    }</span
  >`;
}

/** What a screen reader says of the byte at the cursor. */
function labelOf({ offset, index, annotations }: RowModel, column: number, byte: number | undefined): string {
  const annotation = annotations.get(index + column);
  const value =
    byte === undefined
      ? '··, not read yet'
      : `${byte.toString(16).padStart(2, '0')}${isPrintable(byte) ? `, ${byte === 0x20 ? 'space' : characterOf(byte)}` : ''}`;
  const what = annotation === undefined ? '' : `, ${describeAnnotation(annotation)}`;
  return `0x${(offset + BigInt(column)).toString(16)}, ${value}${what}`;
}

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;
const characterOf = (byte: number): string => (isPrintable(byte) ? String.fromCharCode(byte) : '.');
