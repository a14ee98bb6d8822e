// <nbd-values>: what stands at the cursor: the structure with its fields, and the bytes as integers, UUID, time and text.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Disk } from '../../disk/disk.js';
import { CONTEXT_BASE_ALLOCATION, STATE_HOLE, STATE_ZERO } from '../../generated/constants.js';
import type { Partition } from '../../probe/types.js';
import { exactSize, grouped, hexOffset, shortSize } from '../format.js';
import { type Selection, select } from '../selection.js';
import { shared } from '../theme.js';
import { writeClipboard } from './clipboard.js';
import { type HexDisk, hexDisk, readBytes } from './hex_disk.js';
import { reasonOf } from './page_store.js';
import { type Structure, type StructureField, structuresAt } from './structures/structures.js';
import { type Value, valuesAt, valuesLength } from './values.js';
import { valuesStyles } from './values_styles.js';

interface Here {
  readonly values: readonly Value[];
  readonly structures: readonly { structure: Structure; field: StructureField | undefined }[];
  /** Why there are no values. */
  readonly error: unknown;
}

/** A cursor that is held down on a key moves faster than it can be told what is there, in milliseconds. */
const pause = 60;
/** How much is asked about for the extent at the cursor, in bytes: what a request without extended headers may ask about. */
const longestQuestion = 2n ** 30n;

export class NbdValues extends LitElement {
  static override properties = {
    disk: { attribute: false },
    size: { attribute: false },
    sectorSize: { attribute: false },
    partitions: { attribute: false },
    selection: { attribute: false },
    here: { state: true },
    extent: { state: true },
    told: { state: true },
  };
  static override styles = [shared, valuesStyles];

  declare disk: Disk | undefined;
  /** Of the disk, in bytes. */
  declare size: bigint;
  /** In bytes. */
  declare sectorSize: number;
  declare partitions: readonly Partition[];
  declare selection: Selection | undefined;
  declare protected here: Here | undefined;
  /** What the server says of the bytes at the cursor. */
  declare protected extent: string;
  declare protected told: string;

