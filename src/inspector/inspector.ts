// <nbd-inspector>: one disk. It lays the parts out (facts, map, table, bytes, values, plot), and has them share one selection.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Disk } from '../disk/disk.js';
import type { InspectorElement as PublicElement } from '../inspector.js';
import type { Partition, Probe } from '../probe/types.js';
import { escapeControls } from '../text/escape.js';
import type { ServedDisk } from './disks.js';
import { fire, type InsidePlace } from './events.js';
import { exportTitle } from './facts.js';
import { FilesCode } from './files_code.js';
import type { FilesPlace, FilesVolume, Lit } from './files_place.js';
import { firstIn, focusInto } from './focus.js';
import { exactSize, hexOffset } from './format.js';
import { type ImagePlace, imageName, keyOf } from './image_place.js';
import { Inspection } from './inspection.js';
import type { KeysElement } from './keys.js';
import { layout } from './layout.js';
import { placeInWords, tableInWords } from './partition_details.js';
import { type ProbeFunction, partitionAt, selectionOf } from './probing.js';
import { type Selection, select, type View } from './selection.js';
import type { Session } from './session.js';
import { shared } from './theme.js';
import { volumesOf } from './volumes.js';

/** The sector that places are counted in where no table has one of its own. */
const usualSector = 512;

/** The parts that a key leads to. */
const parts: Readonly<Record<string, string>> = {
  m: 'nbd-map',
  t: 'nbd-partitions',
  b: 'nbd-hex',
  v: 'nbd-values',
  d: 'nbd-export',
};

export class InspectorElement extends LitElement implements PublicElement {
  static override properties = {
    disk: { attribute: false },
    src: {},
    exportName: { attribute: 'export-name' },
    label: {},
    probe: { attribute: false },
    disks: { attribute: false },
    isPage: { attribute: false },
    note: { attribute: false },
    inside: { attribute: false, hasChanged: (one = [], other = []) => keyOf(one) !== keyOf(other) },
    selection: { attribute: false },
    view: { attribute: false },
    files: { attribute: false },
    lit: { state: true },
  };
  static override styles = [shared, layout];
  /** What looks for partitions where no element is told otherwise. */
  static probe: ProbeFunction | undefined;

  /** A disk that somebody else has opened, and closes. */
  declare disk: Disk | undefined;
  /** The URL of a WebSocket, which the element opens by itself. */
  declare src: string | undefined;
  declare exportName: string | undefined;
  /** What the disk is called; its export's name unless told otherwise. */
  declare label: string | undefined;
  declare probe: ProbeFunction | undefined;
  /** The disks to choose from, where there is a page above. */
  declare disks: readonly ServedDisk[] | undefined;
  declare isPage: boolean;
  declare note: string;
  /** The images that are opened as disks, each on the one before: the last is shown. */
  declare inside: readonly ImagePlace[];
  declare selection: Selection | undefined;
  declare view: View | undefined;
  /** The files that are shown in the bytes' stead. */
  declare files: FilesPlace | undefined;
  declare protected lit: Lit | undefined;

  readonly #inspection = new Inspection(this);
  readonly #filesCode = new FilesCode(this);
  /** What was shown of the disks that somebody has left, by the way to them. */
  readonly #left = new Map<string, InsidePlace>();
  /** The disk that the keyboard is to go to when it is open: the button that has opened it is gone. */
  #awaited: string | undefined;

