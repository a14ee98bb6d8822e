// <nbd-files>: the files of one file system: the tree of directories, the list of one directory, and the file that is chosen.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Disk } from '../../disk/disk.js';
import { escapeControls } from '../../text/escape.js';
import { fire } from '../events.js';
import type { FilesVolume } from '../files_place.js';
import { shared } from '../theme.js';
import { failureBox, failureStyles } from './failure_box.js';
import { countWords } from './file_list.js';
import { FilesModel } from './files_model.js';
import { filesStyles } from './files_styles.js';
import type { FileRow } from './folder.js';
import { diskPath, lastName, normalized, parentOf, pathsTo, root, shown } from './names.js';
import { arranged } from './rows.js';

/** The page makes the object anew each time that it is shown. */
const isOtherVolume = (one: FilesVolume | undefined, other: FilesVolume | undefined): boolean =>
  one?.start !== other?.start || one?.size !== other?.size || one?.type !== other?.type || one?.partition !== other?.partition;

export class FilesElement extends LitElement {
  static override properties = {
    disk: { attribute: false },
    volume: { attribute: false, hasChanged: isOtherVolume },
    path: { attribute: false },
    isWritable: { attribute: false },
    reloadDisk: { attribute: false },
    filter: { state: true },
    model: { state: true },
    directory: { state: true },
    chosen: { state: true },
    changes: { state: true },
  };
  static override styles = [shared, failureStyles, filesStyles];
  declare disk: Disk | undefined;
  declare volume: FilesVolume | undefined;
  /** Of a directory, which is listed; or of a file, which is chosen in its directory. */
  declare path: string;
  /** Whether others may write to the disk meanwhile. */
  declare isWritable: boolean;
  /** Forgets what was read of the disk itself, where it is an image: then this has another disk. */
  declare reloadDisk: (() => void) | undefined;
  declare protected filter: string;
  declare protected model: FilesModel | undefined;
  declare protected directory: string;
  declare protected chosen: string | undefined;
  /** Grows with each change of what is known. */
  declare protected changes: number;

  #frame = 0;

  constructor() {
    super();
    this.path = root;
    this.isWritable = false;
    this.filter = '';
    this.directory = root;
    this.changes = 0;
    this.addEventListener('nbd-open-path', ({ detail }) => this.#open(detail));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.reload();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.model?.close();
    this.model = undefined;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('disk') || changed.has('volume')) this.reload();
    else if (changed.has('path')) void this.#follow(); // what goes wrong is shown by the parts
  }

  /** Forgets all that was read, and reads what is shown anew. */
  reload(): void {
    this.model?.close();
    const { disk, volume } = this;
    this.model = disk === undefined || volume === undefined ? undefined : new FilesModel(disk, volume, () => this.#changed());
    void this.#follow(); // as above
  }

  #changed(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.changes++;
    });
  }

  /** Finds out whether the path is a directory's. */
  async #follow(): Promise<void> {
    const { model } = this;
    const path = normalized(this.path);
    if (model === undefined) return;
    const row = model.known(parentOf(path))?.rows.find((row) => row.path === path);
    let isDirectory = path === root || row?.entry.type === 'directory';
    if (!isDirectory && row === undefined) {
      const stat = (await model.files).stat(diskPath(path), { followLinks: false, signal: model.signal });
      // The file's own part says why nothing is known of it.
      isDirectory = await stat.then(({ type }) => type === 'directory').catch(() => false);
      if (this.model !== model || normalized(this.path) !== path) return;
    }
    const directory = isDirectory ? path : parentOf(path);
    if (directory !== this.directory) this.filter = '';
    this.directory = directory;
    this.chosen = isDirectory ? undefined : path;
    model.folder(directory);
  }

  #open(path: string): void {
    const { partition } = this.volume ?? {};
    this.path = path;
    fire(this, 'nbd-files', { partition, path });
  }

  // --- how it looks ---

  protected override render(): TemplateResult {
    const { model, directory, chosen, volume } = this;
    if (model?.failure !== undefined) {
      return html`${this.#tools()} ${failureBox(model.failure, () => this.reload())}`;
    }
    const folder = model?.known(directory);
    const version = folder?.version ?? 0;
    return html`
      ${this.#tools()} ${this.#notes()}
      <div class="parts">
        <nbd-file-tree
          .model=${model}
          .version=${this.changes}
          .directory=${directory}
          .open=${(path: string) => this.#open(path)}
        ></nbd-file-tree>
        <nbd-file-list
          .folder=${folder}
          .version=${version + this.changes}
          .filter=${this.filter}
          .chosen=${chosen}
          .open=${({ path }: FileRow) => this.#open(path)}
          .up=${() => this.#open(parentOf(directory))}
          .again=${() => model?.again(directory)}
          .target=${(path: string) => model?.target(path)}
        ></nbd-file-list>
        <nbd-file-view .model=${model} .path=${chosen ?? directory}></nbd-file-view>
      </div>
      <span class="spoken" role="status">${folder?.state === 'read' && volume !== undefined ? `${shown(directory)}: ${this.#count()}` : ''}</span>
    `;
  }

  #tools(): TemplateResult {
    return html`<div class="tools">
      <nav aria-label="Directories above">
        ${pathsTo(this.directory).map(
          (path) => html`<button
            class="crumb"
            aria-current=${path === this.directory ? 'location' : nothing}
            @click=${() => this.#open(path)}
          ><bdi dir="auto">${path === root ? '/' : shown(lastName(path))}</bdi></button>`,
        )}
      </nav>
      <span class="count dim">${this.#count()}</span>
      <input
        type="search"
        aria-label="Filter by name"
        placeholder="filter by name"
        autocomplete="off"
        spellcheck="false"
        .value=${this.filter}
        @input=${(event: Event) => {
          this.filter = (event.target as HTMLInputElement).value;
        }}
      />
      <button title="Forget what was read, and read it anew" @click=${() => (this.reloadDisk ?? (() => this.reload()))()}>Reload</button>
    </div>`;
  }

  #count(): string {
    const folder = this.model?.known(this.directory);
    if (folder === undefined || this.model?.info === undefined) return '';
    const all = folder.rows.length;
    const left = this.filter === '' ? all : arranged(folder.rows, { by: 'size', isDown: false }, this.filter).length;
    return `${countWords({ shown: left, all })}${folder.state === 'reading' ? ', reading…' : ''}`;
  }

  #notes(): TemplateResult | typeof nothing {
    const warnings = this.model?.info?.warnings ?? [];
    const writable = this.isWritable
      ? ['Others can write to this disk: what changes while it is read may look damaged. Reload reads it anew.']
      : [];
    const all = [...warnings, ...writable];
    if (all.length === 0) return nothing;
    return html`<ul class="notes" aria-label="Notes">${all.map((text) => html`<li>${escapeControls(text)}</li>`)}</ul>`;
  }
}