  #asking = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.size = 0n;
    this.sectorSize = 512;
    this.partitions = [];
    this.extent = '';
    this.told = '';
  }

  get #offset(): bigint {
    return this.selection?.offset ?? 0n;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#asking.abort();
  }

  protected override willUpdate(changed: PropertyValues<NbdValues>): void {
    if (changed.has('disk')) this.here = undefined;
    const isMoved = changed.has('selection') && changed.get('selection')?.offset !== this.selection?.offset;
    const isOther = (['disk', 'size', 'partitions', 'sectorSize'] as const).some((name) => changed.has(name));
    if (!isMoved && !isOther) return;
    this.told = '';
    clearTimeout(this.#timer);
    this.#asking.abort();
    this.#timer = setTimeout(() => {
      const { disk } = this;
      this.#asking = new AbortController();
      if (disk !== undefined && this.#offset < this.size) void this.#ask(disk, this.#offset, this.#asking.signal); // it shows what goes wrong
    }, pause);
  }

  async #ask(disk: Disk, offset: bigint, signal: AbortSignal): Promise<void> {
    const tell = (here: Here) => {
      if (!signal.aborted) this.here = here;
    };
    try {
      const opened = await hexDisk(disk);
      const [bytes, structures, extent] = await Promise.all([
        readBytes(opened, offset, valuesLength, signal).catch((error: unknown) => ({ error })),
        structuresAt(offset, this, (at, count) => readBytes(opened, at, count, signal)),
        extentAt(opened, offset, signal),
      ]);
      const isRead = bytes instanceof Uint8Array;
      tell({ values: isRead ? valuesAt(bytes) : [], structures, error: isRead ? undefined : bytes.error });
      if (!signal.aborted) this.extent = extent;
    } catch (error) {
      tell({ values: [], structures: [], error });
    }
  }

  async #copy(text: string): Promise<void> {
    try {
      await writeClipboard(text);
      this.told = `copied: ${text}`;
    } catch (error) {
      this.told = `Nothing was copied: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  protected override render(): TemplateResult {
    if (this.disk === undefined || this.size === 0n || this.#offset >= this.size) {
      return html`<p class="dim">${this.disk === undefined ? 'No disk is open.' : 'There are no bytes here.'}</p>`;
    }
    const { here } = this;
    return html`${this.#place()}
      ${here?.structures.map(({ structure, field }) => this.#structure(structure, field))}
      ${
        here?.error === undefined
          ? here === undefined
            ? html`<p class="dim">reading…</p>`
            : html`<h2>Values</h2>${this.#table(here.values.map(({ name, text }) => [name, text]))}`
          : html`<p class="bad">The bytes here ${reasonOf(here.error)}.</p>`
      }
      <p class="dim told" role="status">${this.told}</p>`;
  }

  #place(): TemplateResult {
    const offset = this.#offset;
    const sector = BigInt(this.sectorSize);
    const inside = this.partitions.filter(({ start, size }) => start <= offset && offset < start + size);
    const length = this.selection?.length ?? 1n;
    return html`<h2>Place</h2>
      ${this.#table([
        ['offset', hexOffset(offset)],
        ['decimal', grouped(offset)],
        ['sector', `${offset / sector}${offset % sector === 0n ? '' : ` + ${offset % sector}`}`],
        ...(length > 1n ? [['selected', exactSize(length)] as [string, string]] : []),
        ...inside.map(({ number, start }): [string, string] => [
          `in partition ${number}`,
          `p${number}+${hexOffset(offset - start)}`,
        ]),
        ['extent', this.extent === '' ? undefined : this.extent],
      ])}`;
  }

  #structure(structure: Structure, current: StructureField | undefined): TemplateResult {
    const title = structure.partition === undefined ? structure.name : `${structure.name}, partition ${structure.partition}`;
    return html`<h2>${title}</h2>
      <div class="scroll" tabindex="0" role="group" aria-label=${`Fields of ${title}`}>
        <table>
          <tbody>
            ${structure.fields.map(
              (field) =>
                html`<tr class=${field === current ? 'current' : ''}>
                  <th scope="row">
                    <button
                      class="plain"
                      aria-current=${field === current ? 'true' : nothing}
                      title=${`${exactSize(BigInt(field.length))} at ${hexOffset(field.offset)}`}
                      @click=${() =>
                        select(this, {
                          offset: field.offset,
                          length: BigInt(field.length),
                          why: `${structure.name}, ${field.name}`,
                        })}
                    >${field.name}</button>
                  </th>
                  <td>${field.value}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
  }

  #table(rows: readonly (readonly [string, string | undefined])[]): TemplateResult {
    return html`<table>
      <tbody>
        ${rows.map(
          ([name, text]) =>
            html`<tr>
              <th scope="row">${name}</th>
              <td>
                ${
                  text === undefined
                    ? html`<span class="dim">–</span>`
                    : html`<button class="plain mono" title="Copy" @click=${() => this.#copy(text)}>${text}</button>`
                }
              </td>
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  protected override updated(): void {
    const current = this.renderRoot.querySelector<HTMLElement>('.current');
    const scroll = current?.closest<HTMLElement>('.scroll');
    if (!current || !scroll) return;
    const { offsetTop, offsetHeight } = current;
    const isSeen = offsetTop >= scroll.scrollTop && offsetTop + offsetHeight <= scroll.scrollTop + scroll.clientHeight;
    if (!isSeen) scroll.scrollTop = offsetTop - scroll.clientHeight / 2;
  }
}

/** What the server says of the bytes from an offset on, in words. */
async function extentAt({ disk, geometry }: HexDisk, offset: bigint, signal: AbortSignal): Promise<string> {
  try {
    if (!(await disk.canMetaContext(CONTEXT_BASE_ALLOCATION))) return 'the server does not tell';
    const block = geometry.minimum || 1n;
    const from = offset - (offset % block);
    const left = geometry.size - from;
    const found = await disk.blockStatusArrays(left < longestQuestion ? left : longestQuestion, from, { signal });
    const [length = 0n, flags = 0n] = found.get(CONTEXT_BASE_ALLOCATION) ?? [];
    const isHole = (flags & BigInt(STATE_HOLE)) !== 0n;
    const isZero = (flags & BigInt(STATE_ZERO)) !== 0n;
    const what = isHole ? (isZero ? 'hole, reads as zeroes' : 'hole') : isZero ? 'allocated zeroes' : 'data';
    return `${what}, ${shortSize(length - (offset - from))} from here on at least`;
  } catch (error) {
    return signal.aborted ? '' : reasonOf(error);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'nbd-values': NbdValues;
  }
}