  constructor() {
    super();
    this.isPage = false;
    this.note = '';
    this.inside = [];
    this.addEventListener('nbd-select', ({ detail }) => {
      this.selection = detail;
    });
    this.addEventListener('nbd-view', ({ detail }) => {
      this.view = detail ?? undefined;
    });
    this.addEventListener('nbd-files', ({ detail }) => {
      this.files = detail ?? undefined;
    });
    this.addEventListener('nbd-lit', ({ detail }) => {
      this.lit = detail ?? undefined;
    });
    this.addEventListener('nbd-inside', ({ detail }) => {
      Object.assign(this, { selection: undefined, view: undefined, files: undefined, ...detail });
    });
    this.addEventListener('nbd-open-image', ({ detail }) => {
      const place = detail === null || detail === undefined ? {} : { partition: this.files?.partition, path: detail };
      this.#enter([...this.inside, place]);
    });
    this.addEventListener('nbd-reconnect', () => void this.#inspection.reconnect());
    this.addEventListener('nbd-remedy', ({ detail }) => {
      if (detail === 'again') this.#inspection.again();
      if (detail === 'back') this.#enter(this.inside.slice(0, this.#inspection.depth));
    });
    this.addEventListener('nbd-help', () => this.renderRoot.querySelector<KeysElement>('nbd-keys')?.open());
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('probe') || !this.hasUpdated) this.#inspection.probeWith(this.probe ?? InspectorElement.probe);
    if (changed.has('disk') || changed.has('src') || changed.has('exportName')) {
      const { disk, src, exportName } = this;
      this.lit = undefined;
      this.#left.clear();
      this.#inspection.open(disk !== undefined ? { disk } : src ? { url: src, exportName } : undefined, this.inside);
    } else if (changed.has('inside')) {
      this.lit = undefined;
      this.#inspection.enter(this.inside);
    }
    if (changed.has('files') && this.files !== undefined) void this.#filesCode.load(); // it keeps what goes wrong
  }

  protected override updated(): void {
    if (this.#awaited !== keyOf(this.inside) || this.#inspection.session === undefined) return;
    this.#awaited = undefined;
    const part = this.inside.length > 0 ? 'nbd-breadcrumbs' : this.files === undefined ? 'nbd-hex' : 'nbd-files';
    focusInto(this.renderRoot.querySelector(part));
  }

  /** Goes to another of the disks inside of each other: as it was left, or to the file that the one left is in. */
  #enter(inside: readonly ImagePlace[], files?: FilesPlace): void {
    const { selection, view, inside: before } = this;
    this.#left.set(keyOf(before), { inside: before, selection, view, files: this.files });
    const image = before[inside.length];
    const place = image?.path === undefined ? undefined : image;
    const left = this.#left.get(keyOf(inside)) ?? { inside, files: place };
    this.#awaited = keyOf(inside);
    fire(this, 'nbd-inside', { ...left, ...(files === undefined ? {} : { files }) });
  }

  /** Does what a key stands for; false for a key that means nothing here. */
  press(key: string): boolean {
    if (key === '?') fire(this, 'nbd-help', undefined);
    else if (key === 'f') this.#switchToFiles();
    else if (key === 'o') firstIn(this.renderRoot, '.open-image')?.click();
    else if (key === 'u' && this.inside.length > 0) this.#enter(this.inside.slice(0, -1));
    else if (key === '[' || key === ']') this.#step(key === ']');
    else if (parts[key] !== undefined) focusInto(this.renderRoot.querySelector(parts[key]));
    else return false;
    return true;
  }

  /** Opens the files of the partition that is selected, or of the first that has some; or goes back to the bytes. */
  readonly #switchToFiles = (): void => {
    const volume = this.#nearest;
    if (this.files !== undefined) fire(this, 'nbd-files', undefined);
    else if (volume !== undefined) fire(this, 'nbd-files', { partition: volume.partition, path: '/' });
    void this.updateComplete.then(() =>
      focusInto(this.renderRoot.querySelector(this.files === undefined ? 'nbd-hex' : 'nbd-files')),
    );
  };

  get #nearest(): FilesVolume | undefined {
    const volumes = volumesOf(this.#found);
    const at = this.selection?.offset;
    const inside = volumes.filter(({ start, size }) => at !== undefined && start <= at && at < start + size);
    return inside.at(-1) ?? volumes[0];
  }

  /** Selects the partition after the selection, or the one before. */
  #step(isForward: boolean): void {
    const { partitions = [] } = this.#found ?? {};
    const at = this.selection?.offset ?? -1n;
    const sorted = [...partitions].sort((a, b) => (a.start < b.start ? -1 : 1));
    const partition = isForward ? sorted.find(({ start }) => start > at) : sorted.findLast(({ start }) => start < at);
    if (partition !== undefined) select(this, selectionOf({ ...partition, partition }));
  }

  get #found(): Probe | undefined {
    const { probing } = this.#inspection;
    return probing.state === 'found' ? probing.probe : undefined;
  }

  get #title(): string {
    const [image, own] = [this.inside.at(-1), this.#inspection.session?.facts.own];
    return image === undefined ? this.#serverTitle : (own?.title ?? imageName(image));
  }

  get #serverTitle(): string {
    const name = this.#inspection.session?.facts.negotiated?.name ?? this.exportName;
    return this.label ?? (name === undefined ? 'Disk' : exportTitle(name));
  }

  override render() {
    const { session, exports, link, problem } = this.#inspection;
    const isInside = this.inside.length > 0;
    return html`
      <div class="frame ${this.files === undefined ? '' : 'with-files'}">
       <div class="top">
        ${isInside ? this.#breadcrumbs() : nothing}
        <nbd-export
          .facts=${session?.facts}
          .link=${link}
          .label=${this.#title}
          .disks=${this.disks}
          .exports=${exports}
          .exportName=${this.exportName}
          .isPage=${this.isPage}
          .isInside=${isInside}
          .note=${this.note}
        ></nbd-export>
       </div>
        ${problem === undefined ? this.#shown(session) : html`<nbd-problem class="all" .problem=${problem}></nbd-problem>`}
      </div>
      <nbd-keys></nbd-keys>
    `;
  }

  #breadcrumbs(): TemplateResult {
    return html`<nbd-breadcrumbs
      .label=${this.#serverTitle}
      .inside=${this.inside}
      .enter=${(depth: number, files?: FilesPlace) => this.#enter(this.inside.slice(0, depth), files)}
    ></nbd-breadcrumbs>`;
  }

  #shown(session: Session | undefined): TemplateResult {
    const { opening, depth } = this.#inspection;
    if (opening === undefined || session !== undefined) return this.#body(session);
    return html`<nbd-opening
      class="all"
      .place=${opening.place}
      .bytes=${opening.bytes}
      .cancel=${() => this.#enter(this.inside.slice(0, depth))}
    ></nbd-opening>`;
  }

  #body(session: Session | undefined): TemplateResult {
    const size = session?.facts.geometry.size;
    if (size === 0n) {
      return html`<p class="all empty">This disk has 0 bytes: there is nothing to show. Its facts stand above.</p>`;
    }
    const found = this.#found;
    const sectorSize = found?.sectorSize ?? usualSector;
    const partitions: readonly Partition[] = found?.partitions ?? [];
    const { selection, view } = this;
    const disk = session?.disk;
    const contexts = session?.facts.contexts ?? [];
    return html`
      <section class="map" aria-label="Map">
        <nbd-map
          .disk=${disk}
          .size=${size ?? 0n}
          .contexts=${contexts}
          .partitions=${partitions}
          .content=${found?.content}
          .selection=${selection}
          .view=${view}
          .lit=${this.lit}
        ></nbd-map>
      </section>
      <div class="left">
        <section class="panel" aria-labelledby="table-title">
          <header><h2 id="table-title">Partitions</h2><span class="dim">${this.#tableSummary(found)}</span></header>
          <div class="scroll" tabindex="-1">
            <nbd-partitions
              .probing=${this.#inspection.probing}
              .size=${size ?? 0n}
              .selection=${selection}
              .image=${this.#inspection.image}
            ></nbd-partitions>
          </div>
        </section>
        <section class="panel" aria-labelledby="extents-title">
          <header><h2 id="extents-title">Block status</h2><span class="dim">${contextsSummary(session)}</span></header>
          <nbd-extents
            .disk=${disk}
            .size=${size ?? 0n}
            .contexts=${contexts}
            .partitions=${partitions}
            .selection=${selection}
            .view=${view}
          ></nbd-extents>
        </section>
      </div>
      ${this.files === undefined ? nothing : this.#filesPanel(this.files, session)}
      <section class="panel bytes" aria-labelledby="bytes-title">
        <header>
          <h2 id="bytes-title">Bytes</h2><span class="dim">${this.#where(size, sectorSize)}</span>
          ${this.#nearest === undefined ? nothing : html`<button title="The files of ${this.#nearest.title} (f)" @click=${this.#switchToFiles}>Files</button>`}
        </header>
        <nbd-hex
          .disk=${disk}
          .size=${size ?? 0n}
          .sectorSize=${sectorSize}
          .selection=${selection}
          .partitions=${partitions}
        ></nbd-hex>
      </section>
      <section class="panel here" aria-labelledby="here-title">
        <header><h2 id="here-title">Here</h2><span class="dim">${this.#here(partitions)}</span></header>
        <nbd-values
          .disk=${disk}
          .size=${size ?? 0n}
          .sectorSize=${sectorSize}
          .selection=${selection}
          .partitions=${partitions}
        ></nbd-values>
      </section>
      <footer>
        <nbd-plot .meter=${session?.meter}></nbd-plot>
      </footer>
    `;
  }

  #filesPanel({ partition, path }: FilesPlace, session: Session | undefined): TemplateResult {
    const volumes = volumesOf(this.#found);
    const volume = volumes.find((each) => each.partition === partition);
    return html`
      <section class="panel files" aria-labelledby="files-title">
        <header>
          <h2 id="files-title">Files</h2>
          ${volume === undefined || volumes.length < 2 ? html`<span class="dim">${volume?.title}</span>` : this.#volumeChoice(volumes, volume)}
          <button title="Back to the bytes (f)" @click=${this.#switchToFiles}>Bytes</button>
        </header>
        ${this.#filesBody(volume, partition, path, session)}
      </section>
    `;
  }

  #volumeChoice(volumes: readonly FilesVolume[], chosen: FilesVolume): TemplateResult {
    const onChange = (event: Event) => {
      const { partition } = volumes[(event.target as HTMLSelectElement).selectedIndex] ?? chosen;
      fire(this, 'nbd-files', { partition, path: '/' });
    };
    return html`<select aria-label="Files of" @change=${onChange}>
      ${volumes.map((each) => html`<option ?selected=${each === chosen}>${each.title}</option>`)}
    </select>`;
  }

  #filesBody(
    volume: FilesVolume | undefined,
    partition: number | undefined,
    path: string,
    session: Session | undefined,
  ): TemplateResult {
    const { state } = this.#inspection.probing;
    const { problem } = this.#filesCode;
    if (problem !== undefined) return html`<nbd-problem .problem=${problem} @nbd-remedy=${this.#loadFilesAgain}></nbd-problem>`;
    if (session === undefined || state === 'asking') return html`<p class="empty">asking for partitions and file systems…</p>`;
    if (volume === undefined) {
      const where = partition === undefined ? 'on the whole disk' : `in partition ${partition}`;
      return html`<p class="empty" role="alert">There is no file system ${where}: none that libblkid recognizes, or what it begins with is damaged.</p>`;
    }
    if (this.#filesCode.state !== 'loaded') return html`<p class="empty">loading…</p>`;
    return html`<nbd-files
      .disk=${session.disk}
      .volume=${volume}
      .path=${path}
      .isWritable=${!session.facts.isReadOnly}
      .reloadDisk=${this.inside.length === 0 ? undefined : () => this.#inspection.reload()}
    ></nbd-files>`;
  }

  readonly #loadFilesAgain = (event: Event): void => {
    event.stopPropagation(); // the disk is as it was
    void this.#filesCode.load(); // it keeps what goes wrong
  };

  #tableSummary(found: Probe | undefined): string {
    const { state } = this.#inspection.probing;
    if (found !== undefined) return tableInWords(found.table, found.partitions.length);
    return { none: 'not looked for', asking: 'asking…', failed: 'could not be read', found: '' }[state];
  }

  /** What is selected; or why that is nowhere on this disk, as when the link is about another. */
  #where(size: bigint | undefined, sectorSize: number): string | TemplateResult {
    const { selection } = this;
    if (selection === undefined) return 'nothing is selected';
    const { offset, length } = selection;
    if (size !== undefined && offset >= size) {
      return html`<strong role="alert">${hexOffset(offset)} is not on this disk: it ends at ${hexOffset(size)}</strong>`;
    }
    const words = placeInWords(offset, sectorSize);
    return html`<span title=${words}>${words}${length === 0n ? nothing : `, ${exactSize(length)} selected`}</span>`;
  }

  #here(partitions: readonly Partition[]): string {
    const { selection } = this;
    if (selection === undefined) return 'nothing is selected';
    const partition = partitionAt(partitions, selection.offset);
    return partition === undefined ? escapeControls(selection.why) : `in partition ${partition.number}`;
  }
}

function contextsSummary(session: Session | undefined): string {
  if (session === undefined) return 'asking…';
  const { contexts } = session.facts;
  return contexts.length === 0 ? 'the server does not tell' : contexts.map(escapeControls).join(', ');
}
